package detect

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Suggestion is what a column may be about.
type Suggestion struct {
	Element string  // in the words of package rules
	Entity  string  // as Presidio names it
	Share   float32 // of the values that are not empty
	Why     string  // the evidence; never a value (L7)
}

// How many of a column's values must be of an entity.
const (
	mostOf = .5
	manyOf = .3 // where the names of other columns say that rows are about persons
	someOf = .05
)

// Column says what a column is about, by a sample of its values, its name and
// the names of the columns beside it, the likeliest first. A value counts for an
// entity if little else is in it. A column whose values hold personal data among
// other words is suggested as text.
func Column(name string, values [][]byte, neighbours []string) []Suggestion {
	f, err := New(Options{Names: true})
	if err != nil {
		return nil // it names no entity that could be unknown
	}
	c := column{finder: f, whole: map[string]int{}, part: map[string]int{}}
	c.prefix = append(appendWords(nil, name), ": "...)
	for _, v := range values {
		if len(v) > 0 {
			c.count(v)
		}
	}
	if c.values == 0 {
		return nil
	}
	return c.suggest(c.aboutPersons(neighbours))
}

// column counts what is found in a column's values.
type column struct {
	finder *Finder
	prefix []byte // its name as words, which announce the values
	values int
	whole  map[string]int // values that are one
	part   map[string]int // values that hold one
	text   []byte
	found  []Finding
}

func (c *column) count(v []byte) {
	c.values++
	c.text = append(append(c.text[:0], c.prefix...), v...)
	c.found = c.finder.Find(c.found[:0], c.text)
	seen := map[string]bool{}
	for _, g := range c.found {
		if g.Start < len(c.prefix) || seen[g.Entity] {
			continue
		}
		seen[g.Entity] = true
		if covers(c.text[g.Start:g.End], v) {
			c.whole[g.Entity]++
		} else {
			c.part[g.Entity]++
		}
	}
}

// covers reports whether a finding is nearly all of a value.
func covers(found, value []byte) bool {
	return utf8.RuneCount(found)*5 >= utf8.RuneCount(value)*4
}

func (c *column) suggest(persons bool) []Suggestion {
	var out []Suggestion
	least := float32(mostOf)
	if persons {
		least = manyOf
	}
	inText := float32(0)
	for i, e := range c.finder.vocab.entities {
		share := float32(c.whole[e.Name]) / float32(c.values)
		if entity(i) != dateTime && entity(i) != url {
			inText = max(inText, float32(c.part[e.Name])/float32(c.values))
		}
		if share >= least {
			out = append(out, Suggestion{c.element(entity(i), e), e.Name, share, evidence(share)})
		}
	}
	slices.SortStableFunc(out, func(a, b Suggestion) int { return cmp.Compare(b.Share, a.Share) })
	if len(out) == 0 && inText >= someOf {
		out = append(out, Suggestion{"text", "", inText, "values hold personal data among other words"})
	}
	return out
}

func evidence(share float32) string {
	if share < mostOf {
		return "many values have this form, and columns beside it are about persons"
	}
	return "most values have this form"
}

// element is what a column of an entity is about. A date is one of birth only if
// the column's name says so.
func (c *column) element(i entity, e Entity) string {
	if i != dateTime {
		return e.Element
	}
	c.finder.read(c.prefix)
	c.finder.scan()
	if c.finder.topics.has(aboutBirth) {
		return e.Element
	}
	return "time.event"
}

// aboutPersons reports whether two of the names are of columns that a table
// about persons has.
func (c *column) aboutPersons(neighbours []string) bool {
	n := 0
	for _, name := range neighbours {
		c.finder.read(appendWords(nil, name))
		c.finder.scan()
		if t := &c.finder.topics; t.has(aboutPerson) || t.has(aboutBirth) || t.has(aboutPhone) || t.has(aboutPassport) {
			n++
		}
	}
	return n >= 2
}

// appendWords appends a column's name as words: customerPhone_no is "customer
// phone no".
func appendWords(dst []byte, name string) []byte {
	for i, r := range name {
		switch {
		case r == '_' || r == '-' || r == '.' || r == '/':
			dst = append(dst, ' ')
			continue
		case i > 0 && r >= 'A' && r <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z':
			dst = append(dst, ' ')
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
