package verify

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

var errCanonical = errors.New("not RFC 8785 canonical JSON")

// maxDepth bounds nesting: entries are shallow.
const maxDepth = 32

// canonical returns an error unless b is exactly one JSON value in the form of
// RFC 8785: no space, names sorted and once each, one way to write each string
// and number.
func canonical(b []byte) error {
	rest, err := canonicalValue(b, 0)
	if err == nil && len(rest) > 0 {
		err = errCanonical
	}
	if err != nil {
		return fmt.Errorf("byte %d: %w", len(b)-len(rest), err)
	}
	return nil
}

// canonicalValue consumes one value; on an error rest begins where it stands.
func canonicalValue(b []byte, depth int) (rest []byte, err error) {
	if len(b) == 0 || depth > maxDepth {
		return b, errCanonical
	}
	switch c := b[0]; {
	case c == '{':
		return canonicalObject(b, depth)
	case c == '[':
		if len(b) > 1 && b[1] == ']' {
			return b[2:], nil
		}
		for b = b[1:]; ; b = b[1:] {
			if b, err = canonicalValue(b, depth+1); err != nil {
				return b, err
			}
			if len(b) > 0 && b[0] == ']' {
				return b[1:], nil
			}
			if len(b) == 0 || b[0] != ',' {
				return b, errCanonical
			}
		}
	case c == '"':
		_, rest, err := canonicalString(b)
		return rest, err
	case c == '-' || c >= '0' && c <= '9':
		return canonicalNumber(b)
	}
	for _, word := range []string{"true", "false", "null"} {
		if rest, ok := bytes.CutPrefix(b, []byte(word)); ok {
			return rest, nil
		}
	}
	return b, errCanonical
}

func canonicalObject(b []byte, depth int) (rest []byte, err error) {
	if len(b) > 1 && b[1] == '}' {
		return b[2:], nil
	}
	var last []byte
	for b = b[1:]; ; b = b[1:] {
		at := b
		name, b2, err := canonicalString(b)
		if err != nil {
			return b, err
		}
		if last != nil && !nameBefore(last, name) {
			return at, errCanonical
		}
		last = name
		if len(b2) == 0 || b2[0] != ':' {
			return b2, errCanonical
		}
		if b, err = canonicalValue(b2[1:], depth+1); err != nil {
			return b, err
		}
		if len(b) > 0 && b[0] == '}' {
			return b[1:], nil
		}
		if len(b) == 0 || b[0] != ',' {
			return b, errCanonical
		}
	}
}

// canonicalString consumes a string and returns what is between its quotes.
func canonicalString(b []byte) (raw, rest []byte, err error) {
	if len(b) == 0 || b[0] != '"' {
		return nil, b, errCanonical
	}
	for i := 1; i < len(b); {
		i += plain(b[i:])
		if i == len(b) {
			break
		}
		switch c := b[i]; {
		case c == '"':
			return b[1:i], b[i+1:], nil
		case c == '\\':
			n := escapeLen(b[i:])
			if n == 0 {
				return nil, b[i:], errCanonical
			}
			i += n
		case c < 0x20:
			return nil, b[i:], errCanonical
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && n == 1 {
				return nil, b[i:], errCanonical
			}
			i += n
		}
	}
	return nil, b, errCanonical
}

// plain is how many bytes b begins with that stand for themselves in a string, eight at a
// time: hashes and signatures are most of an entry. One that it stops at may be plain too.
func plain(b []byte) (n int) {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(b)-n >= 8; n += 8 {
		x := binary.LittleEndian.Uint64(b[n:])
		quote, escape := x^ones*'"', x^ones*'\\'
		// A top bit is set in the lowest byte that is '"', '\\', below 0x20 or above 0x7F.
		stops := ((quote-ones)&^quote | (escape-ones)&^escape | (x-ones*0x20)&^x | x) & tops
		if stops != 0 {
			return n + bits.TrailingZeros64(stops)/8
		}
	}
	return n
}

// escapeLen is the length of the escape that b begins with, 0 unless RFC 8785
// §3.2.2.2 writes that character so.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 || b[2] != '0' || b[3] != '0' || b[4] != '0' && b[4] != '1' {
			return 0
		}
		low := bytes.IndexByte([]byte("0123456789abcdef"), b[5])
		code := int(b[4]-'0')<<4 | low
		if low < 0 || bytes.IndexByte([]byte("\b\f\n\r\t"), byte(code)) >= 0 {
			return 0
		}
		return 6
	}
	return 0
}

// nameBefore orders member names by UTF-16 code units (RFC 8785 §3.2.3).
func nameBefore(a, b []byte) bool {
	// Up to an escape, or what is not ASCII, bytes are code units.
	special := func(c byte) bool { return c == '\\' || c >= utf8.RuneSelf }
	for i, c := range a {
		switch {
		case i == len(b):
			return false
		case special(c) || special(b[i]):
			return unitsBefore(a, b)
		case c != b[i]:
			return c < b[i]
		}
	}
	return len(a) < len(b)
}

func unitsBefore(a, b []byte) bool {
	units := func(s []byte) []uint16 {
		var text string
		// It was checked as a string before.
		_ = json.Unmarshal(slices.Concat([]byte{'"'}, s, []byte{'"'}), &text)
		return utf16.Encode([]rune(text))
	}
	return slices.Compare(units(a), units(b)) < 0
}

func canonicalNumber(b []byte) (rest []byte, err error) {
	n := 0
	for n < len(b) && (b[n] >= '0' && b[n] <= '9' || bytes.IndexByte([]byte("+-.eE"), b[n]) >= 0) {
		n++
	}
	if shortInteger(b[:n]) {
		return b[n:], nil
	}
	f, err := strconv.ParseFloat(string(b[:n]), 64)
	if err != nil {
		return b, errCanonical
	}
	// The encoder of the standard library writes numbers as ECMAScript does,
	// but for minus zero.
	want, err := json.Marshal(f)
	if err != nil || !bytes.Equal(want, b[:n]) || string(want) == "-0" {
		return b, errCanonical
	}
	return b[n:], nil
}

// shortInteger says that b is an integer that is written in one way, and that a float64
// holds: most numbers of entries are.
func shortInteger(b []byte) bool {
	if len(b) == 0 || len(b) > 15 || b[0] == '0' && len(b) > 1 {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
