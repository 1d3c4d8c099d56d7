package identifier

func cyprus() []Identifier {
	return []Identifier{{
		Entity: "CY_VAT", Country: "CY", About: "Cypriot tax and VAT number", Element: "id.tax",
		Shapes: []string{"99999999A", "CY99999999A"}, Check: cypriotVAT, Odds: 0.04,
		Context: []string{"φπα", "αφμ", "αφτ", "tic", "tin", "vat", "tax identification code"},
	}}
}

// cypriotVAT puts other values in the place of the digits that stand odd.
func cypriotVAT(b []byte) bool {
	b = bare(b, 9)
	if b[0] == '1' && b[1] == '2' {
		return false
	}
	const odd = "\x01\x00\x05\x07\x09\x0d\x0f\x11\x13\x15"
	s := 0
	for i, c := range b[:8] {
		if i%2 == 0 {
			s += int(odd[c-'0'])
		} else {
			s += int(c - '0')
		}
	}
	return byte('A'+s%26) == b[8]
}
