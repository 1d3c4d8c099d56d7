package scan

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Text is a JSON string as it is written, without its quotes.
type Text struct {
	Raw     []byte
	Escaped bool // holds escapes
	ASCII   bool // holds no byte above 0x7F
}

// Plain reports whether Raw is the string itself: valid UTF-8, no escapes.
func (t Text) Plain() bool { return !t.Escaped && (t.ASCII || utf8.Valid(t.Raw)) }

// Append appends the string to dst. Lone surrogates and bytes that are no UTF-8
// become U+FFFD.
func (t Text) Append(dst []byte) []byte {
	b := t.Raw
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c == '\\':
			var n int
			dst, n = appendEscape(dst, b[i:])
			i += n
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(b[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst
}

// appendEscape appends what the escape at the start of b stands for, and says
// how long it is. Scanner.String has checked the escape.
func appendEscape(dst, b []byte) ([]byte, int) {
	switch b[1] {
	case 'b':
		return append(dst, '\b'), 2
	case 'f':
		return append(dst, '\f'), 2
	case 'n':
		return append(dst, '\n'), 2
	case 'r':
		return append(dst, '\r'), 2
	case 't':
		return append(dst, '\t'), 2
	case 'u':
		r, _ := hex4(b[2:])
		if !utf16.IsSurrogate(r) {
			return utf8.AppendRune(dst, r), 6
		}
		if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			low, _ := hex4(b[8:])
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				return utf8.AppendRune(dst, r), 12
			}
		}
		return utf8.AppendRune(dst, utf8.RuneError), 6
	}
	return append(dst, b[1]), 2
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
