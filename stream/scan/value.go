package scan

import (
	"encoding/binary"
	"math/bits"
)

// Value returns the index after the value at src[i], which may hold depth
// levels of arrays and objects; -1 if it is malformed or deeper.
func Value(src []byte, i, depth int) int {
	if i >= len(src) {
		return -1
	}
	switch c := src[i]; c {
	case '"':
		end, _ := String(src, i)
		return end
	case '{':
		return object(src, i, depth)
	case '[':
		return array(src, i, depth)
	case 't', 'f', 'n':
		return Literal(src, i)
	default:
		end, _ := Number(src, i)
		return end
	}
}

// Literal returns the index after true, false or null at src[i]; -1 if it is
// none of them.
func Literal(src []byte, i int) int {
	rest := src[i:]
	switch {
	case len(rest) >= 4 && (string(rest[:4]) == "true" || string(rest[:4]) == "null"):
		return i + 4
	case len(rest) >= 5 && string(rest[:5]) == "false":
		return i + 5
	}
	return -1
}

// Number returns the index after the number at src[i] and whether it is written
// as an integer, without fraction and exponent. The index is -1 if it is
// malformed.
func Number(src []byte, i int) (end int, integer bool) {
	if i < len(src) && src[i] == '-' {
		i++
	}
	if i >= len(src) {
		return -1, false
	}
	if src[i] == '0' {
		i++
	} else if i = digits(src, i); i < 0 {
		return -1, false
	}
	integer = true
	if i < len(src) && src[i] == '.' {
		integer = false
		if i = digits(src, i+1); i < 0 {
			return -1, false
		}
	}
	if i < len(src) && (src[i] == 'e' || src[i] == 'E') {
		integer = false
		i++
		if i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
		}
		if i = digits(src, i); i < 0 {
			return -1, false
		}
	}
	return i, integer
}

// digits passes over one or more digits; -1 if there is none.
func digits(src []byte, i int) int {
	if end := Digits(src, i); end > i {
		return end
	}
	return -1
}

// Digits returns the index of the first byte at or after i that is no digit;
// len(src) if there is none.
func Digits(src []byte, i int) int {
	for ; i+8 <= len(src); i += 8 {
		x := binary.LittleEndian.Uint64(src[i:]) ^ '0'*ones
		if other := (x | (x + ('\x7f'-9)*ones)) & highs; other != 0 {
			return i + bits.TrailingZeros64(other)>>3
		}
	}
	for i < len(src) && src[i]-'0' <= 9 {
		i++
	}
	return i
}

// object passes over the object at src[i].
func object(src []byte, i, depth int) int {
	if depth <= 0 {
		return -1
	}
	i = Space(src, i+1)
	if i < len(src) && src[i] == '}' {
		return i + 1
	}
	for {
		if i = name(src, i); i < 0 {
			return -1
		}
		if i = Value(src, Space(src, i), depth-1); i < 0 {
			return -1
		}
		i = Space(src, i)
		if i >= len(src) {
			return -1
		}
		if src[i] == '}' {
			return i + 1
		}
		if src[i] != ',' {
			return -1
		}
		i = Space(src, i+1)
	}
}

// name returns the index after the member name at src[i] and the colon that
// follows it; -1 if they are not there.
func name(src []byte, i int) int {
	if i >= len(src) || src[i] != '"' {
		return -1
	}
	if i, _ = String(src, i); i < 0 {
		return -1
	}
	return Colon(src, i)
}

// Colon returns the index after the colon that follows at src[i]; -1 if none
// does.
func Colon(src []byte, i int) int {
	i = Space(src, i)
	if i >= len(src) || src[i] != ':' {
		return -1
	}
	return i + 1
}

// array passes over the array at src[i].
func array(src []byte, i, depth int) int {
	if depth <= 0 {
		return -1
	}
	i = Space(src, i+1)
	if i < len(src) && src[i] == ']' {
		return i + 1
	}
	for {
		if i = Value(src, i, depth-1); i < 0 {
			return -1
		}
		i = Space(src, i)
		if i >= len(src) {
			return -1
		}
		if src[i] == ']' {
			return i + 1
		}
		if src[i] != ',' {
			return -1
		}
		i = Space(src, i+1)
	}
}
