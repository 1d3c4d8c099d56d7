// Package scan reads JSON text as bytes, without decoding it: it finds where
// values end and refuses whatever RFC 8259 does not allow.
//
// Its words are that RFC's (object, member, array, number). It has two ways to
// read: functions from index to index, for who rewrites text in place, and a
// [Scanner], for who takes members and values out one after the other. Both
// accept the same text. It knows no paths, no operators and no types of columns.
//
// It is stricter than encoding/json in three points, since what two readers may
// understand differently is a way around a policy: a string must be valid
// UTF-8, a surrogate escape must be one half of a pair, and values nest at most
// [MaxDepth] deep. It reads past no end, allocates nothing but what is appended
// to the caller's slice, and quotes nothing of its input in an error (L7).
package scan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest.
const MaxDepth = 256

// Space returns the index of the first byte at or after i that is no white
// space; len(src) if there is none.
func Space(src []byte, i int) int {
	for i < len(src) && src[i] <= ' ' {
		if c := src[i]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return i
		}
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stops has the high bit of every byte of x set that ends a plain run of a
// string: a quote, a backslash, a control character or a byte of 0x80 and
// above. Only the lowest one is exact, since a borrow may run upwards.
func stops(x uint64) uint64 {
	quote := x ^ 0x22*ones
	slash := x ^ 0x5c*ones
	return ((x - 0x20*ones) | (quote - ones) | (slash - ones) | x) & highs
}

// String returns the index after the string whose opening quote is src[i], and
// whether it holds escapes. The index is -1 if it is malformed.
func String(src []byte, i int) (end int, escaped bool) {
	i++
	for ; i+8 <= len(src); i += 8 { // most strings are plain ones
		if m := stops(binary.LittleEndian.Uint64(src[i:])); m != 0 {
			if i += bits.TrailingZeros64(m) >> 3; src[i] == '"' {
				return i + 1, false
			}
			break
		}
	}
	for {
		i = plain(src, i)
		if i >= len(src) {
			return -1, escaped
		}
		switch c := src[i]; {
		case c == '"':
			return i + 1, escaped
		case c == '\\':
			escaped = true
			i = escape(src, i)
		case c < 0x20:
			return -1, escaped
		default:
			if i = multibyte(src, i); i < len(src) && src[i] >= utf8.RuneSelf {
				return -1, escaped
			}
		}
		if i < 0 {
			return -1, escaped
		}
	}
}

// plain returns the index of the first byte at or after i that ends a plain
// run, or len(src).
func plain(src []byte, i int) int {
	for ; i+8 <= len(src); i += 8 {
		if m := stops(binary.LittleEndian.Uint64(src[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for ; i < len(src); i++ {
		if c := src[i]; c == '"' || c == '\\' || c < 0x20 || c >= 0x80 {
			break
		}
	}
	return i
}

// multibyte passes over the run of non-ASCII characters at src[i]. It stops at
// ASCII, at the end or at a byte that is not UTF-8.
func multibyte(src []byte, i int) int {
	for i < len(src) && src[i] >= utf8.RuneSelf {
		// Three bytes hold Thai, Chinese, Japanese and most other scripts.
		if c := src[i]; c&0xf0 == 0xe0 && i+2 < len(src) {
			c1 := src[i+1]
			if c1&0xc0 == 0x80 && src[i+2]&0xc0 == 0x80 && (c != 0xe0 || c1 >= 0xa0) && (c != 0xed || c1 < 0xa0) {
				i += 3
				continue
			}
			return i
		}
		_, n := utf8.DecodeRune(src[i:])
		if n == 1 {
			return i
		}
		i += n
	}
	return i
}

// escape passes over the escape whose backslash is src[i]; -1 if there is no
// such escape or it is half a surrogate pair.
func escape(src []byte, i int) int {
	if i+1 >= len(src) {
		return -1
	}
	switch src[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
	default:
		return -1
	}
	r := hex4(src, i+2)
	switch {
	case r < 0:
		return -1
	case r < 0xd800 || r > 0xdfff:
		return i + 6
	case r > 0xdbff:
		return -1
	}
	if i+7 >= len(src) || src[i+6] != '\\' || src[i+7] != 'u' {
		return -1
	}
	if low := hex4(src, i+8); low < 0xdc00 || low > 0xdfff {
		return -1
	}
	return i + 12
}

// hex4 reads four hex digits at src[i]; -1 if they are not there.
func hex4(src []byte, i int) rune {
	if i+4 > len(src) {
		return -1
	}
	var r rune
	for _, c := range src[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
