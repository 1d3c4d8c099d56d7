package identifier

import "lethe/masking/internal/checkdigit"

func indonesia() []Identifier {
	return []Identifier{{
		Entity: "ID_NIK", Country: "ID", About: "Indonesian population number", Element: "id.national",
		Shapes: []string{"9999999999999999"}, Written: []string{"9999999999999999", "999999 999999 9999", "9999 9999 9999 9999", "999999-999999-9999"},
		Check: indonesianNIK, Odds: 0.028,
		Context: []string{"nik", "ktp", "nomor induk kependudukan", "no ktp", "identity number"},
	}, {
		Entity: "ID_NPWP", Country: "ID", About: "Indonesian taxpayer number", Element: "id.tax",
		Shapes: []string{"999999999999999", "0999999999999999"}, Written: []string{"99.999.999.9-999.999"},
		Check: indonesianNPWP, Odds: 0.1,
		Context: []string{"npwp", "nomor pokok wajib pajak", "pajak", "tax number", "taxpayer"},
	}}
}

// indonesianNIK is a district, a birth date, to whose day women add 40, and a
// serial number. Of the district, province and regency are looked at.
func indonesianNIK(b []byte) bool {
	switch p := two(b, 0); {
	case p >= 11 && p <= 19, p == 21, p >= 31 && p <= 36, p >= 51 && p <= 53, p >= 61 && p <= 65,
		p >= 71 && p <= 76, p == 81, p == 82, p >= 91 && p <= 96:
	default:
		return false
	}
	day := two(b, 6)
	if day > 40 {
		day -= 40
	}
	return two(b, 2) != 0 && date(2000+two(b, 10), two(b, 8), day)
}

// indonesianNPWP has its check digit in the ninth place; since 2024 a zero
// leads it, or it is the NIK.
func indonesianNPWP(b []byte) bool { return checkdigit.Luhn(bare(b, 15)[:9]) }
