package identifier

func slovenia() []Identifier {
	return []Identifier{{
		Entity: "SI_EMSO", Country: "SI", About: "Slovenian unique master citizen number", Element: "id.eu.national",
		Shapes: []string{"9999999999999"}, Check: yugoslavPerson, Odds: 0.003,
		Context: []string{"emšo", "emso", "enotna matična številka", "jmbg"},
	}, {
		Entity: "SI_VAT", Country: "SI", About: "Slovenian tax and VAT number", Element: "id.tax",
		Shapes: []string{"99999999", "SI99999999"}, Check: slovenianVAT, Odds: 0.08,
		Context: []string{"davčna številka", "davcna stevilka", "ddv", "id za ddv", "vat", "tax number"},
	}}
}

// yugoslavPerson is a birth date, whose year lacks its first digit, a region, a
// serial number and a check digit.
func yugoslavPerson(b []byte) bool {
	year := 1000 + three(b, 4)
	if year < 1800 {
		year += 1000
	}
	if !date(year, two(b, 2), two(b, 0)) {
		return false
	}
	return (11-sum(b, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11%10 == last(b)
}

func slovenianVAT(b []byte) bool {
	b = bare(b, 8)
	c := 11 - down(b[:7], 8)%11
	return b[0] != '0' && c != 11 && c%10 == last(b)
}
