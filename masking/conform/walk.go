package conform

import (
	"math/bits"

	"lethe/stream/scan"
)

// unlisted is how a path calls a member that the schema does not list.
const unlisted = "._unknown"

// object decides about the members of the object at src[i].
func (c *Checker) object(o *objectRule, src []byte, i int) (end int, v Verdict) {
	start, base := i, len(c.seen)
	for range o.words() {
		c.seen = append(c.seen, 0)
	}
	last, count := -1, 0
	i = scan.Space(src, i+1)
	if i < len(src) && src[i] == '}' {
		end = i + 1
	}
	for end == 0 {
		at, k := i, -1
		if k, i = c.name(o, src, i, last); i < 0 {
			return -1, Beyond
		}
		count++
		if k >= 0 {
			last = k
			word, bit := base+k/64, uint64(1)<<(k%64)
			if c.seen[word]&bit != 0 {
				return -1, c.inside(c.fail("duplicate"), o.members[k].path)
			}
			c.seen[word] |= bit
		}
		if i, v = c.member(o, src, at, k, scan.Space(src, i)); v != Conforms {
			return -1, v
		}
		i = scan.Space(src, i)
		switch {
		case i >= len(src):
			return -1, Beyond
		case src[i] == '}':
			end = i + 1
		default:
			i = scan.Space(src, i+1)
		}
	}
	v = c.whole(o, src, start, base, count)
	c.seen = c.seen[:base]
	return end, v
}

// name reads the name at src[i] and its colon and finds its number, -1 for one
// that o does not mention. value is -1 if there is none. last is the number of
// the member before.
func (c *Checker) name(o *objectRule, src []byte, i, last int) (k, value int) {
	if len(o.members) > 0 {
		k = int(o.next[last+1].Load())
		if q := o.members[k].quoted; len(src)-i >= len(q) && string(src[i:i+len(q)]) == q {
			return k, i + len(q)
		}
	}
	if i >= len(src) || src[i] != '"' {
		return -1, -1
	}
	end, escaped := scan.String(src, i)
	if end < 0 {
		return -1, -1
	}
	body := src[i+1 : end-1]
	if escaped {
		c.text = scan.AppendText(c.text[:0], body)
		body = c.text
	}
	k, ok := o.index[string(body)]
	if !ok {
		k = -1
	} else {
		o.next[last+1].Store(int32(k))
	}
	return k, scan.Colon(src, end)
}

// member decides about the member whose name is at src[at] and whose value is at
// src[i]; k is its number.
func (c *Checker) member(o *objectRule, src []byte, at, k, i int) (end int, v Verdict) {
	step := unlisted
	if k >= 0 && o.members[k].listed {
		step = o.members[k].path
	}
	if o.names != nil {
		if _, v := c.value(o.names, src, at); v != Conforms {
			return -1, c.inside(v, step)
		}
	}
	if o.patterns != nil || o.rest != nil || o.closed {
		if v = c.unnamed(o, src, at, step, i); v != Conforms {
			return -1, v
		}
	}
	if k < 0 {
		return c.value(nil, src, i)
	}
	end, v = c.value(o.members[k].node, src, i)
	return end, c.inside(v, step)
}

// unnamed decides by patternProperties and additionalProperties; step is the
// member's in a path.
func (c *Checker) unnamed(o *objectRule, src []byte, at int, step string, i int) Verdict {
	known := step != unlisted
	if o.patterns != nil {
		end, escaped := scan.String(src, at)
		name := src[at+1 : end-1]
		if escaped {
			// Not c.text: the schemas of patterns use it.
			c.other = scan.AppendText(c.other[:0], name)
			name = c.other
		}
		matches := uint64(0)
		for p := range o.patterns {
			if o.patterns[p].pattern.match(name) {
				if p > 63 {
					return Beyond
				}
				matches |= 1 << p
			}
		}
		for ; matches != 0; matches &= matches - 1 {
			known = true
			if _, v := c.value(o.patterns[bits.TrailingZeros64(matches)].node, src, i); v != Conforms {
				return c.inside(v, step)
			}
		}
	}
	switch {
	case known:
	case o.closed:
		return c.fail("additionalProperties")
	case o.rest != nil:
		_, v := c.value(o.rest, src, i)
		return c.inside(v, unlisted)
	}
	return Conforms
}

