package identifier

import "lethe/masking/internal/checkdigit"

func sweden() []Identifier {
	return []Identifier{{
		Entity: "SE_PERSONNUMMER", Country: "SE", About: "Swedish personal or coordination number", Element: "id.eu.national",
		Shapes: []string{"9999999999", "999999999999"}, Written: []string{"999999-9999", "999999+9999", "99999999-9999", "999999 9999"},
		Check: swedishPerson, Odds: 0.007,
		Context: []string{"personnummer", "samordningsnummer", "pnr", "personal number", "personal identity number"},
	}, {
		Entity: "SE_ORGANISATIONSNUMMER", Country: "SE", About: "Swedish number of an organisation", Element: "id.tax",
		Shapes: []string{"9999999999"}, Written: []string{"999999-9999"}, Check: checkdigit.Luhn, Odds: 0.1,
		Context: []string{"organisationsnummer", "orgnr", "org.nr", "org nr", "bolag", "company number"},
	}, {
		Entity: "SE_VAT", Country: "SE", About: "Swedish VAT number", Element: "id.tax",
		Shapes: []string{"999999999901", "SE999999999901"}, Check: func(b []byte) bool { return checkdigit.Luhn(bare(b, 12)[:10]) }, Odds: 0.1,
		Context: []string{"momsnummer", "momsregistreringsnummer", "moms", "vat"},
	}}
}

// swedishPerson is a birth date, to whose day a coordination number adds 60. In
// ten digits the century is unknown; 29 February is taken then for a leap year
// of either.
func swedishPerson(b []byte) bool {
	year := 2000 + two(b, len(b)-10)
	if len(b) == 12 {
		year = number(b[:4])
	}
	b = bare(b, 10)
	day := two(b, 4)
	if day > 60 {
		day -= 60
	}
	return year >= 1800 && date(year, two(b, 2), day) && checkdigit.Luhn(b)
}
