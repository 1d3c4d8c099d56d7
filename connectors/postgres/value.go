package postgres

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"

	"lethe/stream/scan"
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
	return scan.AppendQuoted(dst, text)
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
		return scan.AppendQuoted(dst, text)
	}
	mark := len(dst)
	dst = append(dst, '"')
	for _, c := range iso {
		switch {
		case c >= '-' && c <= ':' && c != '/': // - . 0 to 9 :
		case c == ' ' && (k == kindTimestamp || k == kindTimestampTZ):
			c = 'T'
		default: // infinity, BC
			return scan.AppendQuoted(dst[:mark], text)
		}
		dst = append(dst, c)
	}
	return append(dst, 'Z', '"')
}
