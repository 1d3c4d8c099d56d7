package detect

import "lethe/masking/detect/names"

// name offers what the model of package names finds.
func (f *Finder) name() {
	f.spans = f.names.Find(f.spans[:0], f.text)
	for _, s := range f.spans {
		e := location
		switch s.Entity {
		case names.Person:
			e = person
		case names.Organization:
			e = organization
		}
		if f.on[e] {
			f.found = append(f.found, found{int32(s.Start), int32(s.End), s.Score, e, guessed, "shape, context and word lists"})
		}
	}
}
