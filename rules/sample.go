package rules

import (
	"fmt"
	"strings"

	"lethe/masking/detect"
	"lethe/stream"
)

// Sampled reports whether a sample of a column's values says anything about it:
// it is text, or a whole number that may be an identifier.
func Sampled(t stream.Type) bool {
	return t.Base == stream.String || t.Base == stream.Int || t.Base == stream.Decimal && t.Scale == 0
}

// OfValues begins the evidence that a sample of values gave.
const OfValues = "values: "

// Weigh joins what a column's name says (the zero Suggestion for nothing) with what
// a sample of its values says. The first is what the column seems to be about, all
// are evidence: of two the one of the higher class, so that neither a harmless name
// nor harmless values hide the other (L1), and of one class the name's, unless
// nearly all values are of its family and say more.
func (t *Elements) Weigh(s stream.Schema, f stream.Field, named Suggestion, values [][]byte) []Suggestion {
	var all []Suggestion
	if named.Element != "" {
		all = append(all, named)
	}
	neighbours := make([]string, 0, len(s.Fields))
	for _, other := range s.Fields {
		if other.Name != f.Name {
			neighbours = append(neighbours, other.Name)
		}
	}
	for _, found := range detect.Column(f.Name, values, neighbours) {
		e, known := t.Lookup(found.Element)
		if !known || !e.fits(f.Type) {
			continue
		}
		seen := Suggestion{found.Element, fmt.Sprintf(OfValues+"%d %% of %d read as %s: %s", int(100*found.Share), filled(values), entityName(found), found.Why)}
		if found.Entity == "LOCATION" && family(named.Element) == family(seen.Element) {
			seen.Element = named.Element // which part of an address a place is, its name says better
		}
		if len(all) > 0 && (t.higher(seen, all[0]) || found.Share >= nearlyAll && saysMore(seen, all[0])) {
			all = append([]Suggestion{seen}, all...)
		} else {
			all = append(all, seen)
		}
	}
	return all
}

// nearlyAll is the share of values that makes a column one of an identifier's country.
const nearlyAll = .9

// higher reports whether a is of a higher class than b.
func (t *Elements) higher(a, b Suggestion) bool {
	x, _ := t.Lookup(a.Element)
	y, _ := t.Lookup(b.Element)
	return t.rank(x.Class) > t.rank(y.Class)
}

// saysMore reports whether a is of b's family and names more, as id.th.national does
// beside id.national.
func saysMore(a, b Suggestion) bool {
	return family(a.Element) == family(b.Element) && strings.Count(a.Element, ".") > strings.Count(b.Element, ".")
}

func family(element string) string {
	name, _, _ := strings.Cut(element, ".")
	return name
}

// entityName is what detectors call a finding.
func entityName(s detect.Suggestion) string {
	if s.Entity == "" {
		return s.Element
	}
	return s.Entity
}

// filled counts the values that are not empty.
func filled(values [][]byte) (n int) {
	for _, v := range values {
		if len(v) > 0 {
			n++
		}
	}
	return n
}
