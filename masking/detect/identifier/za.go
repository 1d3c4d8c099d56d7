package identifier

import "lethe/masking/internal/checkdigit"

func southAfrica() []Identifier {
	return []Identifier{{
		Entity: "ZA_ID_NUMBER", Country: "ZA", About: "South African identity number", Element: "id.national",
		Shapes: []string{"9999999999999"}, Written: []string{"999999 9999 99 9", "999999 9999 999", "999999-9999-999"},
		Check: southAfricanPerson, Odds: 0.0011,
		Context: []string{"id number", "identity number", "sa id", "identiteitsnommer", "id-nommer", "rsa id"},
	}, {
		Entity: "ZA_INCOME_TAX_NUMBER", Country: "ZA", About: "South African income tax number", Element: "id.tax",
		Shapes: []string{"9999999999"}, Check: func(b []byte) bool { return among(b[0], "01239") && checkdigit.Luhn(b) }, Odds: 0.05,
		Context: []string{"income tax", "tax number", "tax reference", "sars", "inkomstebelasting"},
	}}
}

// southAfricanPerson is a birth date, a serial number, citizenship (0 citizen,
// 1 resident, 2 refugee) and a digit that once was race.
func southAfricanPerson(b []byte) bool {
	return date(2000+two(b, 0), two(b, 2), two(b, 4)) && b[10] <= '2' && checkdigit.Luhn(b)
}
