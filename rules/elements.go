package rules

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/rules/strict"
	"lethe/stream"
)

//go:embed elements.yaml
var builtin []byte

// Element is what a field can be about.
type Element struct {
	Name   string
	Class  stream.Class
	About  string // in words
	Log2   int    // how many values it can have, as a power of two
	Length int    // how many characters it has at most
	Normal string // normal form before a digest
	Mask   string // the operator that a new policy begins with
	Fake   string // the kind of what operator fake invents; "" if a policy has to say

	names    []words
	exact    []words // the whole name
	own      []words // in tables about persons
	date     bool
	only     bool
	flag     bool
	fraction bool
}

// anyLength is the [Element.Length] of what nobody said it of.
const anyLength = 256

// Elements is the table of what fields can be about, and of the classes.
type Elements struct {
	classes []stream.Class // lowest first
	byName  map[string]Element
	order   []string // as the files list them
	persons map[string]bool
	neutral map[string]bool
	files   []File
}

type elementsFile struct {
	Persons  []string                `yaml:"persons"`
	Neutral  []string                `yaml:"neutral"`
	Classes  []classEntry            `yaml:"classes"`
	Elements strict.Map[elementData] `yaml:"elements"`
}

type classEntry struct {
	Name  string `yaml:"name,required"`
	Above string `yaml:"above,required"`
}

type elementData struct {
	Class    string   `yaml:"class,required"`
	Log2     int      `yaml:"log2,required"`
	Length   int      `yaml:"length"`
	Normal   string   `yaml:"normal"`
	Mask     string   `yaml:"mask"`
	Fake     string   `yaml:"fake"`
	About    string   `yaml:"about"`
	Names    []string `yaml:"names"`
	Own      []string `yaml:"own"`
	Date     bool     `yaml:"date"`
	Only     bool     `yaml:"only_dates"`
	Fraction bool     `yaml:"fraction"`
	Flag     bool     `yaml:"flag"`
}

// LoadElements reads the built-in table and what a folder adds to it. Faults are
// told all at once.
func LoadElements(more ...File) (*Elements, error) {
	t := &Elements{classes: slices.Clone(stream.Classes[:]), byName: map[string]Element{}, persons: map[string]bool{}, neutral: map[string]bool{}}
	var errs []error
	for _, f := range append([]File{{Name: "elements.yaml", Data: builtin}}, more...) {
		errs = append(errs, t.load(f))
	}
	return t, errors.Join(errs...)
}

var (
	elementName = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	className   = regexp.MustCompile(`^[a-z0-9]+$`)
	normalForms = []string{"digits", "e164", "identifier", "lower"}
)

func (t *Elements) load(f File) error {
	var data elementsFile
	doc, err := strict.Decode(f.Name, f.Data, nil, &data)
	t.files = append(t.files, f)
	errs := []error{err}
	fault := func(path, code, msg, hint string) { errs = append(errs, doc.Fault(path, code, msg, hint)) }
	for _, p := range data.Persons {
		t.persons[p] = true
	}
	for _, n := range data.Neutral {
		t.neutral[n] = true
	}
	for i, c := range data.Classes {
		at := fmt.Sprintf("classes[%d]", i)
		above := slices.Index(t.classes, stream.Class(c.Above))
		switch {
		case !className.MatchString(c.Name):
			fault(at+".name", CodeClass, fmt.Sprintf("class %q is no name", c.Name), "use lower case letters and digits")
		case slices.Contains(t.classes, stream.Class(c.Name)):
			fault(at+".name", CodeClass, fmt.Sprintf("class %q is there already", c.Name), "use another name")
		case above < 0:
			fault(at+".above", CodeClass, fmt.Sprintf("unknown class %q", c.Above), strict.Suggest(c.Above, t.classNames()))
		default:
			t.classes = slices.Insert(t.classes, above+1, stream.Class(c.Name))
		}
	}
	for _, e := range data.Elements.Entries {
		at := "elements." + e.Key
		d := e.Value
		if !elementName.MatchString(e.Key) {
			fault(at, CodeElement, fmt.Sprintf("element %q is no name", e.Key), "use words of lower case letters, digits and _, joined by dots")
		}
		if _, dup := t.byName[e.Key]; dup {
			fault(at, CodeElement, fmt.Sprintf("element %q is there already", e.Key), "a folder adds elements and does not change the built-in ones: use another name")
			continue
		}
		if d.Class != "" && !slices.Contains(t.classes, stream.Class(d.Class)) {
			fault(at+".class", CodeClass, fmt.Sprintf("unknown class %q", d.Class), strict.Suggest(d.Class, t.classNames()))
		}
		if d.Normal != "" && !slices.Contains(normalForms, d.Normal) {
			fault(at+".normal", CodeElement, fmt.Sprintf("unknown normal form %q", d.Normal), strict.Suggest(d.Normal, normalForms))
		}
		if _, known := masking.Lookup(d.Mask); !known && d.Mask != "" {
			fault(at+".mask", CodeOperator, fmt.Sprintf("unknown operator %q", d.Mask), strict.Suggest(d.Mask, operatorNames()))
		}
		if kinds := kindsOfFake(); d.Fake != "" && !slices.Contains(kinds, d.Fake) {
			fault(at+".fake", CodeElement, fmt.Sprintf("nothing of kind %q is invented", d.Fake), strict.Suggest(d.Fake, kinds))
		}
		t.byName[e.Key] = newElement(e.Key, d)
		t.order = append(t.order, e.Key)
	}
	return errors.Join(errs...)
}

func newElement(name string, d elementData) Element {
	e := Element{Name: name, Class: stream.Class(d.Class), About: d.About, Log2: d.Log2, Length: d.Length, Normal: d.Normal, Mask: d.Mask, Fake: d.Fake, date: d.Date || d.Only, only: d.Only, fraction: d.Fraction, flag: d.Flag}
	if e.Mask == "" {
		e.Mask = "redact"
	}
	if e.Length <= 0 {
		e.Length = anyLength
	}
	for _, n := range d.Names {
		if whole, ok := strings.CutPrefix(n, "="); ok {
			e.exact = append(e.exact, splitName(whole))
			continue
		}
		e.names = append(e.names, splitName(n))
	}
	for _, n := range d.Own {
		e.own = append(e.own, splitName(n))
	}
	return e
}

// Lookup returns the element called name.
func (t *Elements) Lookup(name string) (Element, bool) {
	e, ok := t.byName[name]
	return e, ok
}

// Names lists the elements in the order of the files.
func (t *Elements) Names() []string { return slices.Clone(t.order) }

// Classes lists the classes, lowest first.
func (t *Elements) Classes() []stream.Class { return slices.Clone(t.classes) }

// rank is the height of a class; -1 for none.
func (t *Elements) rank(c stream.Class) int { return slices.Index(t.classes, c) }

// personal reports whether a class is that of data about persons.
func (t *Elements) personal(c stream.Class) bool { return t.rank(c) >= t.rank(stream.PII) }

func (t *Elements) classNames() []string {
	names := make([]string, len(t.classes))
	for i, c := range t.classes {
		names[i] = string(c)
	}
	return names
}

// hasFamily reports whether there is an element below family.
func (t *Elements) hasFamily(family string) bool {
	return slices.ContainsFunc(t.order, func(n string) bool { return strings.HasPrefix(n, family+".") })
}

func (t *Elements) families() []string {
	var all []string
	for _, n := range t.order {
		for i, c := range n {
			if c == '.' {
				all = append(all, n[:i]+".*")
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
