package identifier

func malta() []Identifier {
	return []Identifier{{
		Entity: "MT_ID_CARD", Country: "MT", About: "Maltese identity card number", Element: "id.eu.national",
		Shapes: []string{"9999999A"}, Written: []string{"9999999A", "9999999(A)", "9999999 A"},
		Check: func(b []byte) bool { return among(b[7], "MGAPLHBZ") }, Odds: 0.31,
		Context: []string{"karta tal-identità", "karta tal-identita", "identity card", "id card"},
	}, {
		Entity: "MT_VAT", Country: "MT", About: "Maltese VAT number", Element: "id.tax",
		Shapes: []string{"99999999", "MT99999999"}, Check: malteseVAT, Odds: 0.024,
		Context: []string{"vat", "vat number", "taxxa fuq il-valur miżjud"},
	}}
}

func malteseVAT(b []byte) bool {
	b = bare(b, 8)
	return b[0] != '0' && sum(b, 3, 4, 6, 7, 8, 9, 10, 1)%37 == 0
}
