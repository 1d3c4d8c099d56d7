package identifier

func hungary() []Identifier {
	return []Identifier{{
		Entity: "HU_PERSONAL_ID", Country: "HU", About: "Hungarian personal identifier", Element: "id.eu.national",
		Shapes: []string{"99999999999"}, Written: []string{"9-999999-9999", "9 999999 9999"},
		Check: hungarianPerson, Odds: 0.0025,
		Context: []string{"személyi azonosító", "személyi szám", "szemelyi szam", "személyazonosító", "personal identifier"},
	}, {
		Entity: "HU_TAX_ID", Country: "HU", About: "Hungarian tax number of a person", Element: "id.eu.national",
		Shapes: []string{"8999999999"}, Check: hungarianTax, Odds: 0.09,
		Context: []string{"adóazonosító", "adoazonosito", "adóazonosító jel", "tax id"},
	}, {
		Entity: "HU_TAJ", Country: "HU", About: "Hungarian social security number", Element: "health.insurance",
		Shapes: []string{"999999999"}, Written: []string{"999 999 999", "999-999-999"},
		Check: hungarianTAJ, Odds: 0.1,
		Context: []string{"taj", "taj szám", "taj-szám", "társadalombiztosítás", "social security"},
	}, {
		Entity: "HU_VAT", Country: "HU", About: "Hungarian company and VAT number", Element: "id.tax",
		Shapes: []string{"99999999", "HU99999999", "99999999999"}, Written: []string{"99999999-9-99", "99999999"},
		Check: hungarianVAT, Odds: 0.1,
		Context: []string{"adószám", "adoszam", "áfa", "közösségi adószám", "vat"},
	}}
}

// hungarianPerson has sex and century first. Those born until 1996 have weights
// that rise, later ones weights that fall.
func hungarianPerson(b []byte) bool {
	year := two(b, 1)
	switch b[0] {
	case '1', '2', '5', '6':
		year += 1900
	case '3', '4', '7', '8':
		year += 2000
	default:
		return false
	}
	if !date(year, two(b, 3), two(b, 5)) {
		return false
	}
	if year < 1997 {
		return sum(b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)%11 == last(b)
	}
	return down(b[:10], 10)%11 == last(b)
}

func hungarianTax(b []byte) bool { return sum(b, 1, 2, 3, 4, 5, 6, 7, 8, 9)%11 == last(b) }

func hungarianTAJ(b []byte) bool { return sum(b, 3, 7, 3, 7, 3, 7, 3, 7)%10 == last(b) }

// hungarianVAT has eight digits; in eleven the kind of taxation, 1 to 5, and the
// county follow.
func hungarianVAT(b []byte) bool {
	b = b[2*int(b[0]/'A'):]
	if len(b) == 11 && (b[8] < '1' || b[8] > '5') {
		return false
	}
	return sum(b, 9, 7, 3, 1, 9, 7, 3, 1)%10 == 0
}
