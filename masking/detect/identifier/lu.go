package identifier

import "lethe/masking/internal/checkdigit"

func luxembourg() []Identifier {
	return []Identifier{{
		Entity: "LU_MATRICULE", Country: "LU", About: "Luxembourg national number", Element: "id.eu.national",
		Shapes: []string{"9999999999999"}, Written: []string{"9999999999999", "9999 9999 99999", "9999 99 99 99999"},
		Check: luxembourgPerson, Odds: 0.00002,
		Context: []string{"matricule", "numéro d'identification", "matrikel", "national number"},
	}, {
		Entity: "LU_VAT", Country: "LU", About: "Luxembourg VAT number", Element: "id.tax",
		Shapes: []string{"99999999", "LU99999999"}, Check: luxembourgVAT, Odds: 0.01,
		Context: []string{"tva", "vat", "numéro tva"},
	}}
}

// luxembourgPerson is a birth date, a serial number, a Luhn digit and a Verhoeff
// digit, each over the first eleven digits.
func luxembourgPerson(b []byte) bool {
	year := number(b[:4])
	if year < 1800 || year > 2199 || !date(year, two(b, 4), two(b, 6)) || !checkdigit.Luhn(b[:12]) {
		return false
	}
	var second [12]byte
	copy(second[:], b[:11])
	second[11] = b[12]
	return verhoeff(second[:])
}

func luxembourgVAT(b []byte) bool {
	b = bare(b, 8)
	return number(b[:6])%89 == two(b, 6)
}
