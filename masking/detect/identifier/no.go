package identifier

func norway() []Identifier {
	return []Identifier{{
		Entity: "NO_FODSELSNUMMER", Country: "NO", About: "Norwegian national identity, D or H number", Element: "id.national",
		Shapes: []string{"99999999999"}, Written: []string{"999999 99999", "999999-99999"},
		Check: norwegianPerson, Odds: 0.0016,
		Context: []string{"fødselsnummer", "fodselsnummer", "personnummer", "fnr", "d-nummer", "national identity"},
	}, {
		Entity: "NO_ORGNR", Country: "NO", About: "Norwegian organisation and VAT number", Element: "id.tax",
		Shapes: []string{"999999999", "999999999MVA", "NO999999999MVA"}, Check: norwegianOrganisation, Odds: 0.09,
		Context: []string{"orgnr", "organisasjonsnummer", "org.nr", "mva", "foretaksregisteret"},
	}}
}

// norwegianPerson adds 40 to the day of a D number and to the month of an H
// number, 80 to the month of a test person. Century and serial number hang
// together.
func norwegianPerson(b []byte) bool {
	day, month, year, serial := two(b, 0)%40, two(b, 2)%40, two(b, 4), three(b, 6)
	switch {
	case serial < 500, serial >= 900 && year >= 40:
		year += 1900
	case serial < 750 && year >= 54:
		year += 1800
	case year < 40:
		year += 2000
	default:
		return false
	}
	return two(b, 0) < 80 && date(year, month, day) &&
		(11-sum(b, 3, 7, 6, 1, 8, 9, 4, 5, 2)%11)%11 == int(b[9]-'0') &&
		(11-sum(b, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == last(b)
}

func norwegianOrganisation(b []byte) bool {
	switch len(b) {
	case 12:
		if b[11] != 'A' {
			return false
		}
	case 14:
		if b[13] != 'A' {
			return false
		}
		b = b[2:]
	}
	return sum(b, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}
