package masking

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lethe/stream"
)

// Operators lists the operators, mildest first.
func Operators() []Spec {
	return []Spec{keep(), partial(), generalize(), noise(), shiftDate(), findings(), fpe(), tokenize(), encrypt(), hmacSHA256(), fake(), redact(), null(), drop()}
}

// Lookup returns the operator called name.
func Lookup(name string) (Spec, bool) {
	for _, s := range Operators() {
		if s.Name == name {
			return s, true
		}
	}
	return Spec{}, false
}

// Spec is what is known of an operator before it sees a value.
type Spec struct {
	Name   string
	Help   string // one line
	Params []Param
	Domain bool // the field must name the element domain that its key derives from
	Apart  bool // the row's subject can be mixed in: see Field.Apart

	traits func(Params) Traits
	// subject reports whether the operator works under the row's subject.
	subject func(Params) bool
	// check says what Params alone cannot: how parameters go together.
	check func(Params) error
	// refuses are the bases of types that the operator does not work on.
	refuses []stream.Base
	// takes says the same where it depends on the parameters.
	takes  func(stream.Type, Params) bool
	output func(in stream.Type) stream.Type
	act    action
	// absent changes what stands in a field where there is no value; nil for nothing.
	absent func(f Field, in *absent)
	// version names what results depend on beside value, parameters and keys; nil
	// where there is nothing else.
	version func() string
	build   func(Field, workshop) (masker, error)
}

// ParamType is the type of an operator's parameter.
type ParamType string

// Types of parameters.
const (
	ParamNumber    ParamType = "number"  // a whole number, not negative
	ParamInteger   ParamType = "integer" // a whole number
	ParamDecimal   ParamType = "decimal" // a number above zero, as a number or as text
	ParamDate      ParamType = "date"    // a day, as 2006-01-02
	ParamText      ParamType = "text"
	ParamCharacter ParamType = "character" // one character
	ParamList      ParamType = "list"      // texts, or one text with commas between
	ParamFlag      ParamType = "flag"      // true or false
)

// Param is a parameter of an operator.
type Param struct {
	Name    string
	Type    ParamType
	Default any      // int, string or bool
	OneOf   []string // the only values that a text may have; nil for any
	Help    string
}

// Traits returns what the operator guarantees with parameters p.
func (s Spec) Traits(p Params) Traits { return s.traits(p) }

// Version names what results depend on beside value, parameters and keys: which
// detectors this build has. It is empty for operators that look nothing up. Builds
// of different versions give different results (L6).
func (s Spec) Version() string {
	if s.version == nil {
		return ""
	}
	return s.version()
}

// Output returns the type of masked values of type in.
func (s Spec) Output(in stream.Type) stream.Type { return s.output(in) }

// Subject reports whether the operator works under the row's subject with
// parameters p: a value of a row without one becomes null or the constant.
func (s Spec) Subject(p Params) bool { return s.subject != nil && s.subject(p) }

// Takes reports whether the operator works on values of type t with parameters
// p. Most do not work on an array or a JSON column as a whole, only on paths
// inside.
func (s Spec) Takes(t stream.Type, p Params) bool {
	return !slices.Contains(s.refuses, t.Base) && (s.takes == nil || s.takes(t, p))
}

// Check returns every fault of the parameters, joined.
func (s Spec) Check(p Params) error {
	var errs []error
	for _, name := range sortedNames(p) {
		i := slices.IndexFunc(s.Params, func(x Param) bool { return x.Name == name })
		if i < 0 {
			errs = append(errs, fmt.Errorf("%s: unknown parameter %q", s.Name, name))
			continue
		}
		if err := s.Params[i].check(p[name]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %s: %w", s.Name, name, err))
		}
	}
	if len(errs) == 0 && s.check != nil {
		if err := s.check(p); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.Name, err))
		}
	}
	return errors.Join(errs...)
}

