package identifier

func portugal() []Identifier {
	return []Identifier{{
		Entity: "PT_NIF", Country: "PT", About: "Portuguese tax number", Element: "id.eu.national",
		Shapes: []string{"999999999", "PT999999999"}, Check: portugueseNIF, Odds: 0.09,
		Context: []string{"nif", "contribuinte", "nipc", "número de identificação fiscal", "iva", "vat", "tax number"},
	}, {
		Entity: "PT_CITIZEN_CARD", Country: "PT", About: "Portuguese citizen card number", Element: "id.eu.national",
		Shapes: []string{"999999999XX9"}, Written: []string{"99999999 9 XX9", "99999999-9-XX9"},
		Check: portugueseCard, Odds: 0.1,
		Context: []string{"cartão de cidadão", "cartao de cidadao", "cc", "bilhete de identidade", "citizen card"},
	}}
}

func portugueseNIF(b []byte) bool {
	b = bare(b, 9)
	return b[0] != '0' && (11-down(b[:8], 9)%11)%11%10 == last(b)
}

// portugueseCard is a Luhn sum in which a letter counts as its number.
func portugueseCard(b []byte) bool {
	s := 0
	for i, c := range b {
		v := value(c)
		if i%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		s += v
	}
	return s%10 == 0
}
