package identifier

func korea() []Identifier {
	return []Identifier{{
		Entity: "KR_RRN", Country: "KR", About: "Korean resident registration number", Element: "id.national",
		Shapes: []string{"9999999999999"}, Written: []string{"999999-9999999", "999999 9999999"},
		Check: koreanResident, Odds: 0.0041,
		Context: []string{"rrn", "resident registration", "주민등록번호", "주민번호"},
	}, {
		Entity: "KR_FRN", Country: "KR", About: "Korean registration number of a foreigner", Element: "id.national",
		Shapes: []string{"9999999999999"}, Written: []string{"999999-9999999", "999999 9999999"},
		Check: koreanForeigner, Odds: 0.0034,
		Context: []string{"frn", "alien registration", "foreigner registration", "외국인등록번호"},
	}, {
		Entity: "KR_BRN", Country: "KR", About: "Korean business registration number", Element: "id.tax",
		Shapes: []string{"9999999999"}, Written: []string{"999-99-99999"},
		Check: koreanBusiness, Odds: 0.1,
		Context: []string{"brn", "business registration", "사업자등록번호", "사업자번호"},
	}}
}

// koreanDate reads the century from the seventh digit.
func koreanDate(b []byte, centuries string) (year int, ok bool) {
	i := index(centuries, b[6])
	if i < 0 {
		return 0, false
	}
	year = 1800 + i/2*100 + two(b, 0)
	return year, date(year, two(b, 2), two(b, 4))
}

// koreanRandom reports whether the last six digits have been random, without a
// check digit: in numbers given since October 2020, of which those of the next
// decades are taken.
func koreanRandom(b []byte, year int) bool {
	return year > 2020 && year < 2050 || year == 2020 && two(b, 2) >= 10
}

func koreanSum(b []byte) int { return 11 - sum(b, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11 }

// koreanResident has a place of registration, 00 to 96, before the last two.
func koreanResident(b []byte) bool {
	year, ok := koreanDate(b, "901234")
	return ok && (koreanRandom(b, year) || two(b, 7) <= 96 && koreanSum(b)%10 == last(b))
}

func koreanForeigner(b []byte) bool {
	year, ok := koreanDate(b, "--5678")
	return ok && (koreanRandom(b, year) || (koreanSum(b)+2)%10 == last(b))
}

func koreanBusiness(b []byte) bool {
	return three(b, 0) > 100 && two(b, 3) != 0 && !zeros(b[5:9]) && (sum(b, 1, 3, 7, 1, 3, 7, 1, 3, 5)+int(b[8]-'0')*5/10+last(b))%10 == 0
}
