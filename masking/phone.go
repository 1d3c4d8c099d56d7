package masking

import "bytes"

// country says how a country's telephone numbers are written inside it.
type country struct {
	name   string // ISO 3166-1
	code   string // calling code
	trunk  string // what goes before a number inside the country
	digits int    // most digits of a number without trunk prefix
}

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

// phoneForm is normal form e164: + and at most 15 digits. Digits are read as
// in normal form digits. A leading + or 00 begins a country code. A number
// without one belongs to the country of the parameter: its trunk prefix goes,
// its code comes; a number longer than the country's numbers that begins with
// its code has the code already. A (0) between country code and number goes.
// What is no number by these rules, or has no country, stays in form digits.
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
	if i := bytes.Index(text, []byte("(0)")); i > 0 {
		dst = appendDigits(dst, text[:i])
		if len(dst) == start || dst[start] != '+' && !bytes.HasPrefix(dst[start:], []byte("00")) {
			dst = append(dst, '0') // a trunk prefix of its own
		}
		dst = appendDigits(dst, text[i+3:])
	} else {
		dst = appendDigits(dst, text)
	}
	number := dst[start:]
	international := bytes.HasPrefix(number, []byte("+"))
	if international {
		number = number[1:]
	}
	if !allDigits(number) || len(number) < 7 {
		return dst
	}
	var code string
	switch {
	case international:
	case bytes.HasPrefix(number, []byte("00")):
		number = number[2:]
	case home.code == "":
		return dst
	default:
		national := number
		if home.trunk != "" && number[0] == home.trunk[0] {
			national = number[1:]
		}
		if len(national) == len(number) && len(number) > home.digits && bytes.HasPrefix(number, []byte(home.code)) {
			break // has the code already
		}
		number, code = national, home.code
	}
	if n := len(code) + len(number); n < 7 || n > 15 || number[0] == '0' {
		return dst
	}
	// number lies in dst: move it behind what is put before it.
	shift := 1 + len(code)
	at := len(dst) - len(number)
	dst = append(dst, "+0000"[:shift]...)
	copy(dst[start+shift:], dst[at:at+len(number)])
	dst[start] = '+'
	copy(dst[start+1:], code)
	return dst[:start+shift+len(number)]
}
