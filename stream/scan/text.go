package scan

import (
	"unicode/utf16"
	"unicode/utf8"
)

// AppendText appends what body, the valid inside of a string, stands for: its
// escapes undone.
func AppendText(dst, body []byte) []byte {
	for i := 0; i < len(body); {
		if body[i] != '\\' {
			start := i
			for i < len(body) && body[i] != '\\' {
				i++
			}
			dst = append(dst, body[start:i]...)
			continue
		}
		switch c := body[i+1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(body, i+2)
			if utf16.IsSurrogate(r) {
				r = utf16.DecodeRune(r, hex4(body, i+8))
				i += 6
			}
			dst = utf8.AppendRune(dst, r)
			i += 4
		default: // quote, backslash, slash
			dst = append(dst, c)
		}
		i += 2
	}
	return dst
}

// AppendQuoted appends text as a string with quotes and the escapes that RFC
// 8259 §7 asks for. Bytes that are no UTF-8 become U+FFFD, which is all that
// JSON can say of them.
func AppendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	start, i := 0, 0
	for {
		if i = plain(text, i); i >= len(text) {
			dst = append(dst, text[start:]...)
			return append(dst, '"')
		}
		if end := multibyte(text, i); end > i {
			i = end
			continue
		}
		dst = append(dst, text[start:i]...)
		if c := text[i]; c < utf8.RuneSelf {
			dst = appendEscape(dst, c)
		} else {
			dst = utf8.AppendRune(dst, utf8.RuneError)
		}
		i++
		start = i
	}
}

// appendEscape appends the escape of a quote, a backslash or a control
// character.
func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
