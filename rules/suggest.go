package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"lethe/stream"
)

// Suggestion is an element that a column seems to be about, and why.
type Suggestion struct {
	Element  string
	Evidence string
}

// words are the words of a name, in lower case.
type words []string

func (w words) String() string { return strings.Join(w, " ") }

// Suggest reads the columns' names and says what they seem to be about. A column that
// no name fits, or whose type speaks against it, is left out: a person has to say.
func (t *Elements) Suggest(s stream.Schema) map[string]Suggestion {
	out := map[string]Suggestion{}
	table := splitName(s.Stream[strings.LastIndexByte(s.Stream, '.')+1:])
	for _, f := range s.Fields {
		if e, w := t.suggest(f, table); e.Name != "" {
			out[f.Name] = Suggestion{Element: e.Name, Evidence: fmt.Sprintf("column name %q", w.String())}
		}
	}
	return out
}

// Dates is what the name of a text column says, if all values are days or times as
// ISO 8601 writes them: text is about a time only by both.
func (t *Elements) Dates(s stream.Schema, f stream.Field, values [][]byte) (Suggestion, bool) {
	if f.Type.Base != stream.String || filled(values) == 0 {
		return Suggestion{}, false
	}
	for _, v := range values {
		if len(v) > 0 && !isISO(string(v)) {
			return Suggestion{}, false
		}
	}
	f.Type = stream.Type{Base: stream.Timestamp}
	e, w := t.suggest(f, splitName(s.Stream[strings.LastIndexByte(s.Stream, '.')+1:]))
	if !e.only {
		return Suggestion{}, false
	}
	return Suggestion{e.Name, fmt.Sprintf("column name %q, and "+OfValues+"%d of %d are times as ISO 8601 has them", w.String(), filled(values), filled(values))}, true
}

// isISO reports whether text is a day, or a day and a time.
func isISO(text string) bool {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}

// aboutPersons reports whether a table is called by a word for persons. The last
// word says what it holds: customer_order holds orders.
func (t *Elements) aboutPersons(table words) bool {
	if len(table) == 0 {
		return false
	}
	last := table[len(table)-1]
	return t.persons[last] || t.persons[singular(last)]
}

func singular(w string) string {
	if cut, ok := strings.CutSuffix(w, "ies"); ok {
		return cut + "y"
	}
	return strings.TrimSuffix(w, "s")
}

// suggest finds the element whose name fits best: the longest name, and of equal
// ones the element that the table lists first.
func (t *Elements) suggest(f stream.Field, table words) (best Element, name words) {
	score := 0
	column, persons := splitName(f.Name), t.aboutPersons(table)
	whole := column // status of orders is an order status
	if len(table) > 0 {
		whole = append(words{singular(table[len(table)-1])}, column...)
	}
	for _, n := range t.order {
		e := t.byName[n]
		if !e.fits(f.Type) {
			continue
		}
		consider := func(w words, n int) {
			if n > score {
				best, name, score = e, w, n
			}
		}
		for _, w := range e.names {
			consider(w, t.match(column, w))
			if len(w) == len(whole) && slices.Equal(w, whole) {
				consider(w, 10*len(w))
			}
		}
		for _, w := range e.exact {
			if slices.Equal(column, w) {
				consider(w, 20*len(w))
			}
		}
		for _, w := range e.own {
			if persons && slices.Equal(column, w) {
				consider(w, 20*len(w))
			}
		}
	}
	return best, name
}

// match scores how well the words of a name fit a column; 0 for not at all. The
// last words of a column say what it is (billing_city is a city), and words that
// change nothing may follow (phone_number).
func (t *Elements) match(column, name words) int {
	for end := len(column); end >= len(name) && end > 0; end-- {
		if slices.Equal(column[end-len(name):end], name) {
			n := 10*len(name) + 2*(len(column)-end)
			if len(column) == len(name) {
				n++
			}
			return n
		}
		if !t.neutral[column[end-1]] {
			break
		}
	}
	// Thai writes no spaces between words: a name may lie inside a word.
	if len(name) == 1 && thai(name[0]) && len([]rune(name[0])) > 3 && slices.ContainsFunc(column, func(w string) bool { return strings.Contains(w, name[0]) }) {
		return 5 + min(4, len([]rune(name[0]))/4)
	}
	return 0
}

func thai(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Thai, r) })
}

// fits reports whether values of type t can be about e.
func (e Element) fits(t stream.Type) bool {
	switch t.Base {
	case stream.Bool:
		// A flag tells about a person without holding what its name says.
		return e.flag
	case stream.JSON, stream.Array:
		// What lies inside has names of its own.
		return false
	case stream.Date, stream.Timestamp, stream.TimestampTZ, stream.TimeOfDay:
		return e.date
	case stream.Decimal, stream.Float:
		return e.fraction
	}
	return !e.only
}

// splitName takes a name apart: snake_case, kebab-case, camelCase, HTTPServer,
// spaces. Numbers at the end of a word are left out: address2 is an address.
func splitName(s string) words {
	var out words
	var w []rune
	flush := func() {
		word := strings.ToLower(string(w))
		if cut := strings.TrimRight(word, "0123456789"); cut != "" && len(cut) > 2 {
			word = cut
		}
		if strings.Trim(word, "0123456789") != "" {
			out = append(out, word)
		}
		w = w[:0]
	}
	runes := []rune(s)
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Mc, r) {
			flush()
			continue
		}
		if i > 0 && unicode.IsUpper(r) && len(w) > 0 {
			afterLower := unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1])
			beforeLower := unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if afterLower || beforeLower {
				flush()
			}
		}
		w = append(w, r)
	}
	flush()
	return out
}
