package identifier

// countries lists those whose identifiers are known.
func countries() []func() []Identifier {
	return []func() []Identifier{
		thailand, singapore, philippines, india, unitedStates, unitedKingdom,
		austria, belgium, finland, france, germany, italy, netherlands, poland, spain, sweden,
	}
}
