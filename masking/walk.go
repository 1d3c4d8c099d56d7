package masking

import (
	"math/bits"
	"strconv"

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
	base := w.open(n.words())
	at := span{sep: i + 1}
	i = scan.Space(src, i+1)
	if i < len(src) && src[i] == '}' {
		return w.close(i+1, base, n)
	}
	follows, last, unknown := w.follows[n.id], 0, 0
	for {
		start, k, value := i, -1, 0
		if last < len(follows) {
			k = int(follows[last])
		}
		if k >= 0 && n.members[k].isAt(src, i) {
			value = i + len(n.members[k].quoted)
		} else if k, value = w.name(i, n); value < 0 {
			return -1
		} else if k >= 0 {
			follows[last] = int32(k)
		}
		value = scan.Space(src, value)
		end := 0
		if k < 0 {
			unknown++
			end = w.stranger(&at, n, start, value, unknown, depth)
		} else {
			last = k + 1
			word, bit := base+k/64, uint64(1)<<(k%64)
			if w.seen[word]&bit != 0 {
				return w.fail(stream.ReasonDuplicate, n.members[k].node.path)
			}
			w.seen[word] |= bit
			m := &n.members[k]
			end = w.member(&at, m, start, value, depth)
			if w.place == inAfter && end >= 0 && !w.examine(m.node, value, end) {
				return -1
			}
		}
		if end < 0 {
			return -1
		}
		at.sep = end
		if end < len(src) && src[end] == ',' {
			i = scan.Space(src, end+1)
			continue
		}
		var done bool
		if i, done = w.next(end, '}'); done {
			if i < 0 {
				return -1
			}
			return w.close(i, base, n)
		}
	}
}

// open makes room for the bit set of an object's members.
func (w *Rewriter) open(words int) int {
	base := len(w.seen)
	for range words {
		w.seen = append(w.seen, 0)
	}
	return base
}

// close ends an object: what is required was seen, or the source left it out.
func (w *Rewriter) close(end, base int, n *node) int {
	if n.required != nil && w.place != inBefore {
		for word, must := range n.required {
			for missing := must &^ w.seen[base+word]; missing != 0; missing &= missing - 1 {
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
	end, escaped := scan.String(w.src, i)
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
	return n.find(body), value
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

// member masks a member that a field names, or that one lies below.
func (w *Rewriter) member(at *span, m *member, start, value, depth int) int {
	n := m.node
	switch n.act {
	case actDrop:
		end := w.checked(value, n, depth)
		if end >= 0 {
			w.drop(at, end)
			w.count(n.slot)
		}
		return end
	case actScalar, actInside:
		return w.fixed(at, m, start, value, depth)
	}
	w.admit(at, m, start, value)
	return w.value(value, n, depth)
}

// admit keeps a member whose value begins at value. A name that is written with
// escapes or white space is written plainly.
func (w *Rewriter) admit(at *span, m *member, start, value int) {
	w.keep(at, start)
	if value-start != len(m.quoted) {
		w.replace(start, value, m.quoted)
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
