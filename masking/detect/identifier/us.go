package identifier

import (
	"strings"

	"lethe/masking/internal/checkdigit"
)

func unitedStates() []Identifier {
	return []Identifier{{
		Entity: "US_SSN", Country: "US", About: "social security number of the USA", Element: "id.us.ssn",
		Shapes: []string{"999999999"}, Written: []string{"999-99-9999", "999 99 9999", "999.99.9999"},
		Check: americanSSN, Odds: 0.89,
		Context: []string{"ssn", "social security", "social security number", "ss#", "soc sec"},
	}, {
		Entity: "US_ITIN", Country: "US", About: "individual taxpayer identification number of the USA", Element: "id.tax",
		Shapes: []string{"999999999"}, Written: []string{"999-99-9999", "999 99 9999"},
		Check: americanITIN, Odds: 0.04,
		Context: []string{"itin", "individual taxpayer", "tax id", "taxpayer id", "tin"},
	}, {
		Entity: "US_EIN", Country: "US", About: "employer identification number of the USA", Element: "id.tax",
		Shapes: []string{"999999999"}, Written: []string{"99-9999999"},
		Check: americanEIN, Odds: 0.8,
		Context: []string{"ein", "employer identification", "fein", "federal tax id", "employer id"},
	}, {
		Entity: "US_NPI", Country: "US", About: "national provider identifier of the USA", Element: "id.licence",
		Shapes: []string{"9999999999"}, Check: americanNPI, Odds: 0.02,
		Context: []string{"npi", "national provider", "provider id", "provider number", "prescriber"},
	}, {
		Entity: "US_MBI", Country: "US", About: "Medicare beneficiary identifier of the USA", Element: "health.insurance",
		Shapes: []string{"9AX9AX9AA99"}, Written: []string{"9AX9-AX9-AA99", "9AX9 AX9 AA99"},
		Check: americanMBI, Odds: 0.25,
		Context: []string{"mbi", "medicare", "beneficiary", "medicare id", "cms"},
	}, {
		Entity: "ABA_ROUTING_NUMBER", Country: "US", About: "routing number of a bank in the USA", Element: "finance.account",
		Shapes: []string{"999999999"}, Written: []string{"9999-9999-9"},
		Check: americanRouting, Odds: 0.04,
		Context: []string{"aba", "routing", "routing number", "rtn", "transit number", "ach", "fedwire"},
	}}
}

// americanSSN follows the Social Security Administration: no area 000, 666 or
// 9xx, no group 00, no serial 0000; and none of the numbers printed in
// advertisements and misused since.
func americanSSN(b []byte) bool {
	switch string(b) {
	case "078051120", "219099999", "457555462":
		return false
	}
	area := three(b, 0)
	return area != 0 && area != 666 && area < 900 && two(b, 3) != 0 && !zeros(b[5:])
}

func americanITIN(b []byte) bool {
	g := two(b, 3)
	return b[0] == '9' && (g >= 50 && g <= 65 || g >= 70 && g <= 88 || g >= 90 && g <= 92 || g >= 94)
}

// americanEIN knows the prefixes that the Internal Revenue Service gives out.
func americanEIN(b []byte) bool {
	p := two(b, 0)
	for _, r := range [...][2]int{{1, 6}, {10, 16}, {20, 27}, {30, 48}, {50, 68}, {71, 77}, {80, 88}, {90, 95}, {98, 99}} {
		if p >= r[0] && p <= r[1] {
			return true
		}
	}
	return false
}

// americanNPI is a card number of health care: 80840, the prefix, adds 24.
func americanNPI(b []byte) bool {
	return (b[0] == '1' || b[0] == '2') && (checkdigit.LuhnSum(b)+24)%10 == 0
}

// americanMBI leaves out the letters that look like digits.
func americanMBI(b []byte) bool {
	return b[0] != '0' && !strings.ContainsAny(string(b), "SLOIBZ")
}

func americanRouting(b []byte) bool {
	p := two(b, 0)
	if !(p <= 12 || p >= 21 && p <= 32 || p >= 61 && p <= 72 || p == 80) {
		return false
	}
	return sum(b, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
}
