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
	return Spec{
		Name: "generalize",
		Help: "puts something wider in the value's place: a range, a year, a network, a cell",
		Params: []Param{
			{Name: "as", Type: ParamText, Default: "", OneOf: wider(), Help: "what the value becomes"},
			{Name: "width", Type: ParamNumber, Default: "", Help: "range: how many whole numbers are in one"},
			{Name: "from", Type: ParamInteger, Default: 0, Help: "range: where one of the ranges begins"},
			{Name: "bottom", Type: ParamInteger, Default: "", Help: "range: what is lower becomes <bottom"},
			{Name: "top", Type: ParamInteger, Default: "", Help: "range: this and what is higher becomes top+"},
			{Name: "on", Type: ParamDate, Default: "", Help: "age: the day for which it is counted from a date of birth"},
			{Name: "bits4", Type: ParamNumber, Default: 24, Help: "prefix: how many bits of an IPv4 address stay"},
			{Name: "bits6", Type: ParamNumber, Default: 48, Help: "prefix: how many bits of an IPv6 address stay"},
			{Name: "step", Type: ParamDecimal, Default: "", Help: "grid: the size of a cell"},
			{Name: "table", Type: ParamText, Default: "", Help: "hierarchy: lines of value;level 1;level 2;…, and * as value for all others"},
			{Name: "file", Type: ParamText, Default: "", Help: "hierarchy: a file of such lines, by its path in the folder"},
			{Name: "level", Type: ParamNumber, Default: 1, Help: "hierarchy: which level"},
			{Name: "order", Type: ParamText, Default: "dmy", OneOf: []string{"dmy", "mdy"}, Help: "dates: whether 01/02/2006 begins with the day or the month"},
		},
		traits:  func(Params) Traits { return Traits{Deterministic: true, Collides: true, Clear: true} },
		check:   checkGeneralize,
		refuses: []stream.Base{stream.Array, stream.JSON, stream.Bool, stream.Bytes, stream.TimeOfDay},
		takes:   generalizeTakes,
		output:  toString,
		act:     actMask,
		build: func(f Field, _ workshop) (masker, error) {
			if f.Params.text("as", "") == "hierarchy" {
				return buildHierarchy(f)
			}
			return &generalizeMasker{widen: widening(f)}, nil
		},
	}
}

// wider lists what as may be.
func wider() []string {
	return []string{"range", "month", "quarter", "year", "decade", "age", "zip3", "prefix", "grid", "hierarchy"}
}

// belongs says which parameters go with which as. Those not listed go with all.
func belongs(param, as string) bool {
	switch param {
	case "width", "from", "bottom", "top":
		return as == "range"
	case "on":
		return as == "age"
	case "bits4", "bits6":
		return as == "prefix"
	case "step":
		return as == "grid"
	case "table", "file", "level":
		return as == "hierarchy"
	case "order":
		return as == "age" || ofDates(as)
	}
	return true
}

func ofDates(as string) bool {
	return as == "month" || as == "quarter" || as == "year" || as == "decade"
}

func checkGeneralize(p Params) error {
	as := p.text("as", "")
	if as == "" {
		return fmt.Errorf("nobody said what values become: write as: with one of %s", strings.Join(wider(), " "))
	}
	var errs []error
	needs := func(name, example string) {
		if p[name] == nil {
			errs = append(errs, fmt.Errorf("as: %s needs %s, such as %s", as, name, example))
		}
	}
	for _, name := range sortedNames(p) {
		def := slices.IndexFunc(generalize().Params, func(x Param) bool { return x.Name == name })
		if !belongs(name, as) && !sameParam(p[name], generalize().Params[def].Default) {
			errs = append(errs, fmt.Errorf("%s does nothing with as: %s: remove it", name, as))
		}
	}
	switch as {
	case "range":
		if needs("width", "width: 10"); p.number("width", 2) < 2 {
			errs = append(errs, errors.New("width 1 shows the number itself: at least 2"))
		}
		if bottom, top := p.bound("bottom"), p.bound("top"); bottom != nil && top != nil && *bottom >= *top {
			errs = append(errs, errors.New("bottom is not below top"))
		}
	case "prefix":
		if p.number("bits4", 24) > 31 || p.number("bits6", 48) > 127 {
			errs = append(errs, errors.New("all bits of an address stay: bits4 is at most 31, bits6 at most 127"))
		}
	case "grid":
		needs("step", "step: 0.05")
	case "hierarchy":
		errs = append(errs, checkHierarchy(p))
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

// bound returns an integer that was checked, or nil.
func (p Params) bound(name string) *int64 {
	if n, ok := integer(p[name]); ok {
		return &n
	}
	return nil
}

// generalizeTakes says which columns hold what as is about.
func generalizeTakes(t stream.Type, p Params) bool {
	as := p.text("as", "")
	date := t.Base == stream.Date || t.Base == stream.Timestamp || t.Base == stream.TimestampTZ
	number := t.Base == stream.Int || t.Base == stream.Float || t.Base == stream.Decimal
	switch {
	case date:
		return ofDates(as) || as == "age" && p["on"] != nil
	case number:
		return as == "range" || as == "age" || as == "grid" || as == "hierarchy" && hierarchyTakes(t) || as == "zip3" && t.Base == stream.Int
	}
	return t.Base != stream.Bool
}

// widen appends what text becomes; false where that means nothing.
type widen func(dst, text []byte, kind kinds) ([]byte, bool)

func widening(f Field) widen {
	p := f.Params
	common := f.Type.Base == stream.Date || f.Type.Base == stream.Timestamp || f.Type.Base == stream.TimestampTZ
	form := dateForm{monthFirst: p.text("order", "dmy") == "mdy", common: common}
	switch as := p.text("as", ""); as {
	case "range":
		return ranges{int64(p.number("width", 2)), *cmpBound(p.bound("from")), p.bound("bottom"), p.bound("top")}.widen
	case "age":
		a := ages{form: form}
		a.on, a.dated = day(p["on"])
		return a.widen
	case "zip3":
		return zip3
	case "prefix":
		return prefixes{p.number("bits4", 24), p.number("bits6", 48)}.widen
	case "grid":
		step, _ := decimal(p["step"])
		return grid{int64(step.digits), step.scale}.widen
	default:
		return spans{form, as}.widen
	}
}

func cmpBound(n *int64) *int64 {
	if n == nil {
		return new(int64)
	}
	return n
}

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
