package identifier

func iceland() []Identifier {
	return []Identifier{{
		Entity: "IS_KENNITALA", Country: "IS", About: "Icelandic identification number of a person or company", Element: "id.national",
		Shapes: []string{"9999999999"}, Written: []string{"999999-9999", "999999 9999"},
		Check: icelandic, Odds: 0.002,
		Context: []string{"kennitala", "kt", "kt.", "national id"},
	}, {
		Entity: "IS_VSK", Country: "IS", About: "Icelandic VAT number", Element: "id.tax",
		Shapes: []string{"99999", "999999", "IS99999", "IS999999"}, Written: []string{"999999"},
		Check: anything, Odds: 1,
		Context: []string{"vsk", "vsk númer", "virðisaukaskatt", "vat"},
	}}
}

// icelandic adds 40 to the day of a company; the last digit is the century.
func icelandic(b []byte) bool {
	year, day := two(b, 4), two(b, 0)
	switch b[9] {
	case '9':
		year += 1900
	case '0':
		year += 2000
	default:
		return false
	}
	if day > 40 {
		day -= 40
	}
	return date(year, two(b, 2), day) && (sum(b, 3, 2, 7, 6, 5, 4, 3, 2)+int(b[8]-'0'))%11 == 0
}
