package identifier

func netherlands() []Identifier {
	return []Identifier{{
		Entity: "NL_BSN", Country: "NL", About: "Dutch citizen service number", Element: "id.eu.national",
		Shapes: []string{"999999999"}, Check: dutchBSN, Odds: 0.09,
		Context: []string{"bsn", "burgerservicenummer", "sofinummer", "sofi", "persoonsnummer", "citizen service number"},
	}, {
		Entity: "NL_VAT", Country: "NL", About: "Dutch VAT number", Element: "id.tax",
		Shapes: []string{"999999999B99", "NL999999999B99"}, Check: dutchVAT, Odds: 0.1,
		Context: []string{"btw", "btw-nummer", "btw-id", "omzetbelasting", "vat"},
	}}
}

func dutchBSN(b []byte) bool {
	return !zeros(b) && sum(b, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0
}

// dutchVAT holds a person's number, or, since 2020, check digits over the whole.
func dutchVAT(b []byte) bool {
	b = bare(b, 12)
	if zeros(b[10:]) || zeros(b[:9]) {
		return false
	}
	return dutchBSN(b[:9]) || mod97(mod97(0, []byte("NL")), b) == 1
}
