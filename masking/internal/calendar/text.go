package calendar

import (
	"encoding/binary"

	"lethe/masking/internal/digit"
)

// IsDate reports whether text begins with a day, 2006-01-02.
func IsDate(text []byte) bool {
	if len(text) < 10 || !like(text, 0x2d30302d30303030, 0x7f76767f76767676) || !digit.All(text[8:10]) { // 0000-00-
		return false
	}
	return Exists(digit.Two(text)*100+digit.Two(text[2:]), digit.Two(text[5:]), digit.Two(text[8:]))
}

// IsClock reports whether text is a time of day, 15:04:05 and up to nine digits of a
// second.
func IsClock(text []byte) bool {
	if len(text) < 8 || !like(text, 0x30303a30303a3030, 0x76767f76767f7676) { // 00:00:00
		return false
	}
	if digit.Two(text) > 23 || digit.Two(text[3:]) > 59 || digit.Two(text[6:]) > 59 {
		return false
	}
	fraction := text[8:]
	return len(fraction) == 0 || fraction[0] == '.' && len(fraction) >= 2 && len(fraction) <= 10 && digit.All(fraction[1:])
}

// like reports whether the first eight bytes of text are those of form, with any
// digit in the place of a 0. room is 0x76 for each such byte, and 0x7f for others:
// what makes a byte of another value overflow.
func like(text []byte, form, room uint64) bool {
	x := binary.LittleEndian.Uint64(text) ^ form
	return (x|(x+room))&0x8080808080808080 == 0
}
