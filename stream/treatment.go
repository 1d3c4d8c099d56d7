package stream

import (
	"crypto/sha256"
	"encoding/binary"
)

// Shows is how much a result shows of a value.
type Shows int

// What a result shows, from nothing to all of it.
const (
	ShowsNothing   Shows = iota // removed
	ShowsPseudonym              // what stands for the value
	ShowsPart
	ShowsAll
)

// Treatment is what a policy does to a field.
type Treatment struct {
	Operator string
	Params   string // as a policy writes them, in the order of their names
	Shows    Shows
	// Part is how much of two parts that one operator shows is more; 0 where nobody can say.
	Part int
}

// Shown counts the fields of a policy by what it shows of them.
type Shown struct {
	Clear         Int64 `json:"clear"`
	Part          Int64 `json:"part"`
	Pseudonymised Int64 `json:"pseudonymised"`
	Removed       Int64 `json:"removed"`
	Parts         Int64 `json:"parts"` // sum of [Treatment.Part]
	// Fields commits to which field shows what; nil in entries of before there was one.
	Fields *Hash `json:"fields,omitempty"`
}

// Sum commits to which fields of which streams show what, given in order. What no counts
// tell is told by it: another field shows what one did.
func (s *Shown) Sum(fields []ShownField) {
	h := sha256.New()
	for _, f := range fields {
		for _, text := range []string{f.Stream, f.Path} {
			h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text))))
			h.Write([]byte(text))
		}
		h.Write([]byte{byte(f.Shows), byte(f.Part)})
	}
	s.Fields = (*Hash)(h.Sum(nil))
}

// ShownField is what a policy shows of a field.
type ShownField struct {
	Stream, Path string
	Treatment
}

// Add counts a field.
func (s *Shown) Add(t Treatment) {
	switch t.Shows {
	case ShowsAll:
		s.Clear++
	case ShowsPart:
		s.Part++
		s.Parts += Int64(t.Part)
	case ShowsPseudonym:
		s.Pseudonymised++
	default:
		s.Removed++
	}
}

// MoreThan reports whether more fields show as much, or those that show a part more of it.
// What is shown of one field instead of another counts cannot tell: see [Shown.Fields].
func (s Shown) MoreThan(before Shown) bool {
	all, was := s.Clear, before.Clear
	if all > was {
		return true
	}
	all, was = all+s.Part, was+before.Part
	if all > was {
		return true
	}
	all, was = all+s.Pseudonymised, was+before.Pseudonymised
	return all > was || s.Part == before.Part && s.Parts > before.Parts
}
