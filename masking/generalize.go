package masking

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lethe/stream"
	"lethe/stream/scan"
)

// generalize puts something wider in the place of a value: the range that a
// number lies in, the year of a date, the network of an address. What it is to be
// comes from parameter as:
//
//	range       numbers: 20-29 holds all from 20 up to, and without, 30
//	month       dates and timestamps: 2024-03; quarter: 2024-Q1; year: 2024;
//	            decade: 2020s; always in years of the common era
//	age         whole years; over 89: 90+ (45 CFR 164.514(b)(2)(i)(C)). Of a
//	            number, or of a date of birth at the day that on says
//	zip3        the first three digits of a ZIP code, or 000 where at most
//	            20,000 persons live (45 CFR 164.514(b)(2)(i)(B))
//	prefix      IPv4 and IPv6 addresses: 203.0.113.0/24
//	grid        coordinates: the corner of the cell of size step, as 13.75, or
//	            13.75,100.50 of a pair
//	hierarchy   the text that stands beside the value in a table; the constant,
//	            counted as redacted, where the table has neither the value nor *
//
// An empty text stays empty, for there is nothing to hide; in class special it
// becomes the constant, like null. A value that it cannot mean anything for is
// refused (L1).
func generalize() Spec {
	params := []Param{{Name: "as", Type: ParamText, Default: "", OneOf: modeNames(func(mode) bool { return true }), Help: "what the value becomes"}}
	for _, m := range modes() {
		for _, p := range m.params {
			if !has(params, p.Name) {
				params = append(params, p)
			}
		}
	}
	return Spec{
		Name:    "generalize",
		Help:    "puts something wider in the value's place: a range, a year, a network, a cell",
		Params:  params,
		traits:  func(Params) Traits { return Traits{Deterministic: true, Collides: true, Clear: true} },
		check:   checkGeneralize,
		refuses: []stream.Base{stream.Array, stream.JSON, stream.Bool, stream.Bytes, stream.TimeOfDay},
		takes: func(t stream.Type, p Params) bool {
			return isText(t) || modeOf(p).takes(t, p)
		},
		output: toString,
		act:    actMask,
		build:  func(f Field, _ workshop) (masker, error) { return modeOf(f.Params).build(f) },
	}
}

// mode is one of the things that values become.
type mode struct {
	name   string
	params []Param
	needs  string // a parameter that must be there, as one writes it; "" for none
	coarse bool   // it is equally coarse whatever the parameters
	// takes says on which types beside text it works.
	takes func(stream.Type, Params) bool
	// check says what else is wrong with the parameters; nil for nothing.
	check func(Params) error
	build func(Field) (masker, error)
}

// Coarse lists what as may be for values that become equally coarse whatever the other
// parameters are.
func Coarse() []string { return modeNames(func(m mode) bool { return m.coarse }) }

func modeNames(ok func(mode) bool) []string {
	var names []string
	for _, m := range modes() {
		if ok(m) {
			names = append(names, m.name)
		}
	}
	return names
}

// modeOf returns what parameter as names; what works on nothing for what nobody knows.
func modeOf(p Params) mode {
	as := p.text("as", "")
	all := modes()
	if i := slices.IndexFunc(all, func(m mode) bool { return m.name == as }); i >= 0 {
		return all[i]
	}
	return mode{takes: never, build: func(Field) (masker, error) { return nil, errors.New("nobody said what values become") }}
}

func has(params []Param, name string) bool {
	return slices.ContainsFunc(params, func(p Param) bool { return p.Name == name })
}

func checkGeneralize(p Params) error {
	m := modeOf(p)
	if m.name == "" {
		return fmt.Errorf("nobody said what values become: write as: with one of %s", strings.Join(modeNames(func(mode) bool { return true }), " "))
	}
	var errs []error
	for _, other := range modes() {
		for _, x := range other.params {
			if v, said := p[x.Name]; said && !has(m.params, x.Name) && !sameParam(v, x.Default) {
				errs = append(errs, fmt.Errorf("%s does nothing with as: %s: remove it", x.Name, m.name))
			}
		}
	}
	if name, _, _ := strings.Cut(m.needs, ":"); name != "" && p[name] == nil {
		errs = append(errs, fmt.Errorf("as: %s needs %s, such as %s", m.name, name, m.needs))
	}
	if m.check != nil {
		errs = append(errs, m.check(p))
	}
	return errors.Join(errs...)
}

// sameParam reports whether a parameter is what it is when nobody writes it: a
// revision keeps it even so.
func sameParam(v, def any) bool {
	if n, ok := integer(v); ok {
		m, ok := integer(def)
		return ok && n == m
	}
	return v == def
}

// widen appends what text becomes; false where that means nothing.
type widen func(dst, text []byte, kind kinds) ([]byte, bool)

// generalizeMasker does what generalize says.
type generalizeMasker struct {
	widen widen
	text  []byte
}

func (m *generalizeMasker) mask(dst []byte, v datum) ([]byte, result) {
	var ok bool
	if m.text, ok = m.widen(m.text[:0], v.text, v.kind); !ok {
		return dst, declined
	}
	return scan.AppendQuoted(dst, m.text), replaced
}

func (m *generalizeMasker) fresh() masker {
	return &generalizeMasker{widen: m.widen}
}