// whole decides about the object at src[i] as a whole, once its members are
// known.
func (c *Checker) whole(o *objectRule, src []byte, i, base, count int) Verdict {
	// Of the members that o does not mention some may be one, written twice.
	least := 0
	for _, word := range c.seen[base : base+o.words()] {
		least += bits.OnesCount64(word)
	}
	least += min(1, count-least)
	switch {
	case count < o.min:
		return c.fail("minProperties")
	case o.max >= 0 && least > o.max:
		return c.fail("maxProperties")
	case least < o.min, o.max >= 0 && count > o.max:
		return Beyond
	case !c.hasAll(o.required, base):
		return c.fail("required")
	}
	for _, n := range o.needs {
		if c.seen[base+n.given/64]&(1<<(n.given%64)) != 0 && !c.hasAll(n.then, base) {
			return c.fail(n.keyword)
		}
	}
	for _, w := range o.whens {
		if c.seen[base+w.given/64]&(1<<(w.given%64)) != 0 {
			if _, v := c.value(w.then, src, i); v != Conforms {
				return v
			}
		}
	}
	return Conforms
}

// hasAll reports whether all members of a set were seen.
func (c *Checker) hasAll(set []uint64, base int) bool {
	for word, must := range set {
		if must&^c.seen[base+word] != 0 {
			return false
		}
	}
	return true
}

// array decides about the elements of the array at src[i].
func (c *Checker) array(a *arrayRule, src []byte, i int) (end int, v Verdict) {
	start, count, contained := i, 0, 0
	i = scan.Space(src, i+1)
	if i < len(src) && src[i] == ']' {
		end = i + 1
	}
	for end == 0 {
		if a.contains != nil {
			switch c.try(a.contains, src, i) {
			case Conforms:
				contained++
			case Beyond:
				return -1, Beyond
			}
		}
		n := a.rest
		if count < len(a.prefix) {
			n = a.prefix[count]
		}
		if i, v = c.value(n, src, i); v != Conforms {
			return -1, c.inside(v, "[]")
		}
		count++
		i = scan.Space(src, i)
		switch {
		case i >= len(src):
			return -1, Beyond
		case src[i] == ']':
			end = i + 1
		default:
			i = scan.Space(src, i+1)
		}
	}
	switch {
	case count < a.min:
		return end, c.fail("minItems")
	case a.max >= 0 && count > a.max:
		return end, c.fail("maxItems")
	case a.closed && count > len(a.prefix):
		return end, c.fail("additionalItems")
	case a.contains != nil && contained < a.minContains:
		return end, c.fail("minContains")
	case a.contains != nil && a.maxContains >= 0 && contained > a.maxContains:
		return end, c.fail("maxContains")
	case a.unique:
		return end, c.unique(src, start, count)
	}
	return end, Conforms
}

// mostUnique is how many elements are compared each with each; of more, the
// library says whether they are unique, and so of arrays of arrays or objects.
const mostUnique = 32

// unique decides whether the count elements of the array at src[i] are unequal.
func (c *Checker) unique(src []byte, i, count int) Verdict {
	if count < 2 {
		return Conforms
	}
	if count > mostUnique {
		return Beyond
	}
	var at [mostUnique]int
	i++
	for k := range count {
		i = scan.Space(src, i)
		if src[i] == '{' || src[i] == '[' {
			return Beyond
		}
		at[k] = i
		i = scan.Space(src, scan.Value(src, i, scan.MaxDepth)) + 1
		for _, j := range at[:k] {
			same, known := c.sameScalar(src, at[k], src, j)
			if !known {
				return Beyond
			}
			if same {
				return c.fail("uniqueItems")
			}
		}
	}
	return Conforms
}
