package postgres

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"unicode/utf8"
)

// kind is how the server's text of a value becomes JSON.
type kind uint8

const (
	kindString kind = iota // the text, escaped
	kindBool
	kindInt   // digits as they are
	kindFloat // digits as they are; NaN and infinity as strings
	kindBytes // hex to base64
	kindDate
	kindTime
	kindTimestamp
	kindTimestampTZ
	kindJSON // embedded
	kindArray
)

// encoding is a column's kind and, for arrays, that of the elements.
type encoding struct {
	kind  kind
	delim byte
	elem  *encoding
}

const hexDigits = "0123456789abcdef"

// appendValue appends the JSON of a value that is not null.
func appendValue(dst []byte, e *encoding, text []byte) []byte {
	switch e.kind {
	case kindBool:
		if len(text) == 1 && text[0] == 't' {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case kindInt:
		return append(dst, text...)
	case kindFloat:
		if isNumber(text) {
			return append(dst, text...)
		}
	case kindBytes:
		if b, ok := appendBase64(dst, text); ok {
			return b
		}
	case kindDate, kindTime, kindTimestamp, kindTimestampTZ:
		return appendTime(dst, e.kind, text)
	case kindJSON:
		return append(dst, text...)
	case kindArray:
		mark := len(dst)
		if b, ok := appendArray(dst, e, text); ok {
			return b
		}
		dst = dst[:mark]
	}
	return appendString(dst, text)
}

// isNumber reports whether a float's text is a JSON number: all are but NaN and
// the infinities.
func isNumber(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	c := text[len(text)-1]
	return c >= '0' && c <= '9'
}

// appendBase64 writes \x followed by hex digits as a base64 string.
func appendBase64(dst, text []byte) ([]byte, bool) {
	if len(text) < 2 || text[0] != '\\' || text[1] != 'x' || len(text)%2 != 0 {
		return dst, false
	}
	text = text[2:]
	dst = append(dst, '"')
	var raw [48]byte
	for len(text) > 0 {
		n := min(len(text), 2*len(raw))
		if _, err := hex.Decode(raw[:], text[:n]); err != nil {
			return dst, false
		}
		dst = base64.StdEncoding.AppendEncode(dst, raw[:n/2])
		text = text[n:]
	}
	return append(dst, '"'), true
}

// appendTime writes the server's ISO text the way Debezium's isostring has it:
// with T between date and time and a Z at the end. Infinity and years BC stay
// as the server writes them.
func appendTime(dst []byte, k kind, text []byte) []byte {
	iso, ok := text, len(text) > 0
	if k == kindTimestampTZ {
		iso, ok = bytes.CutSuffix(text, []byte("+00"))
	}
	if !ok {
		return appendString(dst, text)
	}
	mark := len(dst)
	dst = append(dst, '"')
	for _, c := range iso {
		switch {
		case c >= '-' && c <= ':' && c != '/': // - . 0 to 9 :
		case c == ' ' && (k == kindTimestamp || k == kindTimestampTZ):
			c = 'T'
		default: // infinity, BC
			return appendString(dst[:mark], text)
		}
		dst = append(dst, c)
	}
	return append(dst, 'Z', '"')
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// appendString writes text as a JSON string. The server sends UTF-8; where a
// database without an encoding (SQL_ASCII) does not, bytes become U+FFFD.
func appendString(dst, text []byte) []byte {
	dst = append(dst, '"')
	start := 0
	var high uint64
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		high |= w
		q := w ^ (ones * '"')
		b := w ^ (ones * '\\')
		// A set bit marks a byte that is below 0x20, a quote or a backslash.
		// Bytes after the first mark may be marked wrongly; the first is right.
		m := ((w-ones*0x20) & ^w | (q-ones) & ^q | (b-ones) & ^b) & highs
		if m == 0 {
			continue
		}
		j := i + bits.TrailingZeros64(m)/8
		dst = append(dst, text[start:j]...)
		dst = appendEscape(dst, text[j])
		start = j + 1
		i = start - 8
	}
	for ; i < len(text); i++ {
		c := text[i]
		high |= uint64(c)
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[start:i]...)
		dst = appendEscape(dst, c)
		start = i + 1
	}
	dst = append(dst, text[start:]...)
	if high&highs != 0 && !utf8.Valid(text) {
		dst = dst[:len(dst)-escapedLen(text)]
		dst = appendInvalid(dst, text)
	}
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\t':
		return append(dst, '\\', 't')
	case '\r':
		return append(dst, '\\', 'r')
	}
	if c < 0x20 {
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, c)
}

// escapedLen is how many bytes text took in a JSON string, byte by byte.
func escapedLen(text []byte) int {
	n := 0
	var b [8]byte
	for _, c := range text {
		n += len(appendEscape(b[:0], c))
	}
	return n
}

func appendInvalid(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r < utf8.RuneSelf:
			dst = appendEscape(dst, text[0])
		default:
			dst = utf8.AppendRune(dst, r)
		}
		text = text[n:]
	}
	return dst
}
