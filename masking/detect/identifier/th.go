package identifier

import "lethe/masking/internal/checkdigit"

func thailand() []Identifier {
	return []Identifier{{
		Entity: "TH_TNIN", Country: "TH", About: "Thai national identification number", Element: "id.th.national",
		Shapes: []string{"9999999999999"}, Written: []string{"9-9999-99999-99-9", "9 9999 99999 99 9"},
		Check: thaiPerson, Odds: 0.08,
		Context: []string{"thai id", "national id", "citizen id", "id card", "pid", "บัตรประชาชน", "เลขบัตรประชาชน", "เลขประจำตัวประชาชน", "ปชช"},
	}, {
		Entity: "TH_TIN", Country: "TH", About: "Thai tax identification number of a company", Element: "id.tax",
		Shapes: []string{"9999999999999"}, Written: []string{"9-9999-99999-99-9", "9 9999 99999 99 9"},
		Check: thaiCompany, Odds: 0.01,
		Context: []string{"tax id", "tin", "taxpayer", "company registration", "เลขประจำตัวผู้เสียภาษี", "ผู้เสียภาษี", "ทะเบียนนิติบุคคล", "เลขทะเบียน"},
	}}
}

func thaiPerson(b []byte) bool { return b[0] >= '1' && b[0] <= '8' && checkdigit.Thai(b) }

func thaiCompany(b []byte) bool { return b[0] == '0' && checkdigit.Thai(b) }
