package identifier

import "lethe/masking/internal/checkdigit"

func austria() []Identifier {
	return []Identifier{{
		Entity: "AT_SOCIAL_SECURITY", Country: "AT", About: "Austrian social security number", Element: "id.eu.national",
		Shapes: []string{"9999999999"}, Written: []string{"9999 999999", "9999-999999", "9999 99 99 99"},
		Check: austrianPerson, Odds: 0.0038,
		Context: []string{"svnr", "sozialversicherungsnummer", "sv-nummer", "versicherungsnummer", "e-card", "social security"},
	}, {
		Entity: "AT_TAX_NUMBER", Country: "AT", About: "Austrian tax number", Element: "id.tax",
		Shapes: []string{"999999999"}, Written: []string{"99-999/9999", "99 999/9999", "999999999"},
		Check: checkdigit.Luhn, Odds: 0.1,
		Context: []string{"steuernummer", "abgabenkontonummer", "finanzamt", "tax number", "tin"},
	}, {
		Entity: "AT_VAT", Country: "AT", About: "Austrian VAT number", Element: "id.tax",
		Shapes: []string{"U99999999", "ATU99999999"}, Check: austrianVAT, Odds: 0.1,
		Context: []string{"uid", "uid-nummer", "ust-id", "umsatzsteuer", "vat"},
	}}
}

// austrianPerson is a serial number, the check digit and the birth date, whose
// month may be 13 to 15 where the serial numbers of a day ran out.
func austrianPerson(b []byte) bool {
	day, month := two(b, 4), two(b, 6)
	if month > 12 && month <= 15 {
		month = 12
	}
	if b[0] == '0' || !date(2000+two(b, 8), month, day) {
		return false
	}
	return sum(b, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == int(b[3]-'0')
}

func austrianVAT(b []byte) bool {
	if len(b) == 11 && b[0] != 'A' {
		return false
	}
	b = bare(b, 8)
	return (10-(crossSum(b, 1, 2, 1, 2, 1, 2, 1)+4)%10)%10 == last(b)
}
