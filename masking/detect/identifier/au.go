package identifier

func australia() []Identifier {
	return []Identifier{{
		Entity: "AU_TFN", Country: "AU", About: "Australian tax file number", Element: "id.national",
		Shapes: []string{"999999999", "99999999"}, Written: []string{"999 999 999", "999-999-999", "999 999 99", "99 999 999"},
		Check: australianTFN, Odds: 0.17,
		Context: []string{"tfn", "tax file number", "ato"},
	}, {
		Entity: "AU_ABN", Country: "AU", About: "Australian business number", Element: "id.tax",
		Shapes: []string{"99999999999"}, Written: []string{"99 999 999 999", "99-999-999-999"},
		Check: australianABN, Odds: 0.011,
		Context: []string{"abn", "australian business number"},
	}, {
		Entity: "AU_ACN", Country: "AU", About: "Australian company number", Element: "id.tax",
		Shapes: []string{"999999999"}, Written: []string{"999 999 999", "999-999-999"},
		Check: australianACN, Odds: 0.1,
		Context: []string{"acn", "australian company number", "asic"},
	}, {
		Entity: "AU_MEDICARE", Country: "AU", About: "Australian Medicare number", Element: "health.insurance",
		Shapes: []string{"9999999999", "99999999999"}, Written: []string{"9999 99999 9", "9999-99999-9", "9999 99999 9 9", "9999 99999 9/9", "9999 99999 9-9"},
		Check: australianMedicare, Odds: 0.05,
		Context: []string{"medicare", "medicare number", "medicare card"},
	}}
}

// australianTFN is published for nine digits; of the eight of older numbers both
// weightings that are in use are taken.
func australianTFN(b []byte) bool {
	if len(b) == 8 {
		return sum(b, 10, 7, 8, 4, 6, 3, 5, 1)%11 == 0 || sum(b, 1, 4, 3, 7, 5, 8, 6, 9)%11 == 0
	}
	return sum(b, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0
}

// australianABN counts its first digit one less.
func australianABN(b []byte) bool {
	return b[0] != '0' && (sum(b, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0
}

func australianACN(b []byte) bool { return (down(b[:8], 8)+last(b))%10 == 0 }

func australianMedicare(b []byte) bool {
	return b[0] >= '2' && b[0] <= '6' && sum(b, 1, 3, 7, 9, 1, 3, 7, 9)%10 == int(b[8]-'0')
}
