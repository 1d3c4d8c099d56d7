package identifier

func denmark() []Identifier {
	return []Identifier{{
		Entity: "DK_CPR", Country: "DK", About: "Danish personal number", Element: "id.eu.national",
		Shapes: []string{"9999999999"}, Written: []string{"999999-9999", "999999 9999"},
		Check: danishPerson, Odds: 0.04,
		Context: []string{"cpr", "cpr-nr", "cpr-nummer", "personnummer", "personal number"},
	}, {
		Entity: "DK_CVR", Country: "DK", About: "Danish company and VAT number", Element: "id.tax",
		Shapes: []string{"99999999", "DK99999999"}, Check: danishCompany, Odds: 0.08,
		Context: []string{"cvr", "cvr-nr", "cvr-nummer", "se-nr", "moms", "vat"},
	}}
}

// danishPerson has the century in the seventh digit; since 2007 numbers without
// a valid check digit are given out.
func danishPerson(b []byte) bool {
	year, c := two(b, 4), b[6]
	switch {
	case c <= '3', (c == '4' || c == '9') && year >= 37:
		year += 1900
	case c >= '5' && c <= '8' && year >= 58:
		year += 1800
	default:
		year += 2000
	}
	return date(year, two(b, 2), two(b, 0))
}

func danishCompany(b []byte) bool {
	b = bare(b, 8)
	return b[0] != '0' && sum(b, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}
