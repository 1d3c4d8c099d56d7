package identifier

func ireland() []Identifier {
	return []Identifier{{
		Entity: "IE_PPS", Country: "IE", About: "Irish personal public service number", Element: "id.eu.national",
		Shapes: []string{"9999999A", "9999999AA"}, Written: []string{"9999999A", "9999999AA", "9999999 A", "9999999 AA", "9999999-A"},
		Check: irishPPS, Odds: 0.04,
		Context: []string{"pps", "ppsn", "pps number", "personal public service", "uimhir phearsanta"},
	}, {
		Entity: "IE_VAT", Country: "IE", About: "Irish VAT number", Element: "id.tax",
		Shapes: []string{"9999999A", "9999999AA", "9A99999A", "IE9999999A", "IE9999999AA", "IE9A99999A"}, Check: irishVAT, Odds: 0.04,
		Context: []string{"vat", "cbl", "vat number", "tax number"},
	}}
}

// irishLetter is the check letter of seven digits and a letter, or none, behind
// the check letter.
func irishLetter(digits []byte, behind int) byte {
	return "WABCDEFGHIJKLMNOPQRSTUV"[(down(digits, 8)+behind*9)%23]
}

// irishBehind is what a second letter counts: A 1, B 2 and so on; W, of a
// husband's number, nothing.
func irishBehind(b []byte) int {
	if len(b) < 9 || b[8] == 'W' {
		return 0
	}
	return int(b[8]-'A') + 1
}

func irishPPS(b []byte) bool {
	if len(b) == 9 && !among(b[8], "ABHWTX") {
		return false
	}
	return irishLetter(b[:7], irishBehind(b)) == b[7]
}

// irishVAT in its old form has a letter in the second place, and its first digit
// counts last.
func irishVAT(b []byte) bool {
	if len(b) > 9 {
		b = b[2:]
	}
	if isLetter(b[1]) {
		return "WABCDEFGHIJKLMNOPQRSTUV"[(down(b[2:7], 7)+int(b[0]-'0')*2)%23] == b[7]
	}
	return irishLetter(b[:7], irishBehind(b)) == b[7]
}
