package masking

import (
	"errors"
	"math"

	"lethe/stream"
)

// modes lists what generalize may make of values.
func modes() []mode {
	return []mode{
		{name: "range", params: rangeParams(), needs: "width: 10", takes: numbers, check: checkRange, build: widening(newRanges)},
		{name: "month", params: orderParam(), coarse: true, takes: days, build: spanning(appendMonth)},
		{name: "quarter", params: orderParam(), coarse: true, takes: days, build: spanning(appendQuarter)},
		{name: "year", params: orderParam(), coarse: true, takes: days, build: spanning(appendYear)},
		{name: "decade", params: orderParam(), coarse: true, takes: days, build: spanning(appendDecade)},
		{name: "age", params: append([]Param{{Name: "on", Type: ParamDate, Default: "", Help: "age: the day for which it is counted from a date of birth"}}, orderParam()...),
			coarse: true, takes: aged, build: widening(newAges)},
		{name: "zip3", coarse: true, takes: wholes, build: widening(func(Field) widen { return zip3 })},
		{name: "prefix", params: prefixParams(), takes: never, check: checkPrefix, build: widening(newPrefixes)},
		{name: "grid", params: []Param{{Name: "step", Type: ParamDecimal, Default: "", Help: "grid: the size of a cell"}}, needs: "step: 0.05", takes: numbers, build: widening(newGrid)},
		{name: "hierarchy", params: hierarchyParams(), takes: hierarchyTakes, check: checkHierarchy, build: buildHierarchy},
	}
}

func rangeParams() []Param {
	return []Param{
		{Name: "width", Type: ParamNumber, Default: "", Help: "range: how many whole numbers are in one"},
		{Name: "from", Type: ParamInteger, Default: 0, Help: "range: where one of the ranges begins"},
		{Name: "bottom", Type: ParamInteger, Default: "", Help: "range: what is lower becomes <bottom"},
		{Name: "top", Type: ParamInteger, Default: "", Help: "range: this and what is higher becomes top+"},
	}
}

func orderParam() []Param {
	return []Param{{Name: "order", Type: ParamText, Default: "dmy", OneOf: []string{"dmy", "mdy"}, Help: "dates: whether 01/02/2006 begins with the day or the month"}}
}

func prefixParams() []Param {
	return []Param{
		{Name: "bits4", Type: ParamNumber, Default: 24, Help: "prefix: how many bits of an IPv4 address stay"},
		{Name: "bits6", Type: ParamNumber, Default: 48, Help: "prefix: how many bits of an IPv6 address stay"},
	}
}

func hierarchyParams() []Param {
	return []Param{
		{Name: "table", Type: ParamText, Default: "", Help: "hierarchy: lines of value;level 1;level 2;…, and * as value for all others"},
		{Name: "file", Type: ParamText, Default: "", Help: "hierarchy: a file of such lines, by its path in the folder"},
		{Name: "level", Type: ParamNumber, Default: 1, Help: "hierarchy: which level"},
	}
}

func checkRange(p Params) error {
	var errs []error
	if p.number("width", 2) < 2 {
		errs = append(errs, errors.New("width 1 shows the number itself: at least 2"))
	}
	if p.integer("bottom", math.MinInt64) >= p.integer("top", math.MaxInt64) {
		errs = append(errs, errors.New("bottom is not below top"))
	}
	return errors.Join(errs...)
}

func checkPrefix(p Params) error {
	if p.number("bits4", 24) > 31 || p.number("bits6", 48) > 127 {
		return errors.New("all bits of an address stay: bits4 is at most 31, bits6 at most 127")
	}
	return nil
}

// isText reports whether values of type t may say anything.
func isText(t stream.Type) bool { return t.Base == 0 || t.Base == stream.String }

func days(t stream.Type, _ Params) bool { return isDay(t) }

func numbers(t stream.Type, _ Params) bool {
	return t.Base == stream.Int || t.Base == stream.Float || t.Base == stream.Decimal
}

func wholes(t stream.Type, _ Params) bool { return t.Base == stream.Int }

func never(stream.Type, Params) bool { return false }

// aged says which columns tell an age: dates do once it is known for which day.
func aged(t stream.Type, p Params) bool { return numbers(t, p) || isDay(t) && p["on"] != nil }

// widening builds the masker of a mode that goes by the value alone.
func widening(of func(Field) widen) func(Field) (masker, error) {
	return func(f Field) (masker, error) { return &generalizeMasker{widen: of(f)}, nil }
}

func spanning(write func(dst []byte, year, month int) []byte) func(Field) (masker, error) {
	return widening(func(f Field) widen { return spans{dateFormOf(f), write}.widen })
}

func newRanges(f Field) widen {
	p := f.Params
	return ranges{int64(p.number("width", 2)), p.integer("from", 0), p.integer("bottom", math.MinInt64), p.integer("top", math.MaxInt64)}.widen
}

func newAges(f Field) widen {
	a := ages{form: dateFormOf(f)}
	a.on, a.dated = day(f.Params["on"])
	return a.widen
}

func newPrefixes(f Field) widen {
	return prefixes{f.Params.number("bits4", 24), f.Params.number("bits6", 48)}.widen
}

func newGrid(f Field) widen {
	step, _ := decimal(f.Params["step"])
	return grid{int64(step.digits), step.scale}.widen
}