// Hint says what may be written beside the operator's name.
func (s Spec) Hint() string {
	if len(s.Params) == 0 {
		return s.Name + " takes no parameters"
	}
	names := make([]string, len(s.Params))
	for i, p := range s.Params {
		names[i] = p.Name
	}
	return s.Name + " takes: " + strings.Join(names, " ")
}

func sortedNames(p Params) []string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (d Param) check(v any) error {
	switch d.Type {
	case ParamNumber:
		if _, ok := wholeNumber(v); !ok {
			return errors.New("want a whole number, not negative")
		}
	case ParamInteger:
		if _, ok := integer(v); !ok {
			return errors.New("want a whole number")
		}
	case ParamDecimal:
		if f, ok := decimal(v); !ok || f.neg || f.digits == 0 || f.scale < 0 || f.scale > 18 {
			return errors.New("want a number above zero, such as 0.05")
		}
	case ParamDate:
		if _, ok := day(v); !ok {
			return errors.New("want a day, such as \"2026-12-31\"")
		}
	case ParamCharacter:
		s, ok := v.(string)
		if !ok || utf8.RuneCountInString(s) != 1 || !utf8.ValidString(s) || s[0] < 0x20 {
			return errors.New("want one character")
		}
	case ParamList:
		if _, ok := listed(v); !ok {
			return errors.New("want a list of texts")
		}
	case ParamFlag:
		if _, ok := yesOrNo(v); !ok {
			return errors.New("want true or false")
		}
	case ParamText:
		s, ok := v.(string)
		if d.OneOf != nil && !(ok && slices.Contains(d.OneOf, s)) {
			return fmt.Errorf("want one of %q", d.OneOf)
		}
		if !ok {
			return errors.New("want text")
		}
	}
	return nil
}

// wholeNumber reads the forms in which YAML and JSON decoders give a number.
func wholeNumber(v any) (int, bool) {
	const most = 1 << 20
	switch n := v.(type) {
	case int:
		return n, n >= 0 && n <= most
	case int64:
		return int(n), n >= 0 && n <= most
	case uint64:
		return int(n), n <= most
	case float64:
		return int(n), n >= 0 && n <= most && n == float64(int(n))
	}
	return 0, false
}

// integer does the same for numbers that may be below zero.
func integer(v any) (int64, bool) {
	const most = 1 << 53 // what every decoder reads exactly
	var n int64
	switch x := v.(type) {
	case int:
		n = int64(x)
	case int64:
		n = x
	case uint64:
		n = int64(min(x, math.MaxInt64))
	case float64:
		if n = int64(x); float64(n) != x {
			return 0, false
		}
	default:
		return 0, false
	}
	return n, n >= -most && n <= most
}

// decimal reads a number however it is written.
func decimal(v any) (figure, bool) {
	switch x := v.(type) {
	case string:
		return parseFigure([]byte(x))
	case float64:
		return parseFigure(strconv.AppendFloat(nil, x, 'f', -1, 64))
	}
	n, ok := integer(v)
	neg, m := magnitude(n)
	return figure{neg: neg, digits: m}, ok
}

// day reads a day, in days since 1970-01-01.
func day(v any) (int, bool) {
	s, ok := v.(string)
	if !ok || len(s) != len("2006-01-02") {
		return 0, false
	}
	w, ok := dateForm{common: true}.parse([]byte(s))
	return w.day, ok && w.parts[0].what == 'y'
}

// number returns a parameter that was checked, or its default.
func (p Params) number(name string, otherwise int) int {
	if n, ok := wholeNumber(p[name]); ok {
		return n
	}
	return otherwise
}

// integer does the same for one that may be below zero.
func (p Params) integer(name string, otherwise int64) int64 {
	if n, ok := integer(p[name]); ok {
		return n
	}
	return otherwise
}

// text returns a parameter that was checked, or its default.
func (p Params) text(name, otherwise string) string {
	if s, ok := p[name].(string); ok {
		return s
	}
	return otherwise
}

func sameType(in stream.Type) stream.Type { return in }

func toString(stream.Type) stream.Type { return stream.Type{Base: stream.String} }
