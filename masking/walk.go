package masking

import (
	"math/bits"
	"strconv"

	"lethe/masking/internal/members"
	"lethe/stream"
	"lethe/stream/scan"
)

// The walk goes over src once. What is kept is copied late and in one piece:
// src[from:] is what was not copied yet. Every function returns the index after
// what it read, or -1 after fail.

// span is where a container stands with its elements.
type span struct {
	sep     int  // after the opening bracket or the last element
	kept    bool // an element was kept
	dropped bool // an element was dropped
}

// keep readies the output for the element that begins at start.
func (w *Rewriter) keep(s *span, start int) {
	if s.dropped && !s.kept {
		w.from = start // not the comma that went before
	}
	s.kept = true
}

// drop leaves out the element that ends at end, and the comma before it.
func (w *Rewriter) drop(s *span, end int) {
	w.dst = append(w.dst, w.src[w.from:s.sep]...)
	w.from = end
	s.dropped = true
}

// replace puts literal in the place of src[i:end].
func (w *Rewriter) replace(i, end int, literal string) {
	w.dst = append(w.dst, w.src[w.from:i]...)
	w.dst = append(w.dst, literal...)
	w.from = end
}

func (w *Rewriter) count(slot int32) {
	if slot >= 0 {
		w.touched = append(w.touched, slot)
	}
}

// next passes over the comma or the closing bracket at src[i], and says which.
func (w *Rewriter) next(i int, closing byte) (after int, done bool) {
	if i+1 < len(w.src) && w.src[i] == ',' && w.src[i+1] > ' ' {
		return i + 1, false
	}
	i = scan.Space(w.src, i)
	if i >= len(w.src) {
		return w.fail(stream.ReasonMalformed, ""), true
	}
	switch w.src[i] {
	case closing:
		return i + 1, true
	case ',':
		return scan.Space(w.src, i+1), false
	}
	return w.fail(stream.ReasonMalformed, ""), true
}

// object walks the object at src[i].
func (w *Rewriter) object(i int, n *node, depth int) int {
	if depth <= 0 {
		return w.fail(stream.ReasonMalformed, "")
	}
	src := w.src
	seen, base := uint64(0), w.open(n)
	at := span{sep: i + 1}
	i = scan.Space(src, i+1)
	if i < len(src) && src[i] == '}' {
		return w.close(i+1, seen, base, n)
	}
	names, last, unknown, done := w.names[n.id], -1, 0, false
	for !done {
		found := w.stops.Members(i, names, last, seen, w.members[:0])
		for k := range found {
			seen |= 1 << found[k].Number
		}
		if len(found) > 0 {
			last = int(found[len(found)-1].Number)
			i = w.listed(&at, found, n, depth)
		} else {
			start := i
			k, value := w.name(i, n)
			if value < 0 {
				return -1
			}
			value = scan.Space(src, value)
			if k < 0 {
				unknown++
				i = w.stranger(&at, n, start, value, unknown, depth)
			} else {
				last = k
				if bit := uint64(1) << (k & 63); k < 64 && seen&bit == 0 {
					seen |= bit
				} else if k < 64 || w.again(base, k) {
					return w.fail(stream.ReasonDuplicate, n.members[k].node.path)
				}
				i = w.member(&at, n, k, start, value, depth)
			}
			at.sep = i
		}
		if i < 0 {
			return -1
		}
		i, done = w.next(i, '}')
	}
	if i < 0 {
		return -1
	}
	return w.close(i, seen, base, n)
}

// open makes room for the bit set of those members of an object that are behind the
// first 64.
func (w *Rewriter) open(n *node) int {
	base := len(w.seen)
	for range n.words() - 1 {
		w.seen = append(w.seen, 0)
	}
	return base
}

// again notes that member k, behind the first 64, was seen, and reports whether it
// was before.
func (w *Rewriter) again(base, k int) bool {
	word, bit := &w.seen[base+k/64-1], uint64(1)<<(k%64)
	was := *word&bit != 0
	*word |= bit
	return was
}

// close ends an object: what is required was seen, or the source left it out.
func (w *Rewriter) close(end int, seen uint64, base int, n *node) int {
	if n.required != nil && w.place != inBefore {
		for word, must := range n.required {
			if word > 0 {
				seen = w.seen[base+word-1]
			}
			for missing := must &^ seen; missing != 0; missing &= missing - 1 {
				k := word*64 + bits.TrailingZeros64(missing)
				if w.place == inKey || !w.leftOut(n.members[k].name) {
					return w.fail(stream.ReasonRequired, n.members[k].node.path)
				}
			}
		}
	}
	w.seen = w.seen[:base]
	return end
}

// leftOut reports whether the source left the column out because it did not
// change.
func (w *Rewriter) leftOut(name string) bool {
	for _, u := range w.left {
		if u == name {
			return true
		}
	}
	return false
}

