package identifier

import (
	"strings"

	"lethe/masking/internal/digit"
)

func singapore() []Identifier {
	return []Identifier{{
		Entity: "SG_NRIC_FIN", Country: "SG", About: "Singapore NRIC or FIN", Element: "id.sg.nric",
		Shapes: []string{"S9999999A", "T9999999A", "F9999999A", "G9999999A", "M9999999A"}, Written: []string{"A9999999A"},
		Check: singaporeNRIC, Odds: 1.0 / 26,
		Context: []string{"nric", "fin", "identity card", "ic no", "work permit", "passport no", "身份证"},
	}, {
		Entity: "SG_UEN", Country: "SG", About: "Singapore unique entity number", Element: "id.tax",
		Shapes: []string{"99999999A", "999999999A", "T99AX9999A", "S99AX9999A", "R99AX9999A"}, Written: []string{"X99XX9999A", "999999999A", "99999999A"},
		Check: singaporeUEN, Odds: 1.0 / 26,
		Context: []string{"uen", "unique entity number", "acra", "business registration", "company registration", "gst reg"},
	}}
}

// singaporeNRIC takes the series of citizens (S, T), of foreigners (F, G) and
// that of foreigners since 2022 (M), which differ in offset and letters.
func singaporeNRIC(b []byte) bool {
	s := sum(b[1:], 2, 7, 6, 5, 4, 3, 2)
	var letters string
	switch b[0] {
	case 'S':
		letters = "JZIHGFEDCBA"
	case 'T':
		s, letters = s+4, "JZIHGFEDCBA"
	case 'F':
		letters = "XWUTRQPNMLK"
	case 'G':
		s, letters = s+4, "XWUTRQPNMLK"
	default:
		s, letters = s+3, "XWUTRQPNJLK"
	}
	return letters[s%11] == b[8]
}

func singaporeUEN(b []byte) bool {
	switch {
	case len(b) == 9: // businesses registered before 2009
		return "XMKECAWLJDB"[sum(b, 10, 4, 9, 3, 8, 2, 7, 1)%11] == b[8]
	case digit.Is(b[0]): // local companies; the year of registration leads
		return two(b, 0) <= 20 && "ZKCMDNERGWH"[sum(b, 10, 8, 6, 4, 9, 7, 5, 3, 1)%11] == b[9]
	}
	return singaporeOther(b)
}

// singaporeOther is the number of an entity that is neither business nor local
// company: century, year, kind of entity, serial number.
func singaporeOther(b []byte) bool {
	const kinds = " CC CD CH CL CM CP CS CX DP FB FC FM FN GA GB GS HS LL LP MB MC MD MH MM MQ NB NR PA PB PF RF RP SM SS TC TU VH XL "
	if i := indexPair(kinds, b[3], b[4]); i < 0 || kinds[i-1] != ' ' {
		return false
	}
	const letters = "ABCDEFGHJKLMNPQRSTUVWX0123456789"
	s := 0
	for i, w := range [...]int{4, 3, 5, 3, 10, 2, 2, 5, 7} {
		v := strings.IndexByte(letters, b[i])
		if v < 0 {
			return false
		}
		s += v * w
	}
	return letters[(s+11-5)%11] == b[9]
}

// indexPair is where the characters a and b follow each other in s, or -1.
func indexPair(s string, a, b byte) int {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == a && s[i+1] == b {
			return i
		}
	}
	return -1
}
