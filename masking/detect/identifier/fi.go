package identifier

func finland() []Identifier {
	return []Identifier{{
		Entity: "FI_PERSONAL_IDENTITY_CODE", Country: "FI", About: "Finnish personal identity code", Element: "id.eu.national",
		Shapes: []string{"999999999X", "999999A999X"}, Written: []string{"999999-999X", "999999+999X", "999999A999X"},
		Check: finnishPerson, Odds: 0.001,
		Context: []string{"henkilötunnus", "hetu", "henkilotunnus", "personbeteckning", "personal identity code", "sotu"},
	}, {
		Entity: "FI_BUSINESS_ID", Country: "FI", About: "Finnish business and VAT number", Element: "id.tax",
		Shapes: []string{"99999999", "FI99999999"}, Written: []string{"9999999-9"}, Check: finnishBusiness, Odds: 0.09,
		Context: []string{"y-tunnus", "ytunnus", "alv", "fo-nummer", "business id", "vat"},
	}}
}

// finnishPerson has a sign for the century between date and serial number; it
// is lost where it was a dash or a plus.
func finnishPerson(b []byte) bool {
	year, serial := 2000+two(b, 4), b[6:9]
	if len(b) == 11 {
		serial = b[7:10]
		switch {
		case among(b[6], "ABCDEF"):
		case among(b[6], "UVWXY"):
			year -= 100
		default:
			return false
		}
	}
	if !date(year, two(b, 2), two(b, 0)) || number(serial) < 2 {
		return false
	}
	n := number(b[:6])*1000 + number(serial)
	return "0123456789ABCDEFHJKLMNPRSTUVWXY"[n%31] == b[len(b)-1]
}

func finnishBusiness(b []byte) bool {
	return sum(bare(b, 8), 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0
}
