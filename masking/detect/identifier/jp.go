package identifier

func japan() []Identifier {
	return []Identifier{{
		Entity: "JP_MY_NUMBER", Country: "JP", About: "Japanese individual number", Element: "id.national",
		Shapes: []string{"999999999999"}, Written: []string{"9999 9999 9999", "9999-9999-9999"},
		Check: japanesePerson, Odds: 0.1,
		Context: []string{"my number", "individual number", "マイナンバー", "個人番号"},
	}, {
		Entity: "JP_CORPORATE_NUMBER", Country: "JP", About: "Japanese corporate number", Element: "id.tax",
		Shapes: []string{"9999999999999"}, Written: []string{"9-9999-9999-9999", "9 9999 9999 9999"},
		Check: japaneseCompany, Odds: 0.1,
		Context: []string{"corporate number", "法人番号", "houjin bangou"},
	}}
}

func japanesePerson(b []byte) bool {
	rest := sum(b, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
	if rest <= 1 {
		return b[11] == '0'
	}
	return 11-rest == last(b)
}

// japaneseCompany has its check digit, never a zero, before the number.
func japaneseCompany(b []byte) bool {
	return 9-sum(b[1:], 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)%9 == int(b[0]-'0')
}
