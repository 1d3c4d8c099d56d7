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

// AppendQuoted appends text, which is valid UTF-8, as a string with quotes and
// the escapes that RFC 8259 §7 asks for.
func AppendQuoted(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"')
}
