package masking

// null puts null in the place of every value.
func null() Spec {
	return Spec{
		Name:   "null",
		Help:   "puts null in the value's place",
		traits: func(Params) Traits { return Traits{Deterministic: true, Collides: true, Lowers: true} },
		output: sameType,
		act:    actNull,
	}
}
