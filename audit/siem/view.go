package siem

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"

	"lethe/stream"
)

// Field is something of an event that a destination may be given or not. Id, time,
// kind, action, outcome, severity and place in the log are in every event.
type Field string

// The fields.
const (
	FieldStage      Field = "stage"
	FieldConnection Field = "connection"
	FieldSource     Field = "source"
	FieldStream     Field = "stream"
	FieldWorker     Field = "worker"
	FieldBuild      Field = "build"
	FieldPolicy     Field = "policy"
	FieldKeys       Field = "keys"
	FieldEntry      Field = "entry"
	FieldCounts     Field = "counts"
	FieldRole       Field = "role"
	FieldPrincipal  Field = "principal"
	FieldAddress    Field = "address"
	FieldObject     Field = "object"
	FieldSubjects   Field = "subjects"
)

// Fields lists them.
func Fields() []Field {
	return []Field{FieldStage, FieldConnection, FieldSource, FieldStream, FieldWorker, FieldBuild, FieldPolicy, FieldKeys, FieldEntry, FieldCounts,
		FieldRole, FieldPrincipal, FieldAddress, FieldObject, FieldSubjects}
}

// Label is what a destination must be cleared for to be given the field: names and
// counts of processing are internal, what stands for a person is pseudonymised
// personal data.
func (f Field) Label() stream.Label {
	if f == FieldPrincipal || f == FieldAddress || f == FieldSubjects {
		return stream.PII.Pseudo()
	}
	return stream.Internal.Label()
}

// Allowed are the fields that a clearance allows.
func Allowed(clearance []stream.Label) []Field {
	return slices.DeleteFunc(Fields(), func(f Field) bool { return !Cleared(clearance, f) })
}

// Cleared reports whether a clearance allows a field. Clear personal data is more
// than what stands for it.
func Cleared(clearance []stream.Label, f Field) bool {
	l := f.Label()
	return slices.Contains(clearance, l) || l == stream.PII.Pseudo() && slices.Contains(clearance, stream.PII.Label())
}

// View is how a destination sees events.
type View struct {
	Fields []Field
	// Key is the destination's own, for what stands for a person.
	Key []byte
}

// hides lists what empties the parts of an event that the view does not have.
func (v View) hides() []func(e *Event) {
	parts := map[Field]func(e *Event){
		FieldStage:      func(e *Event) { e.Stage = "" },
		FieldConnection: func(e *Event) { e.Connection = "" },
		FieldSource:     func(e *Event) { e.Source = "" },
		FieldStream:     func(e *Event) { e.Stream = "" },
		FieldWorker:     func(e *Event) { e.Worker = "" },
		FieldBuild:      func(e *Event) { e.Build = "" },
		FieldPolicy:     func(e *Event) { e.Policy = "" },
		FieldKeys:       func(e *Event) { e.Keys = "" },
		FieldEntry:      func(e *Event) { e.Entry, e.Of = "", "" },
		FieldCounts:     func(e *Event) { e.Counts = noCounts() },
		FieldRole:       func(e *Event) { e.Role = "" },
		FieldPrincipal:  func(e *Event) { e.Principal = "" },
		FieldAddress:    func(e *Event) { e.Address = "" },
		FieldObject:     func(e *Event) { e.Object = "" },
		FieldSubjects:   func(e *Event) { e.Subjects = "" },
	}
	for _, f := range v.Fields {
		delete(parts, f)
	}
	return slices.Collect(maps.Values(parts))
}

// commitment is what a destination gets for a commitment of the log. L5: under a key
// of its own, so that two destinations cannot join what they have, nor who reads the
// log with either.
func (v View) commitment(what Field, h stream.Hash) string {
	if h == (stream.Hash{}) {
		return ""
	}
	m := hmac.New(sha256.New, v.Key)
	m.Write([]byte(what))
	m.Write([]byte{0})
	m.Write(h[:])
	return hex.EncodeToString(m.Sum(nil))
}

func noCounts() (c [countKinds]int64) {
	for i := range c {
		c[i] = -1
	}
	return c
}
