package masking

import (
	"bytes"

	"lethe/masking/internal/digit"
)

// country says how a country's telephone numbers are written inside it.
type country struct {
	name   string // ISO 3166-1
	code   string // calling code
	trunk  string // what goes before a number inside the country
	digits int    // most digits of a number without trunk prefix
}

// countries are those whose numbers people write without a country code. Calling codes
// and trunk prefixes are those of detect/plans.txt, which a test compares; the most
// digits are those of a subscriber's number there, since a service's may be longer.
func countries() []country {
	return []country{
		// name, calling code, trunk prefix, most digits
		{"AU", "61", "0", 9}, {"CN", "86", "0", 11}, {"DE", "49", "0", 13}, {"FR", "33", "0", 9},
		{"GB", "44", "0", 10}, {"HK", "852", "", 8}, {"ID", "62", "0", 12}, {"IN", "91", "0", 10},
		{"JP", "81", "0", 10}, {"KH", "855", "0", 9}, {"KR", "82", "0", 10}, {"LA", "856", "0", 10},
		{"MM", "95", "0", 10}, {"MY", "60", "0", 10}, {"NL", "31", "0", 9}, {"PH", "63", "0", 10},
		{"SG", "65", "", 8}, {"TH", "66", "0", 9}, {"TW", "886", "0", 9}, {"US", "1", "1", 10},
		{"VN", "84", "0", 10},
	}
}

func countryNames() []string {
	names := []string{""}
	for _, c := range countries() {
		names = append(names, c.name)
	}
	return names
}

// How many digits an international number has, country code included. E.164 §6 says
// the most and no least: the shortest in use are of four digits behind 683.
const (
	fewestDigits = 7
	mostDigits   = 15
)

// phoneForm is normal form e164: + and at most 15 digits. Digits are read as
// in normal form digits. A leading + or 00 begins a country code. A number
// without one belongs to the country of the parameter: its trunk prefix goes,
// its code comes; a number longer than the country's numbers that begins with
// its code has the code already. A (0) goes, and says that what is before it is
// a country code. What is no number by these rules, or has no country, stays in
// form digits.
func phoneForm(name string) normalForm {
	home := country{}
	for _, c := range countries() {
		if c.name == name {
			home = c
		}
	}
	return func(dst, text []byte) []byte { return appendPhone(dst, text, &home) }
}

func appendPhone(dst, text []byte, home *country) []byte {
	start := len(dst)
	dst, international := appendDialled(dst, text)
	number := dst[start:]
	if !digit.All(number) || len(number) < fewestDigits {
		return appendDigits(dst[:start], text)
	}
	code := ""
	switch {
	case international:
	case home.code == "":
		return appendDigits(dst[:start], text)
	case len(number) > home.digits && number[0] != '0' && bytes.HasPrefix(number, []byte(home.code)):
		// The code is there without a plus.
	default:
		if home.trunk != "" && number[0] == home.trunk[0] {
			number = number[1:]
		}
		code = home.code
	}
	if n := len(code) + len(number); n < fewestDigits || n > mostDigits || number[0] == '0' {
		return appendDigits(dst[:start], text)
	}
	at := len(dst) - len(number)
	dst = append(dst, "+0000"[:1+len(code)]...)
	end := start + 1 + len(code) + copy(dst[start+1+len(code):], dst[at:at+len(number)])
	dst[start] = '+'
	copy(dst[start+1:], code)
	return dst[:end]
}

// appendDialled appends a number's digits without what says that it begins with
// a country code, and reports whether something does.
func appendDialled(dst, text []byte) ([]byte, bool) {
	start := len(dst)
	international := false
	if i := bytes.Index(text, []byte("(0)")); i > 0 {
		if dst = appendUngrouped(dst, text[:i]); len(dst) > start {
			international = true
			text = text[i+len("(0)"):]
		}
		dst = appendUngrouped(dst, text)
	} else {
		dst = appendUngrouped(dst, text)
	}
	for _, sign := range []string{"+", "00"} {
		if bytes.HasPrefix(dst[start:], []byte(sign)) {
			return append(dst[:start], dst[start+len(sign):]...), true
		}
	}
	return dst, international
}
