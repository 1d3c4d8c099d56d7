package identifier

// countries lists those whose identifiers are known.
func countries() []func() []Identifier {
	return []func() []Identifier{
		thailand, singapore, malaysia, indonesia, philippines, vietnam, hongKong, taiwan, japan, korea, china, india, pakistan,
		australia, newZealand, unitedStates, unitedKingdom,
		austria, belgium, bulgaria, croatia, cyprus, czechia, denmark, estonia, finland, france, germany, greece, hungary,
		ireland, italy, latvia, lithuania, luxembourg, malta, netherlands, poland, portugal, romania, slovakia, slovenia,
		spain, sweden, iceland, liechtenstein, norway, switzerland,
		turkey, israel, southAfrica, canada, mexico, brazil, argentina, chile,
		trade,
	}
}
