package detect

// number is a run of groups of digits with a separator or two between them, such
// as 4111 1111-1111.1111. Every stretch of its groups is a candidate.
type number struct {
	digits    [maxDigits]byte // of all groups
	groups    [maxGroups]group
	count     int
	extension int // where "x123" right behind the last group ends; 0 is none
}

const (
	maxGroups = 10
	maxDigits = 48
)

// group is one run of digits.
type group struct {
	start, end int  // in the text
	at, stop   int  // in number.digits
	sep        byte // between it and the next
}

// numbers offers each stretch of groups that begins with token i.
func (f *Finder) numbers(i int, t *token) {
	if !f.free(int(t.start)) {
		return
	}
	n := &f.number
	f.cut(n, i)
	if n.count == 0 {
		return
	}
	if f.byteAt(int(t.start)-1) != '+' {
		for to := range n.count {
			if f.ends(n.groups[to].end) {
				f.card(n, to)
			}
		}
	}
	if f.on[phone] {
		f.phone(n)
	}
}

// cut sets n to the groups that begin with token i.
func (f *Finder) cut(n *number, i int) {
	n.count, n.extension = 0, 0
	at := 0
	for ; i < len(f.tokens) && n.count < maxGroups; i++ {
		t := &f.tokens[i]
		end := int(t.end)
		if t.kind != isDigit {
			if end = f.beforeExtension(t); end < 0 {
				return
			}
		}
		size := end - int(t.start)
		if at+size > maxDigits {
			return
		}
		if n.count > 0 {
			sep := f.separator(int(f.tokens[i-1].end), int(t.start))
			if sep == 0 {
				return
			}
			n.groups[n.count-1].sep = sep
		}
		copy(n.digits[at:], f.text[t.start:end])
		n.groups[n.count] = group{start: int(t.start), end: end, at: at, stop: at + size}
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
	if i == int(t.start) || f.byteAt(i)|0x20 != 'x' || int(t.end)-i > 7 || !digitsOnly(f.text[i+1:t.end]) {
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
		sizes = sizes<<4 | uint64(min(n.groups[i].stop-n.groups[i].at, 15))
	}
	return sizes
}
