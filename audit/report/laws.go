package report

import (
	_ "embed"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed laws.yaml
var lawText []byte

// laws are facts of laws that reports need, as data.
type laws struct {
	Terms map[string]string `yaml:"terms"` // IRIs in DPV, by element or family
	Forms []form            `yaml:"forms"`
	Safe  []identifier      `yaml:"safe_harbor"`
	Audit []control         `yaml:"audit_controls"`
	Thai  map[string]string `yaml:"thai"` // of what packs say in English
	Floor []floor           `yaml:"retention_floors"`
}

// said is a text of the data in both languages.
type said struct {
	EN string `yaml:"en"`
	TH string `yaml:"th"`
}

func (s said) text() Text { return Text(s) }

// form is what a law wants to be told of a breach, and by when.
type form struct {
	ID        string `yaml:"id"`
	Law       string `yaml:"law"`
	Section   string `yaml:"section"`
	Title     said   `yaml:"title"`
	Effective string `yaml:"effective"`
	Source    string `yaml:"source"`
	Recalled  bool   `yaml:"recalled"`
	Pending   said   `yaml:"pending"` // what may change
	Clocks    []struct {
		To       said   `yaml:"to"`
		Hours    int    `yaml:"hours"` // 0: without undue delay
		Days     int    `yaml:"days"`  // calendar days
		From     said   `yaml:"from"`
		Section  string `yaml:"section"`
		Recalled bool   `yaml:"recalled"`
	} `yaml:"clocks"`
	Fields []struct {
		Section  string `yaml:"section"`
		Ask      said   `yaml:"ask"`
		Fill     string `yaml:"fill"` // what the report knows: nature, numbers, contact, measures; "" for people
		Recalled bool   `yaml:"recalled"`
	} `yaml:"fields"`
}

// identifier is one of Safe Harbor's.
type identifier struct {
	Letter   string   `yaml:"letter"`
	Name     said     `yaml:"name"`
	Elements []string `yaml:"elements"`
	Allow    []string `yaml:"allow"` // beside removal
	As       []string `yaml:"as"`    // of generalize
}

// control is a standard that a review goes through.
type control struct {
	Section  string `yaml:"section"`
	Name     said   `yaml:"name"`
	Shows    string `yaml:"shows"`
	Recalled bool   `yaml:"recalled"`
}

// floor is how long records must be kept at least.
type floor struct {
	Law      string `yaml:"law"`
	Section  string `yaml:"section"`
	About    said   `yaml:"about"`
	Keep     said   `yaml:"keep"`
	Recalled bool   `yaml:"recalled"`
}

func readLaws() (l laws, err error) {
	dec := yaml.NewDecoder(strings.NewReader(string(lawText)))
	dec.KnownFields(true)
	if err := dec.Decode(&l); err != nil {
		return l, fmt.Errorf("laws.yaml: %w", err)
	}
	return l, nil
}

// packed is what a pack says; in Thai where that is known.
func (l laws) packed(s string) Cell {
	if th, ok := l.Thai[s]; ok {
		return term(s, Text{s, th})
	}
	return Cell{ID: s}
}

// Clock is how soon somebody is to be told of a breach.
type Clock struct {
	Law, Section string
	Hours, Days  int // neither: without undue delay
}

// Clocks lists those that reports know.
func Clocks() (all []Clock, err error) {
	l, err := readLaws()
	for _, f := range l.Forms {
		for _, c := range f.Clocks {
			all = append(all, Clock{f.Law, c.Section, c.Hours, c.Days})
		}
	}
	return all, err
}

// iri is the term of DPV for an element: its own, or its family's.
func (l laws) iri(element string) string {
	for e := element; e != ""; {
		if iri, ok := l.Terms[e]; ok {
			return iri
		}
		dot := strings.LastIndexByte(e, '.')
		if dot < 0 {
			return ""
		}
		e = e[:dot]
	}
	return ""
}
