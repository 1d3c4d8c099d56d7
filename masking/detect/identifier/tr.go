package identifier

func turkey() []Identifier {
	return []Identifier{{
		Entity: "TR_NATIONAL_ID", Country: "TR", About: "Turkish national identification number", Element: "id.national",
		Shapes: []string{"99999999999"}, Check: turkishPerson, Odds: 0.009,
		Context: []string{"tckn", "tc kimlik", "t.c. kimlik", "kimlik no", "kimlik numarası", "national id"},
	}, {
		Entity: "TR_TAX_NUMBER", Country: "TR", About: "Turkish tax number", Element: "id.tax",
		Shapes: []string{"9999999999"}, Check: turkishTax, Odds: 0.1,
		Context: []string{"vkn", "vergi no", "vergi numarası", "vergi kimlik", "tax number"},
	}}
}

func turkishPerson(b []byte) bool {
	tenth := sum(b, 7, -1, 7, -1, 7, -1, 7, -1, 7) % 10
	if tenth < 0 {
		tenth += 10
	}
	return b[0] != '0' && tenth == int(b[9]-'0') && sum(b, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%10 == last(b)
}

// turkishTax raises two to the distance from the end, modulo nine; a nine stays.
func turkishTax(b []byte) bool {
	s := 0
	for i, c := range b[:9] {
		v := (int(c-'0') + 9 - i) % 10
		if v == 9 {
			s += 9
		} else {
			s += v << (9 - i) % 9
		}
	}
	return (10-s%10)%10 == last(b)
}
