package masking

import (
	"slices"

	"lethe/masking/conform"
	"lethe/masking/subject"
	"lethe/stream"
)

// Traits are what an operator guarantees. They are mandatory: a promise about
// privacy is not optional.
type Traits struct {
	Deterministic bool // the same value of the same subject gives the same result, whatever else its record holds
	Reversible    bool // whoever has the key gets the value back
	KeepsFormat   bool // the result looks like the value
	Joinable      bool // results of equal values in one domain are equal
	Collides      bool // two values may give one result
	Clear         bool // the result shows the value, or part of it
	Lowers        bool // the result no longer is data of the field's class
}

// Params are an operator's parameters as a policy writes them.
type Params map[string]any

// Keyring gives the keys that operators work with. Keys of different names are
// independent; there are no default keys.
type Keyring interface {
	// Epoch names the generation of masking keys that is in force: letters,
	// digits, _ and -. Equal values give other results in another epoch.
	Epoch() string
	// Secret returns the 32-byte key of that name, which all epochs share.
	Secret(name string) ([]byte, error)
	// EpochSecret returns the 32-byte key of that name in the epoch in force.
	EpochSecret(name string) ([]byte, error)
}

// SubjectKeyring is a Keyring that has the keys of data subjects, too. Plans with
// operators that work under them need one.
type SubjectKeyring interface {
	Keyring
	Subjects() (subject.Subjects, error)
}

// Plan says what to do with every field of a stream's rows. What it does not
// name is redacted, and its name replaced (L1).
type Plan struct {
	Stream string
	Fields []Field
	Key    []string // columns of the primary key
	// Subject is whose data the rows are.
	Subject Subject
	// Schema is what JSON Schema asks of columns beyond type, required and null;
	// nil for nothing. It is checked in after, in the same pass.
	Schema *RowSchema
	// Plain says that rows come from anywhere, as JSON writes them: values of columns
	// may be written as those inside of one.
	Plain bool
}

// UnderSubjects reports whether values are under keys of persons.
func (p Plan) UnderSubjects() bool {
	for _, f := range p.Fields {
		spec, ok := Lookup(f.Operator)
		if ok && spec.Traits(f.Params).Reversible && (f.Erasable || spec.Subject(f.Params)) {
			return true
		}
	}
	return false
}

// Field is the decision about one path of a row.
//
// The most specific path decides. What lies in a column beside the paths that
// are listed inside it is kept if the column has operator keep and a Type,
// dropped if it has drop, and otherwise redacted with its name replaced; a value
// that is not of the shape that the path goes into is redacted.
type Field struct {
	// Path names a column (email) or something inside one
	// (orders[].ship_to): members joined by dots, [] for every array element.
	// Dots, brackets and backslashes in a name are escaped by a backslash.
	Path     string
	Operator string // see Operators
	Params   Params
	Domain   string // the element domain that keys derive from: contact.email
	Normal   string // normal form before hmac: "", lower, digits, identifier, e164
	Special  bool   // class special: a null is masked like a value
	// Apart mixes the row's subject into a result, so that equal values of two
	// subjects give two results.
	Apart bool
	// Erasable puts a reversible operator under the key of the row's subject, so
	// that nobody gets the value back once the subject is erased (L5).
	Erasable bool

	// Type is checked before the operator; the zero Type is not, and then
	// neither is Nullable, and keep shows scalars only: nobody said that there
	// may be an object or array, so one is redacted (L1). Inside a column, decimals
	// may be JSON numbers, and dates and times written with or without a zone.
	Type     stream.Type
	Nullable bool
	Required bool // the member must be there, unless it is named as unchanged

	exact bool // of the key: two values are never to become one in their normal form
}

// Keyed reports whether what becomes of a value depends on the epoch of the keys.
func (f Field) Keyed() bool {
	spec, ok := Lookup(f.Operator)
	return ok && (spec.Domain || f.Apart || f.Erasable || spec.Subject(f.Params))
}

// RowSchema is what JSON Schema asks of the values of columns. What the compiled
// rules leave to the JSON Schema library is asked of it for that value.
type RowSchema struct {
	Columns map[string][]*conform.Rule // by column
	Text    string                     // what the rules were made of: part of what decides about a record
}

// Keywords counts what the schema asks for.
func (s *RowSchema) Keywords() conform.Tally {
	var all conform.Tally
	for _, rules := range s.Columns {
		for _, r := range rules {
			k := r.Keywords()
			all.Compiled += k.Compiled
			all.Library = append(all.Library, k.Library...)
		}
	}
	slices.Sort(all.Library)
	all.Library = slices.Compact(all.Library)
	return all
}
