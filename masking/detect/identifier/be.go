package identifier

func belgium() []Identifier {
	return []Identifier{{
		Entity: "BE_NATIONAL_NUMBER", Country: "BE", About: "Belgian national or BIS number", Element: "id.eu.national",
		Shapes: []string{"99999999999"}, Written: []string{"99.99.99-999.99", "999999-999-99", "999999 999 99", "99 99 99 999 99"},
		Check: belgianPerson, Odds: 0.0078,
		Context: []string{"rijksregisternummer", "registre national", "numéro national", "nationaalregisternummer", "nationalregisternummer", "insz", "niss", "national number"},
	}, {
		Entity: "BE_VAT", Country: "BE", About: "Belgian enterprise and VAT number", Element: "id.tax",
		Shapes: []string{"9999999999", "BE9999999999"}, Check: belgianVAT, Odds: 0.002,
		Context: []string{"btw", "tva", "ondernemingsnummer", "numéro d'entreprise", "kbo", "bce", "vat"},
	}}
}

// belgianPerson has check digits over the number, or, for those born from 2000
// on, over the number with a 2 before it. A BIS number adds 20 or 40 to the
// month. Month and day are not always those of a birth: they are zero or count
// on where a date was unknown or its serial numbers ran out.
func belgianPerson(b []byte) bool {
	n, check, month := number(b[:9]), two(b, 9), two(b, 2)
	if month > 52 || month%20 > 12 {
		return false
	}
	return 97-n%97 == check || 97-(2_000_000_000+n)%97 == check
}

func belgianVAT(b []byte) bool {
	b = bare(b, 10)
	return b[0] <= '1' && !zeros(b[:8]) && 97-number(b[:8])%97 == two(b, 8)
}
