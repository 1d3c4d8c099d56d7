// Package packs holds what laws say about masking, as data: per kind of data and
// purpose the operators that a law allows, with section and reason; where data
// may go, how long it is kept, and the deadlines that a law sets.
//
// Every fact cites its section. A fact marked recalled was written from memory of
// the statute and not checked against a stored source: have it checked before
// text is shipped. Nothing here is legal advice.
//
// Promise: L1 closed: data that no rule of a pack is about may only be removed.
package packs

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/rules/strict"
	"lethe/stream"
)

//go:embed *.yaml
var files embed.FS

// Pack is what one law says.
type Pack struct {
	Name      string               `yaml:"pack,required"`
	Law       string               `yaml:"law,required"`
	Sector    string               `yaml:"sector"`             // whom it binds; "" for everybody
	Effective string               `yaml:"effective,required"` // date, 2006-01-02
	Recalled  bool                 `yaml:"recalled"`           // of the effective date
	Sets      strict.Map[[]string] `yaml:"sets,required"`      // lists of operators by name
	Rules     []Rule               `yaml:"rules,required"`
	Accepts   []Acceptance         `yaml:"accepts"`
	Home      *Home                `yaml:"home"` // nil where it does not say where data may go
	Retention []Retention          `yaml:"retention"`
	Deadlines []Deadline           `yaml:"deadlines"`
}

// Rule is the set of operators that a law allows for some data.
type Rule struct {
	About     []string `yaml:"about,required"` // element, family.*, class:name
	Purposes  []string `yaml:"purposes"`       // empty: any
	Allow     []string `yaml:"allow,required"` // operators, or names of sets
	As        []string `yaml:"as"`             // what generalize may make of it; empty: anything
	Section   string   `yaml:"section,required"`
	Because   string   `yaml:"because,required"`
	Effective string   `yaml:"effective"`
	Recalled  bool     `yaml:"recalled"`
}

// Acceptance is a generalisation after which a value counts as removed: the only
// masking beside removal that lowers a class. Only what is equally coarse whatever
// the parameters can be accepted.
type Acceptance struct {
	About     []string `yaml:"about,required"` // elements
	As        []string `yaml:"as,required"`    // what generalize makes of them
	Section   string   `yaml:"section,required"`
	Because   string   `yaml:"because,required"`
	Effective string   `yaml:"effective"`
	Recalled  bool     `yaml:"recalled"`
}

// Home is where personal data may go without a mechanism for its transfer.
type Home struct {
	Regions    []string `yaml:"regions,required"`
	Mechanisms []string `yaml:"mechanisms,required"` // what makes another region possible
	Section    string   `yaml:"section,required"`
	Because    string   `yaml:"because,required"`
	Effective  string   `yaml:"effective"`
	Recalled   bool     `yaml:"recalled"`
}

// Retention is how long something must or may be kept.
type Retention struct {
	About    string `yaml:"about,required"`
	Keep     string `yaml:"keep,required"`
	Section  string `yaml:"section,required"`
	Recalled bool   `yaml:"recalled"`
}

// Deadline is how soon something must be done.
type Deadline struct {
	Duty      string `yaml:"duty,required"`
	Within    string `yaml:"within,required"`
	Section   string `yaml:"section,required"`
	Effective string `yaml:"effective"`
	Recalled  bool   `yaml:"recalled"`
}

// Names lists the packs.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the files are part of the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), path.Ext(e.Name())))
	}
	return names
}

// Load returns the pack called name, its sets written out; false if there is
// none.
func Load(name string) (Pack, bool) {
	if !slices.Contains(Names(), name) {
		return Pack{}, false
	}
	data, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return Pack{}, false
	}
	p, err := Parse(name+".yaml", data)
	if err != nil {
		// The files are part of the program, and a test parses each.
		panic(err)
	}
	return p, true
}

