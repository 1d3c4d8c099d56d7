package identifier

func bulgaria() []Identifier {
	return []Identifier{{
		Entity: "BG_EGN", Country: "BG", About: "Bulgarian personal number", Element: "id.eu.national",
		Shapes: []string{"9999999999"}, Check: bulgarianEGN, Odds: 0.01,
		Context: []string{"егн", "egn", "единен граждански номер", "personal number"},
	}, {
		Entity: "BG_PNF", Country: "BG", About: "Bulgarian personal number of a foreigner", Element: "id.eu.national",
		Shapes: []string{"9999999999"}, Check: bulgarianPNF, Odds: 0.1,
		Context: []string{"лнч", "lnch", "личен номер на чужденец", "foreigner number"},
	}, {
		Entity: "BG_VAT", Country: "BG", About: "Bulgarian company and VAT number", Element: "id.tax",
		Shapes: []string{"999999999", "BG999999999", "BG9999999999"}, Check: bulgarianVAT, Odds: 0.2,
		Context: []string{"еик", "булстат", "eik", "bulstat", "ддс", "dds", "vat"},
	}}
}

// bulgarianEGN has the century in the month.
func bulgarianEGN(b []byte) bool {
	year, month := 1900+two(b, 0), two(b, 2)
	switch {
	case month > 40:
		year, month = year+100, month-40
	case month > 20:
		year, month = year-100, month-20
	}
	return date(year, month, two(b, 4)) && sum(b, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == last(b)
}

func bulgarianPNF(b []byte) bool {
	return sum(b, 21, 19, 17, 13, 11, 9, 7, 3, 1)%10 == last(b)
}

// bulgarianVAT is a company's number, or in ten digits that of a person, of a
// foreigner or of somebody else.
func bulgarianVAT(b []byte) bool {
	if b = b[2*int(b[0]/'A'):]; len(b) == 10 {
		return bulgarianEGN(b) || bulgarianPNF(b) || (11-sum(b, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == last(b)
	}
	c := sum(b, 1, 2, 3, 4, 5, 6, 7, 8) % 11
	if c == 10 {
		c = sum(b, 3, 4, 5, 6, 7, 8, 9, 10) % 11 % 10
	}
	return c == last(b)
}
