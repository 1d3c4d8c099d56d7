package conform

import (
	"unicode/utf8"

	"lethe/stream/scan"
)

// deepest is how deep schemas may nest in the check of one value; the library
// decides beyond it.
const deepest = 1024

// fail notes the keyword that said no.
func (c *Checker) fail(keyword string) Verdict {
	c.keyword = keyword
	return Fails
}

// inside notes in which member or element a check failed.
func (c *Checker) inside(v Verdict, step string) Verdict {
	if v == Fails {
		c.trail = append(c.trail, step)
	}
	return v
}

// value decides about the value at src[i]. end is the index after it, and known
// only if it conforms.
func (c *Checker) value(n *node, src []byte, i int) (end int, v Verdict) {
	if n == nil {
		if end = scan.Value(src, i, scan.MaxDepth); end < 0 {
			return -1, Beyond
		}
		return end, Conforms
	}
	c.left--
	if n.beyond || c.depth > deepest || c.left < 0 || i >= len(src) {
		return -1, Beyond
	}
	if n.never {
		return -1, c.fail("false")
	}
	c.depth++
	end, v = c.own(n, src, i)
	if v == Conforms && n.inPlace() {
		v = c.inPlace(n, src, i)
	}
	c.depth--
	return end, v
}

// own decides by what stands in n itself.
func (c *Checker) own(n *node, src []byte, i int) (end int, v Verdict) {
	switch src[i] {
	case '"':
		end, escaped := scan.String(src, i)
		if end < 0 {
			return -1, Beyond
		}
		return end, c.string(n, src[i+1:end-1], escaped)
	case '{':
		if n.types != 0 && n.types&kindObject == 0 {
			return -1, c.fail("type")
		}
		return c.container(n, src, i, n.object != nil)
	case '[':
		if n.types != 0 && n.types&kindArray == 0 {
			return -1, c.fail("type")
		}
		return c.container(n, src, i, n.array != nil)
	case 't', 'f', 'n':
		kind := kindBool
		if src[i] == 'n' {
			kind = kindNull
		}
		if n.types != 0 && n.types&kind == 0 {
			return -1, c.fail("type")
		}
		if end = scan.Literal(src, i); end < 0 {
			return -1, Beyond
		}
		for _, l := range n.values {
			if !l.word(src[i]) {
				return -1, c.fail(l.keyword)
			}
		}
		return end, Conforms
	}
	end, _ = scan.Number(src, i)
	if end < 0 {
		return -1, Beyond
	}
	return end, c.number(n, src[i:end])
}

// container decides about an array or object; ruled says that n asks something
// of its elements or members.
func (c *Checker) container(n *node, src []byte, i int, ruled bool) (end int, v Verdict) {
	for _, l := range n.values {
		if !l.container(c, src, i) {
			return -1, c.fail(l.keyword)
		}
	}
	if !ruled {
		return c.value(nil, src, i)
	}
	if src[i] == '{' {
		return c.object(n.object, src, i)
	}
	return c.array(n.array, src, i)
}

// string decides about the string whose inside is body.
func (c *Checker) string(n *node, body []byte, escaped bool) Verdict {
	if n.types != 0 && n.types&kindString == 0 {
		return c.fail("type")
	}
	if n.text == nil && n.values == nil {
		return Conforms
	}
	if n.values == nil && n.text.atMost(len(body)) {
		return Conforms
	}
	if escaped {
		c.text = scan.AppendText(c.text[:0], body)
		body = c.text
	}
	for _, l := range n.values {
		if !l.text(body) {
			return c.fail(l.keyword)
		}
	}
	if n.text == nil {
		return Conforms
	}
	return c.textual(n.text, body)
}

// atMost reports whether a string of n bytes with its escapes is short enough,
// and t asks no more: no string has more characters than that.
func (t *textRule) atMost(n int) bool {
	return n <= t.max && t.min <= 0 && t.format == nil && t.pattern == nil && t.times == nil
}

