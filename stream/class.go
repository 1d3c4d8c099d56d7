package stream

// Class is a data classification, such as pii. Classes are data: [Classes]
// holds the built-in ones from the lowest to the highest, a folder may declare
// more.
type Class string

// The built-in classes.
const (
	Public    Class = "public"
	Internal  Class = "internal"
	Financial Class = "financial"
	PII       Class = "pii"
	Special   Class = "special"
)

// Classes lists the built-in classes, lowest first.
var Classes = [...]Class{Public, Internal, Financial, PII, Special}

// Label is what a masked topic is about: a class, or <class>-pseudo once no
// clear field of that class is left.
type Label string

// Label is c with clear fields left in it.
func (c Class) Label() Label { return Label(c) }

// Pseudo is the label of data of class c in which every field of that class was
// pseudonymised. It is still personal data.
func (c Class) Pseudo() Label { return Label(c) + "-pseudo" }
