package identifier

func germany() []Identifier {
	return []Identifier{{
		Entity: "DE_TAX_ID", Country: "DE", About: "German tax identification number of a person", Element: "id.eu.national",
		Shapes: []string{"99999999999"}, Written: []string{"99 999 999 999", "99 99 99 99 999"},
		Check: germanTaxID, Odds: 0.004,
		Context: []string{"steuer-id", "steuerid", "idnr", "tax id", "identifikationsnummer", "steueridentifikationsnummer", "tin"},
	}, {
		Entity: "DE_TAX_NUMBER", Country: "DE", About: "German tax number in the form of all states", Element: "id.tax",
		Shapes: []string{"9999099999999"}, Check: germanTaxNumber, Odds: 0.34,
		Context: []string{"steuernummer", "st.-nr", "stnr", "tax number", "finanzamt"},
	}, {
		Entity: "DE_VAT_ID", Country: "DE", About: "German VAT number", Element: "id.tax",
		Shapes: []string{"999999999", "DE999999999"}, Check: germanVAT, Odds: 0.09,
		Context: []string{"ust-id", "ust-idnr", "ustid", "umsatzsteuer", "vat", "vat id", "mehrwertsteuer"},
	}, {
		Entity: "DE_SOCIAL_SECURITY", Country: "DE", About: "German pension insurance number", Element: "id.eu.national",
		Shapes: []string{"99999999A999"}, Written: []string{"99 999999 A 999", "99 999999 A999", "99999999 A 999"},
		Check: germanPension, Odds: 0.0073,
		Context: []string{"rentenversicherung", "sozialversicherung", "rvnr", "svnr", "sv-nummer", "versicherungsnummer", "social security"},
	}, {
		Entity: "DE_HEALTH_INSURANCE", Country: "DE", About: "German health insurance number", Element: "health.insurance",
		Shapes: []string{"A999999999"}, Check: germanHealth, Odds: 0.1,
		Context: []string{"krankenversicherung", "krankenkasse", "kvnr", "versichertennummer", "health insurance"},
	}, {
		Entity: "DE_LANR", Country: "DE", About: "number of a German doctor", Element: "id.licence",
		Shapes: []string{"999999999"}, Check: germanDoctor, Odds: 0.1,
		Context: []string{"lanr", "arztnummer", "vertragsarzt", "doctor number"},
	}, {
		Entity: "DE_ID_CARD", Country: "DE", About: "number of a German identity card", Element: "id.eu.national",
		Shapes: []string{"AXXXXXXXX9"}, Check: func(b []byte) bool { return among(b[0], "LMNPRTVWXY") && germanDocument(b) }, Odds: 0.004,
		Context: []string{"personalausweis", "ausweisnummer", "ausweis", "perso", "identity card", "id card"},
	}, {
		Entity: "DE_PASSPORT", Country: "DE", About: "number of a German passport", Element: "id.passport",
		Shapes: []string{"AXXXXXXXX9"}, Check: func(b []byte) bool { return among(b[0], "CFGHJK") && germanDocument(b) }, Odds: 0.0022,
		Context: []string{"reisepass", "passnummer", "pass", "passport"},
	}}
}

// germanTaxID wants exactly one digit among the first ten twice or thrice.
func germanTaxID(b []byte) bool {
	var count [10]int
	for _, c := range b[:10] {
		count[c-'0']++
	}
	repeated := 0
	for _, n := range count {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return b[0] != '0' && repeated == 1 && mod1110(b)
}

// germanTaxNumber looks at the state's code; the tax offices' check digits
// differ from state to state and are not all published.
func germanTaxNumber(b []byte) bool {
	switch two(b, 0) {
	case 10, 11, 21, 22, 23, 24, 26, 27, 28, 30, 31, 32, 40, 41:
		return true
	case 51, 52, 53, 54, 55, 56, 57, 90, 91, 92:
		return true
	}
	return b[0] == '5' || b[0] == '9'
}

func germanVAT(b []byte) bool {
	b = bare(b, 9)
	return b[0] != '0' && mod1110(b)
}

// germanPension is area, birth date, the letter of the name at birth, serial
// number and check digit; the letter counts as its place, in two digits. The
// third of several numbers for one day has the day plus 50.
func germanPension(b []byte) bool {
	day := two(b, 2)
	if day > 50 {
		day -= 50
	}
	if !date(2000, two(b, 4), day) {
		return false
	}
	letter := int(b[8]-'A') + 1
	s := crossSum(b, 2, 1, 2, 5, 7, 1, 2, 1)
	s += letter / 10 * 2 % 10
	s += letter % 10
	s += crossSum(b[9:], 2, 1)
	return s%10 == last(b)
}

func germanHealth(b []byte) bool {
	letter := int(b[0]-'A') + 1
	s := letter/10 + crossSum([]byte{byte('0' + letter%10)}, 2)
	s += crossSum(b[1:], 1, 2, 1, 2, 1, 2, 1, 2)
	return s%10 == last(b)
}

func germanDoctor(b []byte) bool {
	return (10-sum(b, 4, 9, 4, 9, 4, 9)%10)%10 == int(b[6]-'0')
}

// germanDocument is the check digit of ICAO 9303 over letters that cannot be
// read as a word: vowels are left out.
func germanDocument(b []byte) bool {
	return allAmong(b, "0123456789CFGHJKLMNPRTVWXYZ") && sum(b, 7, 3, 1, 7, 3, 1, 7, 3, 1)%10 == last(b)
}