// Parse reads a pack.
func Parse(name string, data []byte) (Pack, error) {
	var p Pack
	doc, err := strict.Decode(name, data, nil, &p)
	if err != nil {
		return p, err
	}
	for i, r := range p.Rules {
		var all []string
		for _, a := range r.Allow {
			if set, ok := p.Sets.Get(a); ok {
				all = append(all, set...)
				continue
			}
			if !slices.Contains(Operators, a) {
				return p, doc.Fault(fmt.Sprintf("rules[%d].allow", i), "pack.unknown_operator", fmt.Sprintf("unknown operator or set %q", a),
					strict.Suggest(a, append(p.Sets.Keys(), Operators...)))
			}
			all = append(all, a)
		}
		p.Rules[i].Allow = all
		if err := coarse(doc, fmt.Sprintf("rules[%d].as", i), r.As); err != nil {
			return p, err
		}
	}
	for i, a := range p.Accepts {
		if err := coarse(doc, fmt.Sprintf("accepts[%d].as", i), a.As); err != nil {
			return p, err
		}
	}
	return p, nil
}

// coarse refuses what generalize makes as fine as its parameters say.
func coarse(doc *strict.Doc, at string, all []string) error {
	for _, as := range all {
		if !slices.Contains(masking.Coarse(), as) {
			return doc.Fault(at, "pack.acceptance", fmt.Sprintf("how coarse %q is depends on its parameters, or nobody knows it", as), "one of: "+strings.Join(masking.Coarse(), " "))
		}
	}
	return nil
}

// Allows reports whether r allows an operator; as is what generalize makes of
// values, "" for another operator.
func (r Rule) Allows(operator, as string) bool {
	return slices.Contains(r.Allow, operator) && (operator != "generalize" || len(r.As) == 0 || slices.Contains(r.As, as))
}

// Words lists what r allows.
func (r Rule) Words() string {
	words := strings.Join(r.Allow, " ")
	if len(r.As) > 0 {
		words += " (generalize as " + strings.Join(r.As, " or ") + ")"
	}
	return words
}

// Accepted returns what p accepts of an element that is generalised, if it does.
func (p Pack) Accepted(element, as string) (Acceptance, bool) {
	i := slices.IndexFunc(p.Accepts, func(a Acceptance) bool { return slices.Contains(a.About, element) && slices.Contains(a.As, as) })
	if i < 0 {
		return Acceptance{}, false
	}
	return p.Accepts[i], true
}

// Operators are the operators that a law may allow: all that there are, in the
// order of the texts that list them.
var Operators = []string{"keep", "partial", "generalize", "noise", "shift_date", "detect", "hmac", "tokenize", "fpe",
	"encrypt", "fake", "redact", "null", "drop"}

// Removal is what may be done with any data: the operators that leave nothing of
// a value.
var Removal = []string{"redact", "null", "drop"}

// Allowed is the rule of p about data of an element ("" for none) and class for
// a purpose. The most specific decides: class special, whatever the element; then
// element, family (longest first), class; among equals the one that names the
// purpose. Where none speaks, the rule is the law's silence, which allows removal
// only (L1).
func (p Pack) Allowed(element string, class stream.Class, purpose string) Rule {
	best, at := Rule{Allow: Removal, Section: "no rule", Because: "the pack says nothing about this data"}, 0
	for _, r := range p.Rules {
		named := slices.Contains(r.Purposes, purpose)
		if len(r.Purposes) > 0 && !named {
			continue
		}
		for _, about := range r.About {
			n := 2 * specific(about, element, class)
			if n > 0 && named {
				n++
			}
			if n > at {
				best, at = r, n
			}
		}
	}
	return best
}

// specific says how closely a rule is about an element or class: 0 for not at all.
func specific(about, element string, class stream.Class) int {
	if c, ok := strings.CutPrefix(about, "class:"); ok {
		switch {
		case c != string(class):
			return 0
		case class == stream.Special:
			return 1000
		}
		return 1
	}
	if family, ok := strings.CutSuffix(about, ".*"); ok {
		if strings.HasPrefix(element, family+".") {
			return 2 + strings.Count(family, ".")
		}
		return 0
	}
	if about == element {
		return 100
	}
	return 0
}
