package identifier

import "lethe/masking/internal/checkdigit"

func india() []Identifier {
	return []Identifier{{
		Entity: "IN_AADHAAR", Country: "IN", About: "Indian Aadhaar number", Element: "id.national",
		Shapes: []string{"999999999999"}, Written: []string{"9999 9999 9999", "9999-9999-9999"},
		Check: indianAadhaar, Odds: 0.08,
		Context: []string{"aadhaar", "aadhar", "uidai", "uid", "आधार"},
	}, {
		Entity: "IN_VID", Country: "IN", About: "Indian virtual Aadhaar number", Element: "id.national",
		Shapes: []string{"9999999999999999"}, Written: []string{"9999 9999 9999 9999", "9999-9999-9999-9999"},
		Check: indianAadhaar, Odds: 0.08,
		Context: []string{"vid", "virtual id", "aadhaar", "uidai", "आधार"},
	}, {
		Entity: "IN_PAN", Country: "IN", About: "Indian permanent account number", Element: "id.tax",
		Shapes: []string{"AAAAA9999A"}, Written: []string{"AAAAA9999A", "AAAAA 9999 A", "AAAAA-9999-A"},
		Check: indianPAN, Odds: 0.4,
		Context: []string{"pan", "permanent account number", "pan card", "income tax", "पैन"},
	}, {
		Entity: "IN_GSTIN", Country: "IN", About: "Indian goods and services tax number", Element: "id.tax",
		Shapes: []string{"99AAAAA9999AXZX"}, Written: []string{"99AAAAA9999AXAX"},
		Check: indianGSTIN, Odds: 0.0045,
		Context: []string{"gstin", "gst", "goods and services tax", "gst number"},
	}, {
		Entity: "IN_VOTER", Country: "IN", About: "Indian voter's card number", Element: "id.national",
		Shapes: []string{"AAA9999999"}, Written: []string{"AAA9999999", "AAA/9999999", "AAA 9999999"},
		Check: func(b []byte) bool { return checkdigit.Luhn(b[3:]) }, Odds: 0.1,
		Context: []string{"voter", "epic", "election", "voter id", "elector", "मतदाता"},
	}}
}

// indianAadhaar starts with neither 0 nor 1 and reads differently backwards.
func indianAadhaar(b []byte) bool {
	if b[0] < '2' || !verhoeff(b) {
		return false
	}
	for i := range len(b) / 2 {
		if b[i] != b[len(b)-1-i] {
			return true
		}
	}
	return false
}

// indianPAN has the kind of holder in the fourth place.
func indianPAN(b []byte) bool { return among(b[3], "ABCFGHJKLPT") && !zeros(b[5:9]) }

// indianGSTIN is the state, the holder's PAN, his registrations in the state and
// a Luhn check character modulo 36.
func indianGSTIN(b []byte) bool {
	state := two(b, 0)
	if !(state >= 1 && state <= 38 || state == 97 || state == 99) || !indianPAN(b[2:12]) || b[12] == '0' || b[13] != 'Z' {
		return false
	}
	s := 0
	for i, c := range b[:14] {
		v := value(c) * (1 + i%2)
		s += v/36 + v%36
	}
	return (36-s%36)%36 == last(b)
}
