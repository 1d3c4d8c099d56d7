package identifier

import (
	"bytes"

	"lethe/masking/internal/digit"
)

func unitedKingdom() []Identifier {
	return []Identifier{{
		Entity: "UK_NHS", Country: "GB", About: "NHS number of England, Wales and the Isle of Man", Element: "health.insurance",
		Shapes: []string{"9999999999"}, Written: []string{"999 999 9999", "999-999-9999"},
		Check: britishNHS, Odds: 0.09,
		Context: []string{"nhs", "nhs number", "national health", "patient number"},
	}, {
		Entity: "UK_NINO", Country: "GB", About: "national insurance number of the United Kingdom", Element: "id.national",
		Shapes: []string{"AA999999A"}, Written: []string{"AA 99 99 99 A", "AA-99-99-99-A", "AA999999 A"},
		Check: britishNINO, Odds: 0.1,
		Context: []string{"nino", "ni number", "national insurance", "ni no", "insurance number"},
	}, {
		Entity: "UK_UTR", Country: "GB", About: "unique taxpayer reference of the United Kingdom", Element: "id.tax",
		Shapes: []string{"9999999999"}, Written: []string{"99999 99999", "999 999 9999"},
		Check: britishUTR, Odds: 0.1,
		Context: []string{"utr", "unique taxpayer reference", "self assessment", "hmrc", "tax reference"},
	}, {
		Entity: "UK_VAT", Country: "GB", About: "VAT number of the United Kingdom", Element: "id.tax",
		Shapes: []string{"999999999", "999999999999", "GB999999999", "GB999999999999", "XI999999999", "XI999999999999", "GBGD999", "GBHA999"},
		Check:  britishVAT, Odds: 0.5,
		Context: []string{"vat", "vat number", "vat reg", "vat registration"},
	}, {
		Entity: "UK_DRIVING_LICENCE", Country: "GB", About: "driving licence of Great Britain", Element: "id.licence",
		Shapes: []string{"AXXXX999999AX9AA", "AXXXX999999AXXAA"}, Written: []string{"AXXXX 999999 AX9AA", "AXXXX 999999 AXXAA"},
		Check: britishLicence, Odds: 0.015,
		Context: []string{"driving licence", "driver number", "licence number", "dvla"},
	}}
}

func britishNHS(b []byte) bool { return (down(b[:9], 10)+last(b))%11 == 0 }

func britishNINO(b []byte) bool {
	if among(b[0], "DFIQUV") || among(b[1], "DFIOQUV") {
		return false
	}
	switch string(b[:2]) {
	case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
		return false
	}
	return b[8] <= 'D'
}

func britishUTR(b []byte) bool {
	return "21987654321"[sum(b[1:], 6, 7, 8, 9, 10, 5, 4, 3, 2)%11] == b[0]
}

// britishVAT takes a trader's number, with or without the branch, under the
// rule modulo 97 and the one that subtracts 55; government departments below
// 500 and health authorities from 500 on.
func britishVAT(b []byte) bool {
	if bytes.HasPrefix(b, []byte("GBGD")) {
		return b[4] < '5'
	}
	if len(b) == 7 { // the shape takes any letter for the A
		return b[3] == 'A' && b[4] >= '5'
	}
	if len(b)%3 != 0 {
		if b[0] == 'X' != (b[1] == 'I') || digit.Is(b[0]) {
			return false
		}
		b = b[2:]
	}
	s := sum(b, 8, 7, 6, 5, 4, 3, 2, 10, 1) % 97
	if three(b, 0) < 100 {
		return s == 0
	}
	return s == 0 || s == 42 || s == 55
}

// britishLicence looks at the surname, padded with 9, and at the birth date, in
// whose month women have 50 more; the last two letters' rule is not published.
func britishLicence(b []byte) bool {
	name := b[:5]
	for len(name) > 1 && name[len(name)-1] == '9' {
		name = name[:len(name)-1]
	}
	for _, c := range name {
		if !isLetter(c) {
			return false
		}
	}
	month := two(b, 6)
	if month > 50 {
		month -= 50
	}
	return date(2000, month, two(b, 8)) && (isLetter(b[12]) || b[12] == '9')
}
