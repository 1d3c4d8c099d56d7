package masking

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lethe/masking/internal/digit"
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
	case "identifier":
		return appendIdentifier, true
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
		for ; len(text) >= 8; text = text[8:] {
			const ones = 0x0101010101010101
			x := binary.LittleEndian.Uint64(text)
			capitals := (x + (0x80-'A')*ones) &^ (x + (0x7f-'Z')*ones) & (0x80 * ones)
			dst = binary.LittleEndian.AppendUint64(dst, x|capitals>>2)
		}
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
		i += n
		if r == 'İ' { // its lower case is two characters: i alone is another letter's
			dst = append(dst, "i\u0307"...)
			continue
		}
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
	}
	if !norm.NFC.IsNormal(dst[start:]) {
		dst = append(dst[:start], norm.NFC.Bytes(dst[start:])...)
	}
	return dst
}

func ascii(text []byte) bool {
	for ; len(text) >= 8; text = text[8:] {
		if binary.LittleEndian.Uint64(text)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// appendDigits appends the text of an identifier as [appendUngrouped] does. What is
// written as a number keeps its sign, point and exponent, for they group nothing:
// -5 and 1.5 are not 5 and 15.
func appendDigits(dst, text []byte) []byte {
	start := len(dst)
	if dst = appendFigure(dst, text); isFigure(dst[start:]) {
		return dst
	}
	return appendUngrouped(dst[:start], text)
}

// appendUngrouped appends text with Thai and full-width digits as ASCII digits and
// without separators: white space, dashes, dots, commas, slashes, parentheses
// and invisible characters. Anything else stays as it is.
func appendUngrouped(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		if c := text[i]; digit.Is(c) {
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		i += n
		if !isSeparator(r) {
			dst = utf8.AppendRune(dst, plain(r))
		}
	}
	return dst
}

// appendIdentifier appends an identifier of letters and digits as registers hold it:
// as [appendUngrouped] does, also without colons, and with its letters in upper case.
// It is for identifiers that separators only group; where they tell two apart, as on
// number plates, form lower is right.
func appendIdentifier(dst, text []byte) []byte {
	start := len(dst)
	dst = appendUngrouped(dst, text)
	n := start
	for _, c := range dst[start:] { // before marks are joined with the letter before them
		if c == ':' {
			continue
		}
		if c-'a' <= 'z'-'a' {
			c -= 'a' - 'A'
		}
		dst[n] = c
		n++
	}
	if dst = dst[:n]; !ascii(dst[start:]) {
		dst = append(dst[:start], norm.NFC.Bytes(bytes.Map(capital, norm.NFC.Bytes(dst[start:])))...)
	}
	return dst
}

// capital is a letter in upper case, and a full-width one the letter of ASCII.
func capital(r rune) rune {
	const fullWidth = 'Ａ' - 'A'
	if r = unicode.ToUpper(r); r >= 'Ａ' && r <= 'Ｚ' {
		r -= fullWidth
	}
	return r
}

// appendFigure appends text as [appendUngrouped] does, and leaves out white space and
// invisible characters only.
func appendFigure(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch i += n; {
		case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r):
		case r == '\u2212' || unicode.Is(unicode.Pd, r):
			dst = append(dst, '-')
		case r == '．':
			dst = append(dst, '.')
		default:
			dst = utf8.AppendRune(dst, plain(r))
		}
	}
	return dst
}

// appendPlain appends text with the ASCII forms of its digits.
func appendPlain(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		i += n
		dst = utf8.AppendRune(dst, plain(r))
	}
	return dst
}

// plain is the ASCII form of a digit or plus; any other character is itself.
func plain(r rune) rune {
	if zero, ok := digit.Zero(r); ok {
		return '0' + r - zero
	}
	if r == '＋' {
		return '+'
	}
	return r
}

// isFigure reports whether text is a number: an optional sign, digits, and
// optionally a fraction and an exponent.
func isFigure(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("-"))
	mantissa, exponent := text, []byte("0")
	if i := bytes.IndexAny(text, "eE"); i >= 0 {
		if mantissa, exponent = text[:i], text[i+1:]; len(exponent) > 0 && (exponent[0] == '-' || exponent[0] == '+') {
			exponent = exponent[1:]
		}
	}
	whole, fraction, pointed := bytes.Cut(mantissa, []byte("."))
	return len(whole) > 0 && digit.All(whole) && digit.All(fraction) && pointed == (len(fraction) > 0) && len(exponent) > 0 && digit.All(exponent)
}

func isSeparator(r rune) bool {
	switch r {
	case '-', '.', ',', '/', '(', ')', '_', '（', '）', '．', '，', '／', '\u00ad', '\u2212':
		return true
	}
	if r < utf8.RuneSelf {
		return r == ' ' || r >= '\t' && r <= '\r'
	}
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r)
}
