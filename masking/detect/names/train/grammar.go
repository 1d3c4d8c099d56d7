package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"

	"lethe/masking/detect/names/internal/tag"
)

// A grammar makes labelled texts. A file has rules, "[name]" and one choice a
// line; in a choice
//
//	{rule}   is a choice of that rule; {rule?} may be left out, {rule^} is in capitals
//	(a|b|)   is one of the choices
//	<P text> is a person; L is a place, O an organisation, F a facility
//	%        is a digit, ~ a line break, \ takes the next character as it is
type grammar struct {
	rules map[string][]string
	rng   *rand.Rand
	miss  error
}

// mark is a labelled range of a text.
type mark struct {
	start, end int
	label      tag.Label // of its first token
}

// sample is a labelled text.
type sample struct {
	text  []byte
	marks []mark
	real  bool // not generated
}

func newGrammar(seed uint64) *grammar {
	return &grammar{rules: map[string][]string{}, rng: rand.New(rand.NewPCG(seed, 0x6c65746865))}
}

// read adds the rules of a file.
func (g *grammar) read(text string) {
	name := ""
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		l := s.Text()
		switch {
		case l == "" || strings.HasPrefix(l, "//"):
		case strings.HasPrefix(l, "[") && strings.HasSuffix(l, "]"):
			name = l[1 : len(l)-1]
		case strings.HasPrefix(name, "="): // a list of words, many to a line
			g.rules[name[1:]] = append(g.rules[name[1:]], strings.Split(l, "|")...)
		default:
			g.rules[name] = append(g.rules[name], l)
		}
	}
}

// make expands a rule.
func (g *grammar) make(rule string) sample {
	var s sample
	g.rule(&s, rule)
	return s
}

func (g *grammar) rule(s *sample, name string) {
	if name == "Word" { // a word as it starts a sentence
		from := len(s.text)
		g.rule(s, "word")
		s.text[from] -= 'a' - 'A'
		return
	}
	choices := g.rules[name]
	if len(choices) == 0 {
		g.miss = fmt.Errorf("grammar: no rule %q", name)
		return
	}
	g.expand(s, choices[g.rng.IntN(len(choices))])
}

// expand appends a choice's text and marks.
func (g *grammar) expand(s *sample, c string) {
	for i := 0; i < len(c); i++ {
		switch c[i] {
		case '\\':
			i++
			s.text = append(s.text, c[i])
		case '%':
			s.text = append(s.text, byte('0'+g.rng.IntN(10)))
		case '~':
			s.text = append(s.text, '\n')
		case '{':
			end := closing(c, i, '{', '}')
			g.call(s, c[i+1:end])
			i = end
		case '(':
			end := closing(c, i, '(', ')')
			choices := split(c[i+1 : end])
			g.expand(s, choices[g.rng.IntN(len(choices))])
			i = end
		case '<':
			end := closing(c, i, '<', '>')
			from := len(s.text)
			g.expand(s, c[i+3:end])
			if len(s.text) > from {
				s.marks = append(s.marks, mark{from, len(s.text), labelOf(c[i+1])})
			}
			i = end
		default:
			s.text = append(s.text, c[i])
		}
	}
}

func labelOf(c byte) tag.Label {
	switch c {
	case 'P':
		return tag.BeginPerson
	case 'L':
		return tag.BeginPlace
	case 'O':
		return tag.BeginOrg
	}
	return tag.Facility
}

func (g *grammar) call(s *sample, name string) {
	switch name[len(name)-1] {
	case '?':
		if g.rng.IntN(2) == 0 {
			g.rule(s, name[:len(name)-1])
		}
	case '^':
		from := len(s.text)
		g.rule(s, name[:len(name)-1])
		recase(s, from, unicode.ToUpper)
	default:
		g.rule(s, name)
	}
}

// closing is where the bracket that opens at i closes.
func closing(c string, i int, open, shut byte) int {
	depth := 0
	for ; i < len(c); i++ {
		switch c[i] {
		case '\\':
			i++
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	panic("grammar: a bracket stays open: " + c)
}

// split cuts choices at the bars that stand in no bracket.
func split(c string) (out []string) {
	depth, from := 0, 0
	for i := 0; i < len(c); i++ {
		switch c[i] {
		case '\\':
			i++
		case '(', '{', '<':
			depth++
		case ')', '}', '>':
			depth--
		case '|':
			if depth == 0 {
				out = append(out, c[from:i])
				from = i + 1
			}
		}
	}
	return append(out, c[from:])
}

// recase maps the letters from byte from on, and moves the marks with them.
func recase(s *sample, from int, fn func(rune) rune) {
	old := string(s.text[from:])
	s.text = s.text[:from]
	moved := make(map[int]int, len(old))
	for i, r := range old {
		moved[from+i] = len(s.text)
		s.text = append(s.text, string(fn(r))...)
	}
	moved[from+len(old)] = len(s.text)
	for i := range s.marks {
		m := &s.marks[i]
		if m.start >= from {
			m.start, m.end = moved[m.start], moved[m.end]
		} else if m.end > from {
			m.end = moved[m.end]
		}
	}
}

// join appends another sample.
func (s *sample) join(sep string, o sample) {
	s.text = append(s.text, sep...)
	n := len(s.text)
	s.text = append(s.text, o.text...)
	for _, m := range o.marks {
		s.marks = append(s.marks, mark{m.start + n, m.end + n, m.label})
	}
}
