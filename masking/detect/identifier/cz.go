package identifier

func czechia() []Identifier {
	return []Identifier{{
		Entity: "CZ_BIRTH_NUMBER", Country: "CZ", About: "Czech birth number", Element: "id.eu.national",
		Shapes: []string{"999999999", "9999999999"}, Written: []string{"999999/999", "999999/9999"},
		Check: birthNumber, Odds: 0.11,
		Context: []string{"rodné číslo", "rodne cislo", "rč", "r.č.", "birth number"},
	}, {
		Entity: "CZ_VAT", Country: "CZ", About: "Czech company and VAT number", Element: "id.tax",
		Shapes: []string{"99999999", "CZ99999999", "CZ999999999", "CZ9999999999"}, Check: czechVAT, Odds: 0.12,
		Context: []string{"dič", "dic", "ičo", "ico", "vat", "dph"},
	}}
}

// birthNumber is the rule of Czechoslovakia: women have 50 more in the month,
// and since 2004 20 more may be there where serial numbers ran out; nine digits
// until 1953, without a check digit.
func birthNumber(b []byte) bool {
	year, month := 1900+two(b, 0), two(b, 2)%50
	if month > 20 {
		month -= 20
	}
	if len(b) == 9 {
		if year >= 1980 {
			year -= 100
		}
		return year <= 1953 && date(year, month, two(b, 4))
	}
	if year < 1954 {
		year += 100
	}
	return date(year, month, two(b, 4)) && number(b[:9])%11%10 == last(b)
}

// czechVAT is a company's number, a birth number, or nine digits from 6 on of a
// person without one.
func czechVAT(b []byte) bool {
	b = b[2*int(b[0]/'A'):]
	switch {
	case len(b) == 8:
		c := (11 - down(b[:7], 8)%11) % 11
		if c == 0 {
			c = 1
		}
		return b[0] != '9' && c%10 == last(b)
	case len(b) == 9 && b[0] == '6':
		return (18-(21-down(b[1:8], 8)%11)%11)%10 == last(b)
	}
	return birthNumber(b)
}
