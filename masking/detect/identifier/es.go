package identifier

func spain() []Identifier {
	return []Identifier{{
		Entity: "ES_NIF", Country: "ES", About: "Spanish tax number of a person, also DNI", Element: "id.eu.national",
		Shapes: []string{"99999999A", "K9999999A", "L9999999A", "M9999999A", "ES99999999A"},
		Check:  spanishNIF, Odds: 1.0 / 26,
		Context: []string{"nif", "dni", "documento nacional de identidad", "identificación fiscal", "tax id"},
	}, {
		Entity: "ES_NIE", Country: "ES", About: "Spanish identity number of a foreigner", Element: "id.eu.national",
		Shapes: []string{"A9999999A"}, Written: []string{"A-9999999-A", "A9999999-A", "A-9999999A"}, Check: spanishNIE, Odds: 0.0043,
		Context: []string{"nie", "número de identificación de extranjero", "extranjero", "foreigner id"},
	}, {
		Entity: "ES_CIF", Country: "ES", About: "Spanish tax number of a company", Element: "id.tax",
		Shapes: []string{"A9999999X", "ESA9999999X"}, Check: spanishCIF, Odds: 0.037,
		Context: []string{"cif", "nif", "empresa", "sociedad", "vat", "iva", "tax id"},
	}}
}

// spanishLetter is the letter of a number modulo 23.
func spanishLetter(n int) byte { return "TRWAGMYFPDXBNJZSQVHLCKE"[n%23] }

// spanishNIF takes the DNI and the numbers of persons without one: children
// (K), Spaniards abroad (L), foreigners without NIE (M).
func spanishNIF(b []byte) bool {
	b = bare(b, 9)
	if isLetter(b[0]) {
		return spanishLetter(number(b[1:8])) == b[8]
	}
	return spanishLetter(number(b[:8])) == b[8]
}

func spanishNIE(b []byte) bool {
	return among(b[0], "XYZ") && spanishLetter(int(b[0]-'X')*10_000_000+number(b[1:8])) == b[8]
}

// spanishCIF ends in a digit or a letter, depending on the kind of entity; the
// sources do not agree which has which, so either will do.
func spanishCIF(b []byte) bool {
	b = bare(b, 9)
	check := (10 - crossSum(b[1:], 2, 1, 2, 1, 2, 1, 2)%10) % 10
	return among(b[0], "ABCDEFGHJNPQRSUVW") && (b[8] == byte('0'+check) || b[8] == "JABCDEFGHI"[check])
}
