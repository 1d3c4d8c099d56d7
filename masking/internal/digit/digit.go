// Package digit tells decimal digits: those of ASCII, Thai and full width, which
// people who write Thai mix. It knows nothing of the digits of other scripts, nor of
// signs, points and separators.
package digit

import "encoding/binary"

// Is reports whether c is a digit of ASCII.
func Is(c byte) bool { return c-'0' <= 9 }

// All reports whether text has nothing but digits of ASCII, or nothing at all.
func All(text []byte) bool {
	for ; len(text) >= 8; text = text[8:] {
		const ones = 0x0101010101010101
		x := binary.LittleEndian.Uint64(text)
		if (x|(x+('\x7f'-'9')*ones)|(x-'0'*ones))&(0x80*ones) != 0 {
			return false
		}
	}
	for _, c := range text {
		if !Is(c) {
			return false
		}
	}
	return true
}

// Two is the number that the first two digits of text write.
func Two(text []byte) int { return int(text[0]-'0')*10 + int(text[1]-'0') }

// Zero is the zero of the script that r is a digit of; false if it is none.
func Zero(r rune) (rune, bool) {
	switch {
	case r >= '0' && r <= '9':
		return '0', true
	case r >= '๐' && r <= '๙':
		return '๐', true
	case r >= '０' && r <= '９':
		return '０', true
	}
	return 0, false
}
