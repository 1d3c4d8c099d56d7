package identifier

func vietnam() []Identifier {
	return []Identifier{{
		Entity: "VN_MST", Country: "VN", About: "Vietnamese tax number", Element: "id.tax",
		Shapes: []string{"9999999999", "9999999999999"}, Written: []string{"9999999999-999", "9999999999 999"},
		Check: vietnameseTax, Odds: 0.1,
		Context: []string{"mst", "mã số thuế", "ma so thue", "tax code", "tax number"},
	}, {
		Entity: "VN_CCCD", Country: "VN", About: "Vietnamese citizen identity number", Element: "id.national",
		Shapes: []string{"999999999999"}, Written: []string{"999999999999", "999 999 999 999", "9999 9999 9999"},
		Check: vietnameseCitizen, Odds: 0.025,
		Context: []string{"cccd", "căn cước", "can cuoc", "căn cước công dân", "số định danh", "cmnd", "citizen id"},
	}}
}

func vietnameseTax(b []byte) bool {
	if zeros(b[2:9]) || len(b) == 13 && zeros(b[10:]) {
		return false
	}
	return 10-sum(b, 31, 29, 23, 19, 17, 13, 7, 5, 3)%11 == int(b[9]-'0')
}

// vietnameseCitizen starts with the place of birth; then century and gender,
// of which births of the 20th and 21st century are looked at.
func vietnameseCitizen(b []byte) bool {
	switch p := three(b, 0); p {
	case 1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38,
		40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79,
		80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96:
		return b[3] <= '3'
	}
	return false
}
