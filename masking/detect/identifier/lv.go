package identifier

func latvia() []Identifier {
	return []Identifier{{
		Entity: "LV_PERSONAL_CODE", Country: "LV", About: "Latvian personal code", Element: "id.eu.national",
		Shapes: []string{"99999999999"}, Written: []string{"999999-99999", "999999 99999"},
		Check: latvianPerson, Odds: 0.013,
		Context: []string{"personas kods", "personas koda", "personal code"},
	}, {
		Entity: "LV_VAT", Country: "LV", About: "Latvian VAT number", Element: "id.tax",
		Shapes: []string{"99999999999", "LV99999999999"}, Check: latvianVAT, Odds: 0.06,
		Context: []string{"pvn", "pvn numurs", "reģistrācijas numurs", "vat"},
	}}
}

// latvianPerson starts with a birth date, or since July 2017 with 32 and says
// nothing more; that a check digit ends those is not published.
func latvianPerson(b []byte) bool {
	if two(b, 0) == 32 {
		return true
	}
	if !date(1800+int(b[6]-'0')*100+two(b, 4), two(b, 2), two(b, 0)) {
		return false
	}
	return (1+sum(b, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9))%11%10 == last(b)
}

// latvianVAT is a company's number, from 4 on, or a personal code.
func latvianVAT(b []byte) bool {
	b = bare(b, 11)
	if b[0] > '3' {
		return sum(b, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1)%11 == 3
	}
	return latvianPerson(b)
}
