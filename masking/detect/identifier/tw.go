package identifier

import "lethe/masking/internal/digit"

func taiwan() []Identifier {
	return []Identifier{{
		Entity: "TW_NATIONAL_ID", Country: "TW", About: "Taiwanese national identification number", Element: "id.national",
		Shapes: []string{"A199999999", "A299999999"}, Written: []string{"A999999999"},
		Check: taiwanesePerson, Odds: 0.1,
		Context: []string{"national id", "身分證", "身分證字號", "身份證", "國民身分證"},
	}, {
		Entity: "TW_RESIDENT", Country: "TW", About: "Taiwanese number of a resident foreigner", Element: "id.national",
		Shapes: []string{"A899999999", "A999999999", "AA99999999"}, Written: []string{"AX99999999"},
		Check: taiwaneseResident, Odds: 0.1,
		Context: []string{"arc", "resident certificate", "居留證", "統一證號", "ui no"},
	}, {
		Entity: "TW_UBN", Country: "TW", About: "Taiwanese unified business number", Element: "id.tax",
		Shapes: []string{"99999999"}, Check: taiwaneseBusiness, Odds: 0.2,
		Context: []string{"ubn", "統一編號", "統編", "unified business number"},
	}}
}

// taiwaneseLetter is the number of a place of registration.
func taiwaneseLetter(c byte) int {
	const places = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
	return index(places, c) + 10
}

func taiwaneseSum(b []byte, second int) bool {
	place := taiwaneseLetter(b[0])
	return (place/10+place%10*9+second*8+down(b[2:9], 7)+last(b))%10 == 0
}

func taiwanesePerson(b []byte) bool { return taiwaneseSum(b, int(b[1]-'0')) }

// taiwaneseResident had a letter for the gender until 2021, 8 or 9 since.
func taiwaneseResident(b []byte) bool {
	if digit.Is(b[1]) {
		return b[1] >= '8' && taiwaneseSum(b, int(b[1]-'0'))
	}
	return b[1] <= 'D' && taiwaneseSum(b, taiwaneseLetter(b[1])%10)
}

// taiwaneseBusiness holds modulo five since 2023; a seventh digit of 7 has the
// product 28, whose digits add up to ten and may count as one or none.
func taiwaneseBusiness(b []byte) bool {
	s := crossSum(b, 1, 2, 1, 2, 1, 2, 4, 1)
	return s%5 == 0 || b[6] == '7' && s%5 == 4
}
