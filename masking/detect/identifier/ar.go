package identifier

func argentina() []Identifier {
	return []Identifier{{
		Entity: "AR_CUIT", Country: "AR", About: "Argentine tax or labour number", Element: "id.tax",
		Shapes: []string{"99999999999"}, Written: []string{"99-99999999-9", "99 99999999 9"},
		Check: argentineCUIT, Odds: 0.01,
		Context: []string{"cuit", "cuil", "cdi", "clave única de identificación", "afip", "arca"},
	}, {
		Entity: "AR_DNI", Country: "AR", About: "Argentine national identity document", Element: "id.national",
		Shapes: []string{"9999999", "99999999"}, Written: []string{"9.999.999", "99.999.999"},
		Check: anything, Odds: 1,
		Context: []string{"dni", "documento nacional de identidad", "documento"},
	}, {
		Entity: "AR_CBU", Country: "AR", About: "Argentine bank account number", Element: "finance.account",
		Shapes: []string{"9999999999999999999999"}, Written: []string{"99999999-99999999999999", "99999999 99999999999999"},
		Check: argentineCBU, Odds: 0.01,
		Context: []string{"cbu", "clave bancaria uniforme", "cuenta bancaria", "bank account"},
	}}
}

// argentineCUIT starts with the kind of person.
func argentineCUIT(b []byte) bool {
	switch two(b, 0) {
	case 20, 23, 24, 27, 30, 33, 34, 50, 51, 55:
	default:
		return false
	}
	c := (11 - sum(b, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	if c == 10 {
		c = 9
	}
	return c == last(b)
}

// argentineCBU has a check digit for the bank and one for the account.
func argentineCBU(b []byte) bool {
	return (10-sum(b, 7, 1, 3, 9, 7, 1, 3)%10)%10 == int(b[7]-'0') &&
		(10-sum(b[8:], 3, 9, 7, 1, 3, 9, 7, 1, 3, 9, 7, 1, 3)%10)%10 == last(b)
}
