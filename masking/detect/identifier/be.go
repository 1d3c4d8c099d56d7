package identifier

func belgium() []Identifier {
	return []Identifier{{
		Entity: "BE_NATIONAL_NUMBER", Country: "BE", About: "Belgian national or BIS number", Element: "id.eu.national",
		Shapes: []string{"99999999999"}, Written: []string{"99.99.99-999.99", "999999-999-99", "999999 999 99", "99 99 99 999 99"},
		Check: belgianPerson, Odds: 0.0028,
		Context: []string{"rijksregisternummer", "registre national", "numéro national", "nationaalregisternummer", "nationalregisternummer", "insz", "niss", "national number"},
	}, {
		Entity: "BE_VAT", Country: "BE", About: "Belgian enterprise and VAT number", Element: "id.tax",
		Shapes: []string{"9999999999", "BE9999999999"}, Check: belgianVAT, Odds: 0.002,
		Context: []string{"btw", "tva", "ondernemingsnummer", "numéro d'entreprise", "kbo", "bce", "vat"},
	}}
}

// belgianPerson has check digits over the number, or, for those born from 2000
// on, over the number with a 2 before it. Of an unknown date of birth month and
// day, or the day, are zero; a BIS number adds 20 or 40 to the month.
func belgianPerson(b []byte) bool {
	n, check := number(b[:9]), two(b, 9)
	year, month, day := two(b, 0), two(b, 2), two(b, 4)
	if month > 52 {
		return false
	}
	month %= 20
	for _, century := range [...]int{1900, 2000} {
		if century == 2000 {
			n += 2_000_000_000
		}
		if 97-n%97 == check && (month == 0 || day == 0 && month <= 12 || date(century+year, month, day)) {
			return true
		}
	}
	return false
}

func belgianVAT(b []byte) bool {
	b = bare(b, 10)
	return b[0] <= '1' && !zeros(b[:8]) && 97-number(b[:8])%97 == two(b, 8)
}
