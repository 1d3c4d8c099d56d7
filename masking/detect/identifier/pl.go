package identifier

func poland() []Identifier {
	return []Identifier{{
		Entity: "PL_PESEL", Country: "PL", About: "Polish national identification number", Element: "id.eu.national",
		Shapes: []string{"99999999999"}, Check: polishPESEL, Odds: 0.018,
		Context: []string{"pesel", "numer pesel", "national id"},
	}, {
		Entity: "PL_NIP", Country: "PL", About: "Polish tax number", Element: "id.tax",
		Shapes: []string{"9999999999", "PL9999999999"}, Written: []string{"999-999-99-99", "999-99-99-999", "999 999 99 99"},
		Check: polishNIP, Odds: 0.09,
		Context: []string{"nip", "numer identyfikacji podatkowej", "podatnik", "vat", "tax id"},
	}, {
		Entity: "PL_REGON", Country: "PL", About: "Polish register number of a business", Element: "id.tax",
		Shapes: []string{"999999999", "99999999999999"}, Check: polishREGON, Odds: 0.1,
		Context: []string{"regon", "gus", "business register"},
	}, {
		Entity: "PL_ID_CARD", Country: "PL", About: "number of a Polish identity card", Element: "id.eu.national",
		Shapes: []string{"AAA999999"}, Check: polishCard, Odds: 0.1,
		Context: []string{"dowód osobisty", "dowod osobisty", "numer dowodu", "seria i numer", "identity card", "id card"},
	}}
}

// polishPESEL has the century in the month.
func polishPESEL(b []byte) bool {
	century := [...]int{1900, 2000, 2100, 2200, 1800}[two(b, 2)/20]
	if !date(century+two(b, 0), two(b, 2)%20, two(b, 4)) {
		return false
	}
	return sum(b, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
}

func polishNIP(b []byte) bool {
	b = bare(b, 10)
	return sum(b, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == last(b)
}

func polishREGON(b []byte) bool {
	if sum(b, 8, 9, 2, 3, 4, 5, 6, 7)%11%10 != int(b[8]-'0') {
		return false
	}
	return len(b) == 9 || sum(b, 2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8)%11%10 == last(b)
}

func polishCard(b []byte) bool { return sum(b, 7, 3, 1, 9, 7, 3, 1, 7, 3)%10 == 0 }