func (c *Checker) textual(t *textRule, text []byte) Verdict {
	if t.format != nil && !t.format.holds(text) {
		return c.fail("format")
	}
	// A character has one to four bytes, so most lengths need no counting.
	if t.min > 0 && len(text)/4 < t.min && (len(text) < t.min || utf8.RuneCount(text) < t.min) {
		return c.fail("minLength")
	}
	if t.max >= 0 && len(text) > t.max && (len(text)/4 > t.max || utf8.RuneCount(text) > t.max) {
		return c.fail("maxLength")
	}
	if t.pattern != nil && !t.pattern.match(text) {
		return c.fail("pattern")
	}
	if t.times != nil {
		if keyword := t.times.broken(text); keyword != "" {
			return c.fail(keyword)
		}
	}
	return Conforms
}

// number decides about the number that text is.
func (c *Checker) number(n *node, text []byte) Verdict {
	if t := n.types; t != 0 && t&kindNumber == 0 && (t&kindInteger == 0 || !c.isInteger(text)) {
		return c.fail("type")
	}
	if n.values == nil && n.number == nil {
		return Conforms
	}
	var x number
	if !c.read(&x, text) {
		return Beyond
	}
	for _, l := range n.values {
		if !l.number(&x) {
			return c.fail(l.keyword)
		}
	}
	if n.number == nil {
		return Conforms
	}
	for k := range n.number.bounds {
		if b := &n.number.bounds[k]; !b.holds(&x) {
			return c.fail(b.keyword)
		}
	}
	if n.number.multiple != nil {
		switch multiple, known := x.multipleOf(n.number.multiple); {
		case !known:
			return Beyond
		case !multiple:
			return c.fail("multipleOf")
		}
	}
	return Conforms
}

// inPlace decides by the schemas that n applies to the value itself.
func (c *Checker) inPlace(n *node, src []byte, i int) Verdict {
	for _, sub := range n.all {
		if _, v := c.value(sub, src, i); v != Conforms {
			return v
		}
	}
	if n.not != nil {
		switch v := c.try(n.not, src, i); v {
		case Conforms:
			return c.fail("not")
		case Beyond:
			return Beyond
		}
	}
	if n.any != nil {
		if _, v := c.count(n.any, src, i, 1); v != Conforms {
			return v
		}
	}
	if n.one != nil {
		matched, v := c.count(n.one, src, i, 2)
		if v != Conforms {
			return v
		}
		if matched > 1 {
			return c.fail("oneOf")
		}
	}
	if n.cond == nil {
		return Conforms
	}
	next := n.then
	switch c.try(n.cond, src, i) {
	case Fails:
		next = n.els
	case Beyond:
		return Beyond
	}
	if next == nil {
		return Conforms
	}
	_, v := c.value(next, src, i)
	return v
}

// try decides about the value at src[i] and forgets why it fails.
func (c *Checker) try(n *node, src []byte, i int) Verdict {
	mark, seen, depth := len(c.trail), len(c.seen), c.depth
	_, v := c.value(n, src, i)
	if v == Fails {
		c.keyword, c.trail = "", c.trail[:mark]
	}
	c.seen, c.depth = c.seen[:seen], depth
	return v
}

// count counts the schemas that the value conforms to, up to enough. If it is
// none, the failure is the first one's that the value is of the type of.
func (c *Checker) count(schemas []*node, src []byte, i, enough int) (matched int, v Verdict) {
	mark, seen, depth := len(c.trail), len(c.seen), c.depth
	keyword, kept := "", mark // of the failure that is told so far: its trail is trail[mark:kept]
	for _, n := range schemas {
		from := len(c.trail)
		_, v := c.value(n, src, i)
		c.seen, c.depth = c.seen[:seen], depth
		switch v {
		case Beyond:
			return 0, Beyond
		case Conforms:
			if matched++; matched == enough {
				c.keyword, c.trail = "", c.trail[:mark]
				return matched, Conforms
			}
		case Fails:
			if keyword == "" || keyword == "type" && kept == mark && (c.keyword != "type" || len(c.trail) > from) {
				copy(c.trail[mark:], c.trail[from:])
				kept = mark + len(c.trail) - from
				keyword = c.keyword
			}
			c.trail = c.trail[:kept]
		}
	}
	if matched > 0 {
		c.keyword, c.trail = "", c.trail[:mark]
		return matched, Conforms
	}
	c.keyword = keyword
	return 0, Fails
}
