package masking

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"lethe/stream"
)

// Operators lists the operators, mildest first.
func Operators() []Spec {
	return []Spec{keep(), partial(), findings(), hmacSHA256(), redact(), null(), drop()}
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
	output  func(in stream.Type) stream.Type
	act     action
	build   func(Field, workshop) (masker, error)
}

// ParamType is the type of an operator's parameter.
type ParamType string

// Types of parameters.
const (
	ParamNumber    ParamType = "number" // a whole number, not negative
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

// Output returns the type of masked values of type in.
func (s Spec) Output(in stream.Type, _ Params) stream.Type { return s.output(in) }

// Subject reports whether the operator works under the row's subject with
// parameters p: a value of a row without one becomes null or the constant.
func (s Spec) Subject(p Params) bool { return s.subject != nil && s.subject(p) }

// Takes reports whether the operator works on values of type t. Most do not work
// on an array or a JSON column as a whole, only on paths inside.
func (s Spec) Takes(t stream.Type) bool { return !slices.Contains(s.refuses, t.Base) }

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
		if !ok {
			return errors.New("want text")
		}
		if d.OneOf != nil && !slices.Contains(d.OneOf, s) {
			return fmt.Errorf("want one of %q", d.OneOf)
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

// number returns a parameter that was checked, or its default.
func (p Params) number(name string, otherwise int) int {
	if n, ok := wholeNumber(p[name]); ok {
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
