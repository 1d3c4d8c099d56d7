package identifier

import (
	"lethe/masking/internal/checkdigit"
	"lethe/masking/internal/digit"
)

func france() []Identifier {
	return []Identifier{{
		Entity: "FR_NIR", Country: "FR", About: "French social security number", Element: "id.eu.national",
		Shapes: []string{"999999999999999", "999992A99999999", "999992B99999999"},
		Check:  frenchNIR, Odds: 0.006,
		Context: []string{"nir", "insee", "sécurité sociale", "securite sociale", "numéro de sécurité sociale", "carte vitale", "social security"},
	}, {
		Entity: "FR_NIF", Country: "FR", About: "French tax number of a person", Element: "id.eu.national",
		Shapes: []string{"9999999999999"}, Check: frenchNIF, Odds: 0.0004,
		Context: []string{"nif", "spi", "numéro fiscal", "numero fiscal", "impôts", "tax number", "tin"},
	}, {
		Entity: "FR_SIREN", Country: "FR", About: "number of a French company", Element: "id.tax",
		Shapes: []string{"999999999"}, Check: checkdigit.Luhn, Odds: 0.1,
		Context: []string{"siren", "rcs", "registre du commerce", "company number"},
	}, {
		Entity: "FR_SIRET", Country: "FR", About: "number of a French company's establishment", Element: "id.tax",
		Shapes: []string{"99999999999999"}, Check: frenchSIRET, Odds: 0.01,
		Context: []string{"siret", "établissement", "etablissement", "company number"},
	}, {
		Entity: "FR_VAT", Country: "FR", About: "French VAT number", Element: "id.tax",
		Shapes: []string{"XX999999999", "FRXX999999999"}, Check: frenchVAT, Odds: 0.0076,
		Context: []string{"tva", "n° tva", "tva intracommunautaire", "vat", "vat number"},
	}}
}

// frenchNIR counts 2A and 2B, the departments of Corsica, as 19 and 18.
func frenchNIR(b []byte) bool {
	if !among(b[0], "123478") || b[6] > 'B' {
		return false
	}
	n := number(b[:5])*100 + 19
	switch b[6] {
	case 'A':
	case 'B':
		n--
	default:
		n = number(b[:7])
	}
	n = n*1_000_000 + number(b[7:13])
	return 97-n%97 == two(b, 13)
}

func frenchNIF(b []byte) bool {
	return b[0] <= '3' && number(b[:10])%511 == three(b, 10)
}

// frenchSIRET lets the post office's establishments pass, which are too many
// for the rule: their digits add up to a multiple of five.
func frenchSIRET(b []byte) bool {
	if string(b[:9]) == "356000000" && sum(b, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%5 == 0 {
		return true
	}
	return checkdigit.Luhn(b[:9]) && checkdigit.Luhn(b)
}

// frenchVAT has two check digits before the SIREN, or, where they ran out, a
// letter among them.
func frenchVAT(b []byte) bool {
	b = bare(b, 11)
	siren := number(b[2:])
	if digit.All(b[:2]) {
		if string(b[2:5]) == "000" { // Monaco has no SIREN
			return (siren*100+12)%97 == two(b, 0)
		}
		return checkdigit.Luhn(b[2:]) && (siren*100+12)%97 == two(b, 0)
	}
	const order = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	first, second := index(order, b[0]), index(order, b[1])
	if first < 0 || second < 0 || !checkdigit.Luhn(b[2:]) {
		return false
	}
	c := first*34 + second - 100
	if digit.Is(b[0]) {
		c = first*24 + second - 10
	}
	return (siren+1+c/11)%11 == c%11
}
