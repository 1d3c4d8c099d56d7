package identifier

import "lethe/masking/internal/checkdigit"

func canada() []Identifier {
	return []Identifier{{
		Entity: "CA_SIN", Country: "CA", About: "Canadian social insurance number", Element: "id.national",
		Shapes: []string{"999999999"}, Written: []string{"999-999-999", "999 999 999"},
		Check: canadianPerson, Odds: 0.08,
		Context: []string{"sin", "social insurance", "nas", "numéro d'assurance sociale", "assurance sociale"},
	}, {
		Entity: "CA_BN", Country: "CA", About: "Canadian business number", Element: "id.tax",
		Shapes: []string{"999999999", "999999999RC9999", "999999999RM9999", "999999999RP9999", "999999999RT9999"},
		Check:  func(b []byte) bool { return checkdigit.Luhn(b[:9]) }, Odds: 0.1,
		Context: []string{"bn", "business number", "numéro d'entreprise", "cra", "gst/hst"},
	}}
}

func canadianPerson(b []byte) bool { return b[0] != '0' && b[0] != '8' && checkdigit.Luhn(b) }
