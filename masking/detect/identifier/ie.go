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

// irishPPS has a second letter since 2013, which counts; those of before, of a
// wife's or a husband's number, do not.
func irishPPS(b []byte) bool {
	switch {
	case len(b) == 9 && among(b[8], "ABH"):
		return irishLetter(b[:7], int(b[8]-'A')+1) == b[7]
	case len(b) == 9 && !among(b[8], "WTX"):
		return false
	}
	return irishLetter(b[:7], 0) == b[7]
}

// irishVAT in its old form has a letter in the second place, and its first digit
// counts last. Of two letters behind, the second counts, but for W.
func irishVAT(b []byte) bool {
	if len(b) > 9 {
		b = b[2:]
	}
	if isLetter(b[1]) {
		return "WABCDEFGHIJKLMNOPQRSTUV"[(down(b[2:7], 7)+int(b[0]-'0')*2)%23] == b[7]
	}
	if len(b) == 9 && b[8] > 'W' {
		return false
	}
	behind := 0
	if len(b) == 9 && b[8] != 'W' {
		behind = int(b[8]-'A') + 1
	}
	return irishLetter(b[:7], behind) == b[7]
}
