package identifier

func liechtenstein() []Identifier {
	return []Identifier{{
		Entity: "LI_PEID", Country: "LI", About: "Liechtenstein personal or enterprise number", Element: "id.tax",
		Shapes: []string{"9999", "99999", "999999", "9999999", "99999999", "999999999", "9999999999", "99999999999", "999999999999"},
		Check:  anything, Odds: 1,
		Context: []string{"peid", "pe-id", "personenidentifikationsnummer", "liechtenstein", "mwst"},
	}}
}
