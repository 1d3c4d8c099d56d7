package identifier

func lithuania() []Identifier {
	return []Identifier{{
		Entity: "LT_PERSONAL_CODE", Country: "LT", About: "Lithuanian personal code", Element: "id.eu.national",
		Shapes: []string{"99999999999"}, Check: lithuanianPerson, Odds: 0.013,
		Context: []string{"asmens kodas", "personal code"},
	}, {
		Entity: "LT_VAT", Country: "LT", About: "Lithuanian VAT number", Element: "id.tax",
		Shapes: []string{"999999919", "999999999919", "LT999999919", "LT999999999919"}, Check: lithuanianVAT, Odds: 0.1,
		Context: []string{"pvm", "pvm kodas", "pvm mokėtojo kodas", "vat"},
	}}
}

// lithuanianPerson may start with 9: a person whose birth date was not known.
func lithuanianPerson(b []byte) bool {
	return b[0] == '9' && balticCheck(b) || balticPerson(b)
}

// lithuanianVAT has nine digits of a company or twelve of another taxpayer.
func lithuanianVAT(b []byte) bool {
	b = b[2*int(b[0]/'A'):]
	first, second := 0, 0
	for i, c := range b[:len(b)-1] {
		first += value(c) * (1 + i%9)
		second += value(c) * (1 + (i+2)%9)
	}
	c := first % 11
	if c == 10 {
		c = second % 11 % 10
	}
	return c == last(b)
}
