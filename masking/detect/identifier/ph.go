package identifier

func philippines() []Identifier {
	return []Identifier{{
		Entity: "PH_TIN", Country: "PH", About: "Philippine taxpayer identification number", Element: "id.tax",
		Shapes: []string{"999999999", "999999999999", "99999999999999"}, Written: []string{"999-999-999", "999-999-999-999", "999-999-999-99999", "999 999 999 999"},
		Check: anything, Odds: 1,
		Context: []string{"tin", "bir", "taxpayer identification number", "tax id", "rdo"},
	}, {
		Entity: "PH_SSS", Country: "PH", About: "Philippine social security number", Element: "id.national",
		Shapes: []string{"9999999999"}, Written: []string{"99-9999999-9"},
		Check: anything, Odds: 1,
		Context: []string{"sss", "social security system", "sss number", "gsis"},
	}, {
		Entity: "PH_UMID", Country: "PH", About: "Philippine common reference number", Element: "id.national",
		Shapes: []string{"999999999999"}, Written: []string{"9999-9999999-9"},
		Check: anything, Odds: 1,
		Context: []string{"umid", "crn", "common reference number", "unified multi-purpose"},
	}, {
		Entity: "PH_PHILSYS", Country: "PH", About: "Philippine identification system number", Element: "id.national",
		Shapes: []string{"999999999999", "9999999999999999"}, Written: []string{"9999-9999-9999", "9999-9999-9999-9999"},
		Check: anything, Odds: 1,
		Context: []string{"philsys", "philid", "psn", "pcn", "national id", "pambansang id"},
	}}
}
