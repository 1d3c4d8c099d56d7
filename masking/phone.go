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
	digits int    // a longer number that begins with the code has it already
}

// countries are those whose numbers people write without a country code: the USA and
// Canada, and those of detect/plans.txt, with which a test compares calling codes and
// trunk prefixes. The digits are those of a subscriber's number without trunk prefix,
// since a service's may be longer.
func countries() []country {
	return []country{
		// name, calling code, trunk prefix, digits
		{"AE", "971", "0", 9}, {"AR", "54", "0", 11}, {"AT", "43", "0", 11}, {"AU", "61", "0", 9}, {"BD", "880", "0", 10},
		{"BE", "32", "0", 9}, {"BG", "359", "0", 9}, {"BR", "55", "0", 11}, {"CA", "1", "1", 10}, {"CH", "41", "0", 9},
		{"CL", "56", "", 9}, {"CN", "86", "0", 11}, {"CO", "57", "0", 10}, {"CY", "357", "", 8}, {"CZ", "420", "", 9},
		{"DE", "49", "0", 13}, {"DK", "45", "", 8}, {"EE", "372", "", 8}, {"EG", "20", "0", 10}, {"ES", "34", "", 9},
		{"FI", "358", "0", 10}, {"FR", "33", "0", 9}, {"GB", "44", "0", 10}, {"GR", "30", "", 10}, {"HK", "852", "", 8},
		{"HR", "385", "0", 9}, {"HU", "36", "06", 9}, {"ID", "62", "0", 12}, {"IE", "353", "0", 9}, {"IL", "972", "0", 9},
		{"IN", "91", "0", 10}, {"IS", "354", "", 9}, {"IT", "39", "", 10}, {"JP", "81", "0", 10}, {"KE", "254", "0", 9},
		{"KH", "855", "0", 9}, {"KR", "82", "0", 10}, {"LA", "856", "0", 10}, {"LI", "423", "0", 9}, {"LK", "94", "0", 9},
		{"LT", "370", "0", 8}, {"LU", "352", "", 9}, {"LV", "371", "", 8}, {"MM", "95", "0", 10}, {"MO", "853", "", 8},
		{"MT", "356", "", 8}, {"MX", "52", "", 10}, {"MY", "60", "0", 10}, {"NG", "234", "0", 10}, {"NL", "31", "0", 9},
		{"NO", "47", "", 8}, {"NZ", "64", "0", 9}, {"PE", "51", "0", 9}, {"PH", "63", "0", 10}, {"PK", "92", "0", 10},
		{"PL", "48", "", 9}, {"PT", "351", "", 9}, {"RO", "40", "0", 9}, {"RU", "7", "8", 10}, {"SA", "966", "0", 9},
		{"SE", "46", "0", 9}, {"SG", "65", "", 8}, {"SI", "386", "0", 8}, {"SK", "421", "0", 9}, {"TH", "66", "0", 9},
		{"TR", "90", "0", 10}, {"TW", "886", "0", 9}, {"UA", "380", "0", 9}, {"US", "1", "1", 10}, {"VN", "84", "0", 10},
		{"ZA", "27", "0", 9},
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
// its code has the code already. A 0 that an Italian number begins with is its own. A (0) goes, and says that what is before it is
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
		number = home.untrunked(number)
		code = home.code
	}
	zero := number[0] == '0' && code != italy
	if n := len(code) + len(number); n < fewestDigits || n > mostDigits || zero {
		return appendDigits(dst[:start], text)
	}
	at := len(dst) - len(number)
	dst = append(dst, "+0000"[:1+len(code)]...)
	end := start + 1 + len(code) + copy(dst[start+1+len(code):], dst[at:at+len(number)])
	dst[start] = '+'
	copy(dst[start+1:], code)
	return dst[:end]
}

// italy is the calling code behind which numbers begin with 0.
const italy = "39"

// untrunked is a number without its trunk prefix. Numbers begin with none of them but
// Russia's 8, as those of St Petersburg do: what is not longer than a number has none.
func (c *country) untrunked(number []byte) []byte {
	if c.trunk == "8" && len(number) <= c.digits {
		return number
	}
	return bytes.TrimPrefix(number, []byte(c.trunk))
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
