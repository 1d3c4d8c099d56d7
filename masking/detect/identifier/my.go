package identifier

func malaysia() []Identifier {
	return []Identifier{{
		Entity: "MY_NRIC", Country: "MY", About: "Malaysian national registration number", Element: "id.national",
		Shapes: []string{"999999999999"}, Written: []string{"999999-99-9999", "999999 99 9999"},
		Check: malaysianNRIC, Odds: 0.03,
		Context: []string{"nric", "mykad", "ic number", "ic no", "no. kp", "kad pengenalan", "no kad pengenalan", "identity card"},
	}}
}

// malaysianNRIC is a birth date, a place of birth and a serial number.
func malaysianNRIC(b []byte) bool {
	place := two(b, 6)
	switch {
	case place == 0, place >= 17 && place <= 20, place == 69, place == 70, place == 73, place == 80, place == 81, place >= 94 && place <= 97:
		return false
	}
	return date(2000+two(b, 0), two(b, 2), two(b, 4))
}
