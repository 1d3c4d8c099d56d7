package identifier

import (
	"lethe/masking/internal/checkdigit"
	"lethe/masking/internal/digit"
)

// trade has the codes that stand for a firm, a paper, a device or a vehicle in
// whatever country.
func trade() []Identifier {
	return []Identifier{{
		Entity: "LEI", About: "legal entity identifier (ISO 17442)", Element: "id.tax",
		Shapes: []string{"XXXXXXXXXXXXXXXXXX99"}, Written: []string{"XXXXXXXXXXXXXXXXXX99"},
		Check: func(b []byte) bool { return mod97(0, b) == 1 }, Odds: 0.01,
		Context: []string{"lei", "legal entity identifier", "lei code"},
	}, {
		Entity: "ISIN", About: "international securities identification number (ISO 6166)", Element: "commerce.product",
		Shapes: []string{"AAXXXXXXXXX9"}, Written: []string{"AAXXXXXXXXX9", "AA XXXXXXXXX 9", "AA-XXXXXXXXX-9"},
		Check: securities, Odds: 0.04,
		Context: []string{"isin", "security", "securities", "bond", "share"},
	}, {
		Entity: "BIC", About: "business identifier code (ISO 9362)", Element: "finance.account",
		Shapes: []string{"AAAAAAXX", "AAAAAAXXXXX"}, Written: []string{"AAAAAAXX", "AAAAAAXXXXX", "AAAAAAXX XXX"},
		Check: func(b []byte) bool { return isCountry(b[4], b[5]) }, Odds: 0.37,
		Context: []string{"bic", "swift", "swift code"},
	}, {
		Entity: "IMEI", About: "number of a mobile device (3GPP TS 23.003)", Element: "net.device",
		Shapes: []string{"999999999999999"}, Written: []string{"99-999999-999999-9", "99 999999 999999 9", "999999-99-999999-9"},
		Check: checkdigit.Luhn, Odds: 0.1,
		Context: []string{"imei", "imei number", "mobile equipment"},
	}, {
		Entity: "VIN", About: "vehicle identification number (ISO 3779)", Element: "id.vehicle",
		Shapes: []string{"XXXXXXXXXXXXXXXXX"}, Written: []string{"XXXXXXXXXXXXXXXXX"},
		Check: vehicle, Odds: 5.8e-05,
		Context: []string{"vin", "vehicle identification", "chassis", "fahrgestellnummer", "เลขตัวถัง"},
	}, {
		Entity: "VIN_WITHOUT_CHECK", About: "vehicle identification number of a maker outside North America", Element: "id.vehicle",
		Shapes: []string{"AXXXXXXXXXXXX9999"}, Written: []string{"AXXXXXXXXXXXX9999"},
		Check: func(b []byte) bool { return vehicleSum(b) >= 0 }, Odds: 0.3,
		Context: []string{"vin", "vehicle identification", "chassis", "fahrgestellnummer", "fin", "เลขตัวถัง"},
	}}
}

// securities is a Luhn sum over the digits that write each character's value.
func securities(b []byte) bool {
	if !isCountry(b[0], b[1]) && !issuer(b[0], b[1]) {
		return false
	}
	var buf [2 * 12]byte // an ISIN has 12 characters
	digits := buf[:0]
	for _, c := range b {
		v := value(c)
		if v > 9 {
			digits = append(digits, '0'+byte(v/10))
		}
		digits = append(digits, '0'+byte(v%10))
	}
	return checkdigit.Luhn(digits)
}

// issuer reports whether a paper's code starts with one of the groups that are
// no country: clearing houses, the European Union, derivatives and others.
func issuer(a, b byte) bool {
	const groups = "EU XS XA XB XC XD XF XK QS QT QW QY EZ AN CS"
	i := indexPair(groups, a, b)
	return i >= 0 && i%3 == 0
}

// vehicle wants the check digit of North America, the only one there is, and the
// last four places to be digits, as everywhere.
func vehicle(b []byte) bool {
	s := vehicleSum(b)
	return s >= 0 && "0123456789X"[s%11] == b[8] && digit.All(b[13:])
}

// vehicleSum is what a check digit is made of, or -1 where there is an I, O or Q.
func vehicleSum(b []byte) int {
	const weights = "8765432:098765432" // a colon is ten
	s := 0
	for i, c := range b {
		v := int(c) - '0'
		if isLetter(c) {
			if v = vehicleLetter(c); v == 0 {
				return -1
			}
		}
		s += v * int(weights[i]-'0')
	}
	return s
}

// vehicleLetter is the value of a letter in a VIN, 0 of one that none has.
func vehicleLetter(c byte) int {
	return int("12345678012345070923456789"[c-'A'] - '0')
}

// isCountry reports whether the letters are a code of ISO 3166-1, or XK, which
// stands for Kosovo.
func isCountry(a, b byte) bool {
	if !isLetter(a) || !isLetter(b) {
		return false
	}
	return among(b, [...]string{
		"DEFGILMOQRSTUWXZ", "ABDEFGHIJLMNOQRSTVWYZ", "ACDFGHIKLMNORUVWXYZ", "EJKMOZ", "CEGHRST", "IJKMOR",
		"ABDEFGHILMNPQRSTUWY", "KMNRTU", "DELMNOQRST", "EMOP", "EGHIMNPRWYZ", "ABCIKRSTUVY",
		"ACDEFGHKLMNOPQRSTUVWXYZ", "ACEFGILOPRUZ", "M", "AEFGHKLMNRSTWY", "A", "EOSUW",
		"ABCDEGHIJKLMNORSTVXYZ", "CDFGHJKLMNORTVWZ", "AGMSYZ", "ACEGINU", "FS", "K", "ET", "AMW",
	}[a-'A'])
}