// name reads the member name at src[i] and its colon, and says which member it
// is: the name is unescaped before it is matched (L1). -1 as value is failure.
func (w *Rewriter) name(i int, n *node) (k, value int) {
	if i >= len(w.src) || w.src[i] != '"' {
		return -1, w.fail(stream.ReasonMalformed, "")
	}
	end, escaped := w.stops.String(i)
	if end < 0 {
		return -1, w.fail(stream.ReasonMalformed, "")
	}
	body := w.src[i+1 : end-1]
	if escaped {
		w.text = scan.AppendText(w.text[:0], body)
		body = w.text
	}
	if value = scan.Colon(w.src, end); value < 0 {
		return -1, w.fail(stream.ReasonMalformed, "")
	}
	return w.find(n, body), value
}

// find returns the number of the node's member called name, or -1.
func (w *Rewriter) find(n *node, name []byte) int {
	w.quoted = append(scan.AppendQuoted(w.quoted[:0], name), ':')
	// Quoted, a name that is no UTF-8 may look like one that is.
	if k := n.names.Find(w.quoted); k >= 0 && n.members[k].name == string(name) {
		return k
	}
	return -1
}

// stranger does to a member that no field names what the node says.
func (w *Rewriter) stranger(at *span, n *node, start, value, number, depth int) int {
	end := scan.Value(w.src, value, depth-1)
	if end < 0 {
		return w.fail(stream.ReasonMalformed, n.path)
	}
	w.count(n.restSlot)
	switch n.rest {
	case restKeep:
		w.keep(at, start)
	case restDrop:
		w.drop(at, end)
	default:
		// L1: the name that nobody listed is as unknown as the value.
		w.keep(at, start)
		w.dst = append(w.dst, w.src[w.from:start]...)
		w.dst = append(w.dst, `"_unknown_`...)
		w.dst = strconv.AppendInt(w.dst, int64(number), 10)
		w.dst = append(w.dst, `":`+redacted...)
		w.from = end
	}
	return end
}

// listed masks members that were found at once.
func (w *Rewriter) listed(at *span, found []members.Member, n *node, depth int) int {
	after := w.place == inAfter
	for k := range found {
		m := &found[k]
		s := &n.strides[m.Number]
		start, i, end := int(m.Start), int(m.Value), int(m.End)
		if end < 0 || !s.accepts(w.src, i, end) {
			if end = w.member(at, n, int(m.Number), start, scan.Space(w.src, i), depth); end < 0 {
				return -1
			}
			at.sep = end
			continue
		}
		switch s.act {
		case actKeep, actKeepScalar:
			w.keep(at, start)
			w.count(s.slot)
		case actDrop:
			w.drop(at, end)
			w.count(s.slot)
		default:
			w.keep(at, start)
			if w.put(i, end, s.node, false) < 0 {
				return -1
			}
		}
		if s.leads != 0 && w.index != nil {
			w.index.meet(s.leads, w.src[i:end])
		}
		if after && (end-i == 2 || s.ruled || w.src[i] == 'n') && !w.examine(s.node, i, end) {
			return -1
		}
		at.sep = end
	}
	return at.sep
}

// member masks member k of a node, whatever its value is.
func (w *Rewriter) member(at *span, parent *node, k, start, value, depth int) int {
	end, n := 0, parent.members[k].node
	switch n.act {
	case actDrop:
		if end = w.checked(value, n, depth); end >= 0 {
			w.drop(at, end)
			w.count(n.slot)
		}
	case actScalar, actInside:
		end = w.fixed(at, parent, k, start, value, depth)
	default:
		w.admit(at, parent, k, start, value)
		end = w.value(value, n, depth)
	}
	if n.leads != 0 && end >= 0 && w.index != nil {
		w.index.meet(n.leads, w.src[value:end])
	}
	if w.place == inAfter && end >= 0 && !w.examine(n, value, end) {
		return -1
	}
	return end
}

// admit keeps a member whose value begins at value. A name that is written with
// escapes or white space is written plainly.
func (w *Rewriter) admit(at *span, n *node, k, start, value int) {
	w.keep(at, start)
	if quoted := n.names.Quoted(k); value-start != len(quoted) {
		w.replace(start, value, quoted)
	}
}

// array walks the array at src[i].
func (w *Rewriter) array(i int, n *node, depth int) int {
	if depth <= 0 {
		return w.fail(stream.ReasonMalformed, n.path)
	}
	at := span{sep: i + 1}
	i = scan.Space(w.src, i+1)
	if i < len(w.src) && w.src[i] == ']' {
		return i + 1
	}
	for {
		end := 0
		if n.act == actDrop {
			if end = w.checked(i, n, depth); end >= 0 {
				w.drop(&at, end)
				w.count(n.slot)
			}
		} else {
			w.keep(&at, i)
			end = w.value(i, n, depth)
		}
		if end < 0 {
			return -1
		}
		at.sep = end
		var done bool
		if i, done = w.next(end, ']'); done {
			return i
		}
	}
}
