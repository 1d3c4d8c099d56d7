package identifier

func croatia() []Identifier {
	return []Identifier{{
		Entity: "HR_OIB", Country: "HR", About: "Croatian personal and VAT number", Element: "id.eu.national",
		Shapes: []string{"99999999999", "HR99999999999"}, Check: func(b []byte) bool { return mod1110(bare(b, 11)) }, Odds: 0.1,
		Context: []string{"oib", "osobni identifikacijski broj", "pdv", "vat", "personal number"},
	}}
}
