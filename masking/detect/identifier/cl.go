package identifier

func chile() []Identifier {
	return []Identifier{{
		Entity: "CL_RUT", Country: "CL", About: "Chilean tax and identity number", Element: "id.national",
		Shapes: []string{"999999999", "99999999", "99999999K", "9999999K"}, Written: []string{"99.999.999-X", "9.999.999-X", "99999999-X", "9999999-X"},
		Check: chileanRUT, Odds: 0.09,
		Context: []string{"rut", "run", "rol único tributario", "rol único nacional", "cédula"},
	}}
}

func chileanRUT(b []byte) bool {
	n := len(b) - 1
	s := 0
	for i := range n {
		s += int(b[n-1-i]-'0') * (2 + i%6)
	}
	return "0K987654321"[s%11] == b[n]
}
