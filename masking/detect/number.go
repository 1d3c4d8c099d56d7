package detect

import "lethe/masking/internal/digit"

// number is a run of groups of digits with a separator or two between them, such
// as 4111 1111-1111.1111. Every stretch of its groups is a candidate.
type number struct {
	digits    [maxDigits + chunk]byte // of all groups
	all       [maxGroups]group
	first     int     // the token of all[0]
	count     int     // of all
	groups    []group // of all, those that are looked at: from some token to the end
	whole     bool    // the run ends with all
	extension int     // where "x123" right behind the last group ends; 0 is none
}

const (
	maxGroups = 10
	maxDigits = 48
	chunk     = 16 // is copied at once
)

// group is one run of digits.
type group struct {
	start, end int32 // in the text
	at, stop   uint8 // in number.digits
	sep        byte  // between it and the next
}

func (g *group) size() int { return int(g.stop - g.at) }

// upTo are the digits of the groups up to one.
func (n *number) upTo(to int) []byte { return n.digits[n.groups[0].at:n.groups[to].stop] }

// numbers offers each stretch of groups that begins with token i.
func (f *Finder) numbers(i int, t *token) {
	if !f.free(int(t.start)) {
		return
	}
	if t.kind == isDigit && t.len() < shortestCall {
		if f.separator(int(t.end), f.next(i, len(f.text))) == 0 {
			return // too short for what is looked for
		}
	}
	n := &f.number
	f.group(n, i)
	if len(n.groups) == 0 {
		return
	}
	if len(n.upTo(len(n.groups)-1)) >= shortestCard && f.byteAt(int(t.start)-1) != '+' {
		for to := range n.groups {
			if size := len(n.upTo(to)); size >= shortestCard && size <= longestCard && f.ends(int(n.groups[to].end)) {
				f.card(n, to)
			}
		}
	}
	if f.on[phone] {
		f.phone(n)
	}
}

// group sets n.groups to those that begin with token i.
func (f *Finder) group(n *number, i int) {
	if from := i - n.first; from >= n.count || from < 0 || !n.whole {
		f.groupFrom(n, i)
	}
	n.groups = n.all[i-n.first : n.count]
}

// groupFrom sets n to the groups that begin with token i.
func (f *Finder) groupFrom(n *number, i int) {
	n.first, n.count, n.extension, n.whole = i, 0, 0, true
	at := 0
	for ; i < len(f.tokens); i++ {
		t := &f.tokens[i]
		end := int(t.end)
		if t.kind != isDigit {
			if end = f.beforeExtension(t); end < 0 {
				return
			}
		}
		sep := byte(0)
		if n.count > 0 {
			if sep = f.separator(int(f.tokens[i-1].end), int(t.start)); sep == 0 {
				return
			}
		}
		size := end - int(t.start)
		if at+size > maxDigits || n.count == maxGroups {
			n.whole = false
			return
		}
		if n.count > 0 {
			n.all[n.count-1].sep = sep
		}
		if from := int(t.start); size <= chunk && from+chunk <= len(f.text) {
			*(*[chunk]byte)(n.digits[at:]) = [chunk]byte(f.text[from:])
		} else {
			copy(n.digits[at:], f.text[from:end])
		}
		n.all[n.count] = group{start: t.start, end: int32(end), at: uint8(at), stop: uint8(at + size)}
		at += size
		n.count++
		if end < int(t.end) {
			n.extension = int(t.end)
			return
		}
	}
}

// beforeExtension is where the digits before "x123" in a token end, -1 if it is
// something else.
func (f *Finder) beforeExtension(t *token) int {
	i := int(t.start)
	for f.isDigitAt(i) {
		i++
	}
	if i == int(t.start) || f.byteAt(i)|0x20 != 'x' || int(t.end)-i > 7 || int(t.end) == i+1 || !digit.All(f.text[i+1:t.end]) {
		return -1
	}
	return i
}

// separator is what stands between two groups: a sign alone or between spaces,
// ')' for a closing bracket and what follows it, 0 for anything else.
func (f *Finder) separator(from, to int) byte {
	text := f.text[from:to]
	switch len(text) {
	case 1:
		switch text[0] {
		case ' ', '-', '.', '/', ')', '(':
			return text[0]
		}
	case 2:
		switch string(text) {
		case ") ", ")-", ")/", ")(", ").":
			return ')'
		case " (", "-(":
			return '('
		case "--", "  ":
			return text[0]
		}
	case 3:
		switch string(text) {
		case " - ", " / ":
			return text[1]
		case ") (", ") -":
			return ')'
		}
	}
	return 0
}

// even reports whether the groups up to one are all joined by the same one of
// these signs.
func (n *number) even(to int, signs string) bool {
	for i := range to {
		if n.groups[i].sep != n.groups[0].sep {
			return false
		}
	}
	for i := range len(signs) {
		if to == 0 || signs[i] == n.groups[0].sep {
			return true
		}
	}
	return false
}

// sizes is how many digits each group up to one has, a hexadecimal digit each.
func (n *number) sizes(to int) uint64 {
	sizes := uint64(0)
	for i := range to + 1 {
		sizes = sizes<<4 | uint64(min(n.groups[i].size(), 15))
	}
	return sizes
}
