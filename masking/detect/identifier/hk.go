package identifier

func hongKong() []Identifier {
	return []Identifier{{
		Entity: "HK_HKID", Country: "HK", About: "Hong Kong identity card number", Element: "id.national",
		Shapes: []string{"A999999X", "AA999999X"}, Written: []string{"A999999(X)", "AA999999(X)", "A999999-X", "AA999999-X", "A999999 X"},
		Check: hongKongCard, Odds: 0.03,
		Context: []string{"hkid", "hong kong id", "identity card", "id card", "身份證", "香港身份證"},
	}}
}

// hongKongCard counts a missing first letter as a space, 36; A is the check
// digit ten.
func hongKongCard(b []byte) bool {
	c := last(b)
	if c > 10 {
		return false
	}
	s := 36 * 9
	if len(b) == 9 {
		s = value(b[0]) * 9
	}
	return (s+down(bare(b, 8)[:7], 8)+c)%11 == 0
}
