// Package identifier knows how the identifiers of states and trades are written
// and checked: national, tax, social security and company numbers, and the codes
// that stand for a firm, a device or a vehicle anywhere.
//
// The words are those of the offices that issue the numbers; an entity bears
// Presidio's name where Presidio has one. The package does not know text: who
// found the characters, what stands around them and how much that weighs is the
// caller's. A verdict depends on the characters alone, never on the clock (L6):
// a date of birth must exist, but may lie in the future.
//
// A check says that a number can be one of its kind, not that it was issued.
// Where offices differ from their own rule (numbers issued without a valid check
// digit), the check is the wider one: a number too many is masked rather than
// one too few (L1).
package identifier

import (
	"strings"

	"lethe/masking/internal/digit"
)

// Identifier is a kind of number or code that stands for a person or an
// organisation.
type Identifier struct {
	Entity  string // Presidio's name where it has one, else <CC>_<NAME>
	Country string // ISO 3166-1 alpha-2; empty for codes of no country
	About   string // one line
	Element string // what a column of it is about, as rules/elements.yaml names it

	// Shapes are the compact forms: 9 is a digit, A a letter, X a letter or
	// digit, anything else itself.
	Shapes []string

	// Written are the forms with separators in which people write it. With
	// none, groups may be parted anywhere by single spaces, dots, dashes or
	// slashes. The compact form is always one as well.
	Written []string

	// Check reports, by its characters alone (L6), whether compact, upper-case ASCII without separators, can
	// be such an identifier. It is false for what is of none of the shapes,
	// never panics and does not allocate.
	Check func(compact []byte) bool

	// Odds is the share of random strings of a shape that pass Check, of the
	// shape that lets most of them pass. A shape's own letters count as given.
	Odds float64

	// Context are words that stand near it, in lower case, in English and in
	// the languages of the country.
	Context []string

	// Named are words for the country, in lower case. They announce no number,
	// but say of which country one is.
	Named []string
}

// All returns every identifier, each country's own together.
func All() []Identifier {
	var all []Identifier
	for _, country := range countries() {
		all = append(all, country()...)
	}
	for i := range all {
		all[i].Named = named(all[i].Country)
		shapes, check := all[i].Shapes, all[i].Check
		var numbers uint64 // a bit for each length of which any digits are of a shape
		for _, s := range shapes {
			if strings.Trim(s, "9") == "" {
				numbers |= 1 << len(s)
			}
		}
		all[i].Check = func(compact []byte) bool {
			return (numbers>>len(compact)&1 != 0 && digit.All(compact) || fitsAny(compact, shapes)) && check(compact)
		}
	}
	return all
}

// anything is the check of a number whose issuer published no rule: one too many
// is taken for it rather than one too few (L1).
func anything([]byte) bool { return true }

// fitsAny reports whether compact is of one of the shapes.
func fitsAny(compact []byte, shapes []string) bool {
	for _, s := range shapes {
		if fits(compact, s) {
			return true
		}
	}
	return false
}

// fits reports whether compact is of the shape.
func fits(compact []byte, shape string) bool {
	if len(compact) != len(shape) {
		return false
	}
	for i, c := range compact {
		digit, letter := digit.Is(c), isLetter(c)
		switch shape[i] {
		case '9':
			if !digit {
				return false
			}
		case 'A':
			if !letter {
				return false
			}
		case 'X':
			if !digit && !letter {
				return false
			}
		default:
			if c != shape[i] {
				return false
			}
		}
	}
	return true
}
