package identifier

func pakistan() []Identifier {
	return []Identifier{{
		Entity: "PK_CNIC", Country: "PK", About: "Pakistani national identity card number", Element: "id.national",
		Shapes: []string{"9999999999999"}, Written: []string{"99999-9999999-9", "99999 9999999 9"},
		Check: func(b []byte) bool { return b[0] >= '1' && b[0] <= '7' && b[12] != '0' }, Odds: 0.63,
		Context: []string{"cnic", "nadra", "nicop", "national identity card", "شناختی کارڈ"},
	}}
}
