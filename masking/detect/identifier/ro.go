package identifier

func romania() []Identifier {
	return []Identifier{{
		Entity: "RO_CNP", Country: "RO", About: "Romanian personal numerical code", Element: "id.eu.national",
		Shapes: []string{"9999999999999"}, Check: romanianPerson, Odds: 0.002,
		Context: []string{"cnp", "cod numeric personal", "personal code"},
	}, {
		Entity: "RO_CIF", Country: "RO", About: "Romanian company and VAT number", Element: "id.tax",
		Shapes: []string{"999999", "9999999", "99999999", "999999999", "9999999999",
			"RO9999", "RO99999", "RO999999", "RO9999999", "RO99999999", "RO999999999", "RO9999999999"},
		Check: romanianCompany, Odds: 0.1,
		Context: []string{"cui", "cif", "cod fiscal", "cod unic de înregistrare", "tva", "vat"},
	}}
}

// romanianPerson is sex and century, birth date, county and serial number.
func romanianPerson(b []byte) bool {
	year := two(b, 1)
	switch b[0] {
	case '0':
		return false
	case '3', '4':
		year += 1800
	case '5', '6':
		year += 2000
	default:
		year += 1900
	}
	county := two(b, 7)
	if county == 0 || county > 52 && county != 70 || county == 49 || county == 50 {
		return false
	}
	if !date(year, two(b, 3), two(b, 5)) {
		return false
	}
	c := sum(b, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
	return c%10+c/10 == last(b)
}

// romanianCompany has its weights aligned to the right.
func romanianCompany(b []byte) bool {
	b = b[2*int(b[0]/'A'):]
	if b[0] == '0' {
		return false
	}
	const weights = "753217532"
	s := 0
	for i, c := range b[:len(b)-1] {
		s += int(c-'0') * int(weights[len(weights)-len(b)+1+i]-'0')
	}
	return s*10%11%10 == last(b)
}
