package masking

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lethe/masking/detect"
	"lethe/stream"
	"lethe/stream/scan"
)

// findings is operator detect: it looks for personal data in a text, puts the
// name of each finding in its place, such as [EMAIL_ADDRESS], and shows the rest.
// It is for free text, and reduces clear values there: what no rule of package
// detect knows stays (L1 says so). The name of the member that holds the text is
// evidence about it.
//
// A number that holds a finding is hidden whole. Results are strings, also of
// numbers in which nothing was found.
func findings() Spec {
	return Spec{
		Name: "detect",
		Help: "replaces what it finds in a text by [EMAIL_ADDRESS] and such; what it does not find it shows: it reduces clear values and cannot exclude them",
		Params: []Param{
			{Name: "entities", Type: ParamList, Default: "", Help: "what to look for, as lethe detect names it; all if not given"},
			{Name: "names", Type: ParamFlag, Default: true, Help: "whether to look for persons, places and organisations too, where entities is not given"},
		},
		traits: func(Params) Traits { return Traits{Deterministic: true, Collides: true, Clear: true} },
		check:  checkFindings,
		// Part of a boolean is all of it.
		refuses: []stream.Base{stream.Array, stream.JSON, stream.Bool},
		output:  toString,
		act:     actMask,
		absent:  emptyStays,
		version: detect.Version,
		build: func(f Field, _ workshop) (masker, error) {
			finder, err := detect.New(detect.Options{Entities: f.Params.list("entities"), Names: f.Params.flag("names", true), Column: lastName(f.Path)})
			return &findingsMasker{finder: finder}, err
		},
	}
}

func checkFindings(p Params) error {
	var errs []error
	known := detect.Entities()
	for _, name := range p.list("entities") {
		if slices.ContainsFunc(known, func(e detect.Entity) bool { return e.Name == name }) {
			continue
		}
		_, err := detect.New(detect.Options{Entities: []string{name}})
		for _, f := range stream.Faults(err) {
			errs = append(errs, fmt.Errorf("entities: %q: %s: %s", name, f.Msg, f.Hint))
		}
	}
	if _, said := p["names"]; said && len(p.list("entities")) > 0 {
		errs = append(errs, errors.New("names does nothing beside entities: list PERSON, LOCATION or ORGANIZATION there"))
	}
	return errors.Join(errs...)
}

// findingsMasker does what findings says.
type findingsMasker struct {
	finder *detect.Finder
	found  []detect.Finding
	text   []byte
	// The last value and what became of it: before and after of one record mostly
	// have the same.
	last, result []byte
	lastKind     kinds
}

func (m *findingsMasker) mask(dst []byte, v datum) ([]byte, result) {
	if m.result == nil || v.kind != m.lastKind || !bytes.Equal(v.text, m.last) {
		m.text = append(m.text[:0], '"')
		m.replace(v)
		m.text = append(m.text, '"')
		if v.plain { // then what is left of it is, and so are names of entities
			m.result, m.text = m.text, m.result
		} else {
			m.result = scan.AppendQuoted(m.result[:0], m.text[1:len(m.text)-1])
		}
		m.last, m.lastKind = append(m.last[:0], v.text...), v.kind
	}
	return append(dst, m.result...), replaced
}

// replace appends the value with its findings replaced to m.text.
func (m *findingsMasker) replace(v datum) {
	look := v.text
	if v.kind == kindNumber {
		if whole, rest, ok := bytes.Cut(look, []byte(".")); ok && len(bytes.Trim(rest, "0")) == 0 {
			look = whole
		}
	}
	m.found = m.finder.Find(m.found[:0], look)
	if v.kind == kindNumber && len(m.found) > 0 {
		m.text = appendEntity(m.text, m.found[0].Entity)
		return
	}
	from := 0
	for _, f := range m.found {
		m.text = append(m.text, v.text[from:f.Start]...)
		m.text = appendEntity(m.text, f.Entity)
		from = f.End
	}
	m.text = append(m.text, v.text[from:]...)
}

func appendEntity(dst []byte, name string) []byte {
	return append(append(append(dst, '['), name...), ']')
}

func (m *findingsMasker) fresh() masker { return &findingsMasker{finder: m.finder.Clone()} }

// list returns a parameter that was checked: a list of texts, or one text with
// commas between.
func (p Params) list(name string) []string {
	all, _ := listed(p[name])
	return all
}

// flag returns a parameter that was checked, or its default.
func (p Params) flag(name string, otherwise bool) bool {
	if v, ok := yesOrNo(p[name]); ok {
		return v
	}
	return otherwise
}

// listed reads the forms in which a policy may list texts.
func listed(v any) (all []string, ok bool) {
	switch v := v.(type) {
	case string:
		for _, s := range strings.Split(v, ",") {
			if s = strings.TrimSpace(s); s != "" {
				all = append(all, s)
			}
		}
		return all, true
	case []string:
		return v, true
	case []any:
		for _, x := range v {
			s, isText := x.(string)
			if !isText || s == "" {
				return nil, false
			}
			all = append(all, s)
		}
		return all, true
	}
	return nil, false
}

// yesOrNo reads true and yes, false and no.
func yesOrNo(v any) (value, ok bool) {
	switch v {
	case true, "yes", "true":
		return true, true
	case false, "no", "false":
		return false, true
	}
	return false, false
}
