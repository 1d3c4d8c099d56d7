package identifier

import "lethe/masking/internal/checkdigit"

func israel() []Identifier {
	return []Identifier{{
		Entity: "IL_ID", Country: "IL", About: "Israeli identity number", Element: "id.national",
		Shapes: []string{"999999999", "99999999"}, Written: []string{"99999999-9", "9999999-9"},
		Check: israeliPerson, Odds: 0.1,
		Context: []string{"teudat zehut", "mispar zehut", "תעודת זהות", "מספר זהות", "ת.ז", "identity number"},
	}, {
		Entity: "IL_COMPANY", Country: "IL", About: "Israeli company number", Element: "id.tax",
		Shapes: []string{"599999999"}, Written: []string{"99-999999-9"},
		Check: checkdigit.Luhn, Odds: 0.1,
		Context: []string{"ח.פ", "מספר חברה", "hp"},
	}}
}

// israeliPerson is written without its leading zeros at times; a zero more at
// the left does not change a Luhn sum.
func israeliPerson(b []byte) bool { return !zeros(b) && checkdigit.Luhn(b) }
