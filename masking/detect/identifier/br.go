package identifier

func brazil() []Identifier {
	return []Identifier{{
		Entity: "BR_CPF", Country: "BR", About: "Brazilian taxpayer number of a person", Element: "id.national",
		Shapes: []string{"99999999999"}, Written: []string{"999.999.999-99", "999999999-99", "999 999 999 99"},
		Check: brazilianCPF, Odds: 0.01,
		Context: []string{"cpf", "cadastro de pessoas físicas", "contribuinte", "taxpayer"},
	}, {
		Entity: "BR_CNPJ", Country: "BR", About: "Brazilian number of a company", Element: "id.tax",
		Shapes: []string{"99999999999999", "XXXXXXXXXXXX99"}, Written: []string{"99.999.999/9999-99", "XX.XXX.XXX/XXXX-99", "99999999999999"},
		Check: brazilianCNPJ, Odds: 0.01,
		Context: []string{"cnpj", "cadastro nacional da pessoa jurídica", "empresa", "razão social"},
	}}
}

// brazilianCPF has two check digits; eleven times the same digit passes their
// rule but was never issued.
func brazilianCPF(b []byte) bool {
	return !same(b) && brazilianDigit(b[:9], 10) == b[9] && brazilianDigit(b[:10], 11) == b[10]
}

// brazilianDigit counts weights down from first to two, again from nine. The
// letters of a CNPJ, given since July 2026, count as their ASCII code less 48.
func brazilianDigit(b []byte, first int) byte {
	s, w := 0, first
	for _, c := range b {
		s += (int(c) - '0') * w
		if w--; w < 2 {
			w = 9
		}
	}
	if s%11 < 2 {
		return '0'
	}
	return byte('0' + 11 - s%11)
}

func brazilianCNPJ(b []byte) bool {
	return !zeros(b) && brazilianDigit(b[:12], 5) == b[12] && brazilianDigit(b[:13], 6) == b[13]
}
