package identifier

func estonia() []Identifier {
	return []Identifier{{
		Entity: "EE_PERSONAL_CODE", Country: "EE", About: "Estonian personal identification code", Element: "id.eu.national",
		Shapes: []string{"99999999999"}, Check: balticPerson, Odds: 0.003,
		Context: []string{"isikukood", "personal code", "personal identification code"},
	}, {
		Entity: "EE_REGISTRY_CODE", Country: "EE", About: "Estonian registry code of an organisation", Element: "id.tax",
		Shapes: []string{"99999999"}, Check: estonianCompany, Odds: 0.04,
		Context: []string{"registrikood", "äriregister", "registry code", "company code"},
	}, {
		Entity: "EE_VAT", Country: "EE", About: "Estonian VAT number", Element: "id.tax",
		Shapes: []string{"999999999", "EE999999999"}, Check: estonianVAT, Odds: 0.1,
		Context: []string{"kmkr", "käibemaksukohustuslase", "vat"},
	}}
}

// balticPerson is the rule that Estonia and Lithuania share: sex and century,
// birth date, serial number, and a check digit under the second weights where
// the first make ten.
func balticPerson(b []byte) bool {
	year := 1800 + (int(b[0]-'1')/2)*100 + two(b, 1)
	return b[0] >= '1' && b[0] <= '8' && date(year, two(b, 3), two(b, 5)) && balticCheck(b)
}

func balticCheck(b []byte) bool {
	c := sum(b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	if c == 10 {
		c = sum(b, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
	}
	return c == last(b)
}

func estonianCompany(b []byte) bool {
	c := sum(b, 1, 2, 3, 4, 5, 6, 7) % 11
	if c == 10 {
		c = sum(b, 3, 4, 5, 6, 7, 8, 9) % 11 % 10
	}
	return among(b[0], "1789") && c == last(b)
}

func estonianVAT(b []byte) bool {
	return sum(bare(b, 9), 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
}
