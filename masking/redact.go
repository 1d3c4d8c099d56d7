package masking

// redacted is what stands in the place of a value that nobody may see.
const redacted = `"[redacted]"`

// redact puts one constant in the place of every value. A null stays null,
// unless the field is of class special: whether there is a value at all may say
// enough there.
func redact() Spec {
	return Spec{
		Name:   "redact",
		Help:   `puts "[redacted]" in the value's place; in class special also for null`,
		traits: func(Params) Traits { return Traits{Deterministic: true, Collides: true, Lowers: true} },
		output: toString,
		act:    actRedact,
	}
}
