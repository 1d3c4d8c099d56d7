package conform

import (
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// pattern is a regular expression in Go's syntax, as the library reads it. Most
// in use are runs of character classes, whose match needs no search.
type pattern struct {
	re    *regexp.Regexp
	plain []run // alternatives; nil where the regexp decides
}

// run is a sequence of classes between anchors.
type run struct {
	begins, ends bool // anchored
	items        []item
}

// item is a class and how often it may come.
type item struct {
	set      [4]uint64 // bytes; of characters beyond ASCII all or none
	raw      bool      // a byte of a character's UTF-8, not a character
	min, max int       // max -1 for any
}

func (it *item) has(b byte) bool { return it.set[b>>6]&(1<<(b&63)) != 0 }

func patternOf(re *regexp.Regexp) *pattern {
	p := &pattern{re: re}
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return p
	}
	paths, ok := expand(tree)
	if !ok {
		return p
	}
	for _, path := range paths {
		r, ok := runOf(path)
		if !ok {
			return &pattern{re: re}
		}
		p.plain = append(p.plain, r)
	}
	return p
}

// match reports whether text, which is UTF-8, holds a match.
func (p *pattern) match(text []byte) bool {
	if p.plain == nil {
		return p.re.Match(text)
	}
	for k := range p.plain {
		if p.plain[k].match(text) {
			return true
		}
	}
	return false
}

func (r *run) match(text []byte) bool {
	if r.begins {
		return r.matchAt(text)
	}
	for i := 0; i <= len(text); i++ {
		if (i == len(text) || utf8.RuneStart(text[i])) && r.matchAt(text[i:]) {
			return true
		}
	}
	return false
}

// matchAt reports whether text begins with a match. Greed is right: what may
// follow an item that repeats is never in its class.
func (r *run) matchAt(text []byte) bool {
	i := 0
	for k := range r.items {
		it := &r.items[k]
		n := 0
		for n != it.max && i < len(text) && it.has(text[i]) {
			n++
			i++
			for !it.raw && i < len(text) && !utf8.RuneStart(text[i]) {
				i++
			}
		}
		if n < it.min {
			return false
		}
	}
	return !r.ends || i == len(text)
}

// mostPaths and longest bound what is expanded, and what is tried at every place
// of a text.
const (
	mostPaths = 32
	longest   = 64
)

// step is an item or an anchor, of which min is 0.
type step struct {
	item
	begin, end bool
}

// expand writes an expression as alternatives of steps, if it is so plain.
func expand(re *syntax.Regexp) (paths [][]step, ok bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return [][]step{{}}, true
	case syntax.OpBeginText:
		return [][]step{{{begin: true}}}, true
	case syntax.OpEndText:
		return [][]step{{{end: true}}}, true
	case syntax.OpLiteral:
		return literal(re)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		it, ok := class(re)
		return [][]step{{{item: it}}}, ok
	case syntax.OpCapture:
		return expand(re.Sub[0])
	case syntax.OpStar:
		return repeat(re.Sub[0], 0, -1)
	case syntax.OpPlus:
		return repeat(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		return repeat(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		return repeat(re.Sub[0], re.Min, re.Max)
	case syntax.OpConcat:
		paths = [][]step{{}}
		for _, sub := range re.Sub {
			tails, ok := expand(sub)
			if !ok || len(paths)*len(tails) > mostPaths {
				return nil, false
			}
			paths = cross(paths, tails)
		}
		return paths, true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			more, ok := expand(sub)
			if !ok || len(paths)+len(more) > mostPaths {
				return nil, false
			}
			paths = append(paths, more...)
		}
		return paths, true
	}
	return nil, false
}

// cross appends every tail to every head.
func cross(heads, tails [][]step) (all [][]step) {
	for _, h := range heads {
		for _, t := range tails {
			all = append(all, append(h[:len(h):len(h)], t...))
		}
	}
	return all
}

func literal(re *syntax.Regexp) ([][]step, bool) {
	if re.Flags&syntax.FoldCase != 0 {
		return nil, false
	}
	path := []step{}
	for _, b := range []byte(string(re.Rune)) {
		it := item{raw: b >= utf8.RuneSelf, min: 1, max: 1}
		it.set[b>>6] |= 1 << (b & 63)
		path = append(path, step{item: it})
	}
	return [][]step{path}, true
}

// class makes an item of one character. Beyond ASCII a class must hold all
// characters or none.
func class(re *syntax.Regexp) (item, bool) {
	ranges := re.Rune
	switch re.Op {
	case syntax.OpAnyChar:
		ranges = []rune{0, utf8.MaxRune}
	case syntax.OpAnyCharNotNL:
		ranges = []rune{0, '\n' - 1, '\n' + 1, utf8.MaxRune}
	}
	it := item{min: 1, max: 1}
	beyond := 0
	for k := 0; k < len(ranges); k += 2 {
		for r := ranges[k]; r <= ranges[k+1] && r < utf8.RuneSelf; r++ {
			it.set[r>>6] |= 1 << (r & 63)
		}
		if from := max(ranges[k], utf8.RuneSelf); from <= ranges[k+1] {
			beyond += int(ranges[k+1]-from) + 1
		}
	}
	switch beyond {
	case 0:
	case utf8.MaxRune - utf8.RuneSelf + 1:
		it.set[2], it.set[3] = ^uint64(0), ^uint64(0)
	default:
		return it, false
	}
	return it, true
}

// repeat repeats a class any number of times, and anything else a few times.
func repeat(re *syntax.Regexp, least, most int) ([][]step, bool) {
	sub, ok := expand(re)
	if !ok {
		return nil, false
	}
	if len(sub) == 1 && len(sub[0]) == 1 {
		s := sub[0][0]
		if !s.begin && !s.end && !s.raw && s.min == 1 && s.max == 1 {
			s.min, s.max = least, most
			return [][]step{{s}}, true
		}
	}
	if most < 0 || most > 8 {
		return nil, false
	}
	paths, grown := [][]step(nil), [][]step{{}}
	for n := 0; ; n++ {
		if n >= least {
			paths = append(paths, grown...)
		}
		if n == most {
			return paths, len(paths) <= mostPaths
		}
		if grown = cross(grown, sub); len(grown) > mostPaths {
			return nil, false
		}
	}
}

// runOf makes a run of a path, if greed finds its matches.
func runOf(path []step) (r run, ok bool) {
	for k, s := range path {
		switch {
		case s.begin && k == 0:
			r.begins = true
		case s.end && k == len(path)-1:
			r.ends = true
		case s.begin || s.end || s.max == 0:
			return r, false
		default:
			r.items = append(r.items, s.item)
		}
	}
	if !r.ends { // what the end may do without is not asked for
		for n := len(r.items); n > 0; n-- {
			last := &r.items[n-1]
			if last.max = last.min; last.min > 0 {
				break
			}
			r.items = r.items[:n-1]
		}
	}
	for k := range r.items {
		if it := &r.items[k]; it.min != it.max && r.meets(k) {
			return r, false
		}
	}
	return r, r.begins || r.length() <= longest
}

// meets reports whether an item that repeats and what may follow it share a
// byte.
func (r *run) meets(k int) bool {
	for j := k + 1; j < len(r.items); j++ {
		for w, bits := range r.items[j].set {
			if bits&r.items[k].set[w] != 0 {
				return true
			}
		}
		if r.items[j].min > 0 {
			break
		}
	}
	return false
}

// length is how many characters a match has at most.
func (r *run) length() (n int) {
	for _, it := range r.items {
		if it.max < 0 {
			return longest + 1
		}
		n += min(it.max, longest+1)
	}
	return n
}
