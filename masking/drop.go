package masking

// drop leaves the member out, name and value.
func drop() Spec {
	return Spec{
		Name:   "drop",
		Help:   "leaves the member out, its name too",
		traits: func(Params) Traits { return Traits{Deterministic: true, Collides: true, Lowers: true} },
		output: sameType,
		act:    actDrop,
	}
}
