package identifier

import "lethe/masking/internal/checkdigit"

func greece() []Identifier {
	return []Identifier{{
		Entity: "GR_AMKA", Country: "GR", About: "Greek social security number", Element: "id.eu.national",
		Shapes: []string{"99999999999"}, Check: greekAMKA, Odds: 0.004,
		Context: []string{"αμκα", "amka", "social security"},
	}, {
		Entity: "GR_AFM", Country: "GR", About: "Greek tax and VAT number", Element: "id.tax",
		Shapes: []string{"999999999", "EL999999999", "GR999999999"}, Check: greekAFM, Odds: 0.1,
		Context: []string{"αφμ", "α.φ.μ.", "afm", "φπα", "δου", "tax number", "vat"},
	}}
}

func greekAMKA(b []byte) bool {
	return date(2000+two(b, 4), two(b, 2), two(b, 0)) && checkdigit.Luhn(b)
}

func greekAFM(b []byte) bool {
	return sum(bare(b, 9), 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == last(b)
}
