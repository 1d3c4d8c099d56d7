package masking

// keep leaves the value as it is.
func keep() Spec {
	return Spec{
		Name: "keep",
		Help: "leaves the value as it is",
		traits: func(Params) Traits {
			return Traits{Deterministic: true, KeepsFormat: true, Joinable: true, Clear: true}
		},
		output: sameType,
		act:    actKeep,
	}
}
