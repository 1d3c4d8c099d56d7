package identifier

func mexico() []Identifier {
	return []Identifier{{
		Entity: "MX_CURP", Country: "MX", About: "Mexican population register key", Element: "id.national",
		Shapes: []string{"AAAA999999AAAAAAX9"}, Check: mexicanCURP, Odds: 5.0e-07,
		Context: []string{"curp", "clave única de registro de población", "registro de población"},
	}, {
		Entity: "MX_RFC", Country: "MX", About: "Mexican taxpayer register key", Element: "id.tax",
		Shapes: []string{"AAAA999999XXX", "AAA999999XXX"}, Written: []string{"AAAA-999999-XXX", "AAA-999999-XXX", "AAAA 999999 XXX", "AAA 999999 XXX"},
		Check: mexicanRFC, Odds: 0.01,
		Context: []string{"rfc", "registro federal de contribuyentes", "contribuyente", "sat"},
	}, {
		Entity: "MX_CLABE", Country: "MX", About: "Mexican bank account number", Element: "finance.account",
		Shapes: []string{"999999999999999999"}, Check: mexicanCLABE, Odds: 0.1,
		Context: []string{"clabe", "clabe interbancaria", "cuenta bancaria", "bank account"},
	}}
}

// mexicanCURP is made of the name, the birth date, sex, state, inner consonants,
// a sign for the century and a check digit. The letters of the name come from
// an alphabet in which Ñ, written X, has a place of its own.
func mexicanCURP(b []byte) bool {
	if !among(b[1], "AEIOUX") || !among(b[10], "HMX") || !mexicanState(b[11:13]) {
		return false
	}
	for _, c := range b[13:16] {
		if among(c, "AEIOU") {
			return false
		}
	}
	year := 1900 + two(b, 4)
	if isLetter(b[16]) {
		year += 100
	}
	if !date(year, two(b, 6), two(b, 8)) {
		return false
	}
	s := 0
	for i, c := range b[:17] {
		v := value(c)
		if c > 'N' {
			v++
		}
		s += v * (18 - i)
	}
	return (10-s%10)%10 == last(b)
}

func mexicanState(b []byte) bool {
	switch string(b) {
	case "AS", "BC", "BS", "CC", "CH", "CL", "CM", "CS", "DF", "DG", "GR", "GT", "HG", "JC", "MC", "MN", "MS",
		"NE", "NL", "NT", "OC", "PL", "QR", "QT", "SL", "SP", "SR", "TC", "TL", "TS", "VZ", "YN", "ZS":
		return true
	}
	return false
}

// mexicanRFC is the name, the date of birth or foundation and three characters
// that the tax service adds. Many were issued with a wrong check character.
func mexicanRFC(b []byte) bool {
	d := b[len(b)-9:]
	if !date(2000+two(d, 0), two(d, 2), two(d, 4)) {
		return false
	}
	return among(b[len(b)-1], "0123456789A") && among(d[6], "123456789ABCDEFGHIJKLMNPQRSTUVWXYZ") && among(d[7], "123456789ABCDEFGHIJKLMNPQRSTUVWXYZ")
}

// mexicanCLABE is bank, place, account and a check digit.
func mexicanCLABE(b []byte) bool {
	s := 0
	for i, c := range b[:17] {
		s += int(c-'0') * int("371"[i%3]-'0') % 10
	}
	return (10-s%10)%10 == last(b)
}
