package masking

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalForm appends the normal form of text to dst, so that values which
// differ only in how they are written give one pseudonym.
type normalForm func(dst, text []byte) []byte

// normalOf returns the normal form of that name.
func normalOf(name string, p Params) (normalForm, bool) {
	switch name {
	case "":
		return func(dst, text []byte) []byte { return append(dst, text...) }, true
	case "lower":
		return appendLower, true
	case "digits":
		return appendDigits, true
	case "e164":
		return phoneForm(p.text("country", "")), true
	}
	return nil, false
}

// appendLower appends text without white space around it, in lower case letter
// by letter, and in Unicode normalization form C.
func appendLower(dst, text []byte) []byte {
	text = bytes.TrimSpace(text)
	start := len(dst)
	if ascii(text) {
		for _, c := range text {
			if c-'A' <= 'Z'-'A' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
		}
		return dst
	}
	if !norm.NFC.IsNormal(text) {
		text = norm.NFC.Bytes(text)
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += n
	}
	if !norm.NFC.IsNormal(dst[start:]) {
		dst = append(dst[:start], norm.NFC.Bytes(dst[start:])...)
	}
	return dst
}

func ascii(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendDigits appends text with Thai and full-width digits as ASCII digits and
// without separators: white space, dashes, dots, commas, slashes, parentheses
// and invisible characters. Anything else stays as it is.
func appendDigits(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			if !isSeparator(rune(c)) {
				dst = append(dst, c)
			}
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		i += n
		switch {
		case r >= '๐' && r <= '๙':
			dst = append(dst, '0'+byte(r-'๐'))
		case r >= '０' && r <= '９':
			dst = append(dst, '0'+byte(r-'０'))
		case r == '＋':
			dst = append(dst, '+')
		case !isSeparator(r):
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

func isSeparator(r rune) bool {
	switch r {
	case '-', '.', ',', '/', '(', ')', '_', '（', '）', '．', '，', '／', '\u00ad', '\u2212':
		return true
	}
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r)
}
