package identifier

import "lethe/masking/internal/digit"

func china() []Identifier {
	return []Identifier{{
		Entity: "CN_RIC", Country: "CN", About: "Chinese resident identity number", Element: "id.national",
		Shapes: []string{"99999999999999999X"}, Written: []string{"99999999999999999X", "999999 99999999 999X", "999999-99999999-999X"},
		Check: chineseResident, Odds: 1.1e-05,
		Context: []string{"身份证", "身份证号", "居民身份证", "公民身份号码", "resident id", "chinese id"},
	}, {
		Entity: "CN_USCC", Country: "CN", About: "Chinese unified social credit code", Element: "id.tax",
		Shapes: []string{"XX999999XXXXXXXXXX"}, Written: []string{"XX999999XXXXXXXXXX"},
		Check: chineseCredit, Odds: 0.00067,
		Context: []string{"uscc", "统一社会信用代码", "社会信用代码", "unified social credit", "营业执照"},
	}}
}

// chineseResident is a place, a birth date, a serial number and the check
// character of ISO/IEC 7064 MOD 11-2; of the place, the province is looked at.
func chineseResident(b []byte) bool {
	switch p := two(b, 0); {
	case p >= 11 && p <= 15, p >= 21 && p <= 23, p >= 31 && p <= 37, p >= 41 && p <= 46,
		p >= 50 && p <= 54, p >= 61 && p <= 65, p == 71, p >= 81 && p <= 83:
	default:
		return false
	}
	year := number(b[6:10])
	if year < 1800 || year > 2199 || !date(year, two(b, 10), two(b, 12)) {
		return false
	}
	s := sum(b, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
	return "10X98765432"[s%11] == b[17]
}

// chineseCredit has the registering department first; it is a Luhn-like code modulo 31 over letters without I O S V Z.
func chineseCredit(b []byte) bool {
	if !among(b[0], "123456789ANY") || !digit.Is(b[1]) {
		return false
	}
	const order = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	s, w := 0, 1
	for _, c := range b[:17] {
		v := index(order, c)
		if v < 0 {
			return false
		}
		s, w = s+v*w, w*3%31
	}
	return order[(31-s%31)%31] == b[17]
}
