package identifier

import "lethe/masking/internal/checkdigit"

func italy() []Identifier {
	return []Identifier{{
		Entity: "IT_FISCAL_CODE", Country: "IT", About: "Italian codice fiscale", Element: "id.eu.national",
		Shapes: []string{"AAAAAAXXAXXAXXXA"}, Written: []string{"AAA AAA XXAXX AXXXA", "AAA AAA XXAXX AXXX A"},
		Check: italianFiscal, Odds: 0.00016,
		Context: []string{"codice fiscale", "cod. fiscale", "cf", "c.f.", "fiscal code", "tax code"},
	}, {
		Entity: "IT_VAT_CODE", Country: "IT", About: "Italian VAT number", Element: "id.tax",
		Shapes: []string{"99999999999", "IT99999999999"}, Check: italianVAT, Odds: 0.01,
		Context: []string{"partita iva", "p. iva", "p.iva", "piva", "iva", "vat"},
	}}
}

// italianFiscal reads the digits that were replaced by letters to tell persons
// apart whose codes would be the same.
func italianFiscal(b []byte) bool {
	const replaced = "LMNPQRSTUV"
	var d [16]int
	for _, i := range [...]int{6, 7, 9, 10, 12, 13, 14} {
		if d[i] = value(b[i]); d[i] > 9 {
			if d[i] = index(replaced, b[i]); d[i] < 0 {
				return false
			}
		}
	}
	year, month, day := d[6]*10+d[7], index("ABCDEHLMPRST", b[8])+1, d[9]*10+d[10]
	if day > 40 { // women
		day -= 40
	}
	return date(2000+year, month, day) && italianLetter(b) == b[15]
}

// italianLetter is the check letter of a codice fiscale.
func italianLetter(b []byte) byte {
	const odd = "\x01\x00\x05\x07\x09\x0d\x0f\x11\x13\x15\x02\x04\x12\x14\x0b\x03\x06\x08\x0c\x0e\x10\x0a\x16\x19\x18\x17"
	s := 0
	for i, c := range b[:15] {
		v := int(c - '0')
		if isLetter(c) {
			v = int(c - 'A')
		}
		if i%2 == 0 {
			v = int(odd[v])
		}
		s += v
	}
	return byte('A' + s%26)
}

// italianVAT names the tax office behind seven digits of the trader.
func italianVAT(b []byte) bool {
	b = bare(b, 11)
	office := three(b, 7)
	if !(office >= 1 && office <= 100 || office == 120 || office == 121 || office == 888 || office == 999) {
		return false
	}
	return !zeros(b[:7]) && checkdigit.Luhn(b)
}
