package identifier

func switzerland() []Identifier {
	return []Identifier{{
		Entity: "CH_AHV", Country: "CH", About: "Swiss social security number, also of Liechtenstein", Element: "id.national",
		Shapes: []string{"7569999999999"}, Written: []string{"999.9999.9999.99", "999 9999 9999 99", "999-9999-9999-99"},
		Check: swissPerson, Odds: 0.1,
		Context: []string{"ahv", "ahv-nummer", "avs", "numéro avs", "sozialversicherungsnummer", "navs", "social security"},
	}, {
		Entity: "CH_UID", Country: "CH", About: "Swiss enterprise and VAT number", Element: "id.tax",
		Shapes:  []string{"CHE999999999", "CHE999999999MWST", "CHE999999999TVA", "CHE999999999IVA"},
		Written: []string{"CHE-999.999.999", "CHE 999 999 999", "CHE-999.999.999 MWST", "CHE-999.999.999 TVA", "CHE-999.999.999 IVA", "CHE999999999"},
		Check:   swissCompany, Odds: 0.09,
		Context: []string{"uid", "ide", "unternehmens-identifikationsnummer", "mwst", "tva", "iva", "vat"},
	}}
}

// swissPerson is an article number (EAN-13) of the country 756.
func swissPerson(b []byte) bool {
	return sum(b, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 == 0
}

func swissCompany(b []byte) bool {
	if len(b) == 15 && b[14] != 'A' {
		return false
	}
	return (sum(b[3:], 5, 4, 3, 2, 7, 6, 5, 4)+int(b[11]-'0'))%11 == 0
}
