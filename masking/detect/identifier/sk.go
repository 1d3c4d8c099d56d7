package identifier

func slovakia() []Identifier {
	return []Identifier{{
		Entity: "SK_BIRTH_NUMBER", Country: "SK", About: "Slovak birth number", Element: "id.eu.national",
		Shapes: []string{"999999999", "9999999999"}, Written: []string{"999999/999", "999999/9999"},
		Check: birthNumber, Odds: 0.11,
		Context: []string{"rodné číslo", "rodne cislo", "rč", "r.č.", "birth number"},
	}, {
		Entity: "SK_VAT", Country: "SK", About: "Slovak VAT number", Element: "id.tax",
		Shapes: []string{"9999999999", "SK9999999999"}, Check: slovakVAT, Odds: 0.05,
		Context: []string{"ič dph", "ic dph", "dič", "dph", "vat"},
	}}
}

// slovakVAT may be the birth number of a person.
func slovakVAT(b []byte) bool {
	b = bare(b, 10)
	if birthNumber(b) {
		return true
	}
	return b[0] != '0' && among(b[2], "234789") && number(b)%11 == 0
}
