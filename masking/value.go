package masking

import (
	"bytes"

	"lethe/stream"
	"lethe/stream/scan"
)

// value does to the value at src[i] what its node says.
func (w *Rewriter) value(i int, n *node, depth int) int {
	switch n.act {
	case actWalk:
		return w.inner(i, n, depth)
	case actBefore:
		return w.rowAt(i, inBefore, depth)
	case actAfter:
		return w.rowAt(i, inAfter, depth)
	case actOp:
		return w.operation(i)
	}
	if i >= len(w.src) {
		return w.fail(stream.ReasonMalformed, n.path)
	}
	end, c := w.checked(i, n, depth), w.src[i]
	if end < 0 {
		return -1
	}
	if n.act == actKeepScalar && (c == '{' || c == '[') {
		w.replace(i, end, redacted)
		w.count(n.shape)
		return end
	}
	return w.put(i, end, n, true)
}

// put puts what the node says in the place of src[i:end], and counts it. A string
// without escapes may be known to have none.
func (w *Rewriter) put(i, end int, n *node, escaped bool) int {
	switch n.act {
	case actNull:
		w.replace(i, end, "null")
	case actRedact:
		if w.src[i] != 'n' || n.special {
			w.replace(i, end, redacted)
		}
	case actMask:
		if w.src[i] != 'n' || n.special {
			return w.mask(i, end, n, escaped)
		}
	}
	w.count(n.slot)
	return end
}

// checked passes over the value at src[i] if it is of the node's type.
func (w *Rewriter) checked(i int, n *node, depth int) int {
	if i < len(w.src) && w.src[i] == 'n' {
		if n.typ.Base != 0 && !n.nullable && w.place != inBefore {
			return w.fail(stream.ReasonNull, n.path)
		}
		if end := scan.Literal(w.src, i); end >= 0 {
			return end
		}
		return w.fail(stream.ReasonMalformed, n.path)
	}
	end, fits := w.fits(i, &n.typ, n.inside, depth-1)
	if end < 0 {
		return w.fail(stream.ReasonMalformed, n.path)
	}
	if !fits {
		return w.fail(stream.ReasonType, n.path)
	}
	return end
}

// mask replaces the scalar src[i:end] by what the node's operator
// makes of it.
func (w *Rewriter) mask(i, end int, n *node, escaped bool) int {
	text, kind, plain := w.src[i:end], kindNumber, true
	switch text[0] {
	case '{', '[':
		return w.fail(stream.ReasonOperator, n.path)
	case 't', 'f':
		kind = kindBool
	case 'n':
		text, kind = nil, kindNull
	case '"':
		kind = kindString
		text = text[1 : len(text)-1]
		if escaped && bytes.IndexByte(text, '\\') >= 0 {
			w.text = scan.AppendText(w.text[:0], text)
			text, plain = w.text, false
		}
	}
	w.dst = append(w.dst, w.src[w.from:i]...)
	w.from = end
	var did result
	switch w.dst, did = w.replacers[n.masker].replace(w.dst, datum{text, kind, &w.row, plain}); did {
	case replaced:
		w.count(n.slot)
	case hidden:
		w.count(n.shape)
	default:
		return w.fail(did.reason(), n.path)
	}
	return end
}

// inner goes inside a value that paths lead into; a value of another shape is
// redacted (L1).
func (w *Rewriter) inner(i int, n *node, depth int) int {
	if i < len(w.src) {
		switch c := w.src[i]; {
		case c == '{' && len(n.members) > 0:
			if !w.typed(i, n, depth) {
				return -1
			}
			return w.object(i, n, depth-1)
		case c == '[' && n.elem != nil:
			if !w.typed(i, n, depth) {
				return -1
			}
			return w.array(i, n.elem, depth-1)
		}
	}
	end := w.checked(i, n, depth)
	if end < 0 {
		return -1
	}
	if w.src[i] != 'n' || n.special {
		w.replace(i, end, redacted)
		w.count(n.shape)
	}
	return end
}

// typed checks the type of a value before its inside is walked.
func (w *Rewriter) typed(i int, n *node, depth int) bool {
	return n.typ.Base == 0 || w.checked(i, n, depth) >= 0
}

// rowAt walks the row in before or after.
func (w *Rewriter) rowAt(i int, p place, depth int) int {
	if i < len(w.src) {
		switch w.src[i] {
		case 'n':
			if end := scan.Literal(w.src, i); end >= 0 {
				return end
			}
		case '{':
			w.place = p
			w.identify(i)
			end := w.object(i, w.prog.row, depth-1)
			w.place = inEnvelope
			if p == inAfter {
				w.hasRow = true
			}
			return end
		}
	}
	return w.fail(stream.ReasonMalformed, "")
}

// operation reads the envelope's op, one letter without an escape.
func (w *Rewriter) operation(i int) int {
	if i+2 < len(w.src) && w.src[i] == '"' && w.src[i+2] == '"' {
		w.op = w.src[i+1]
		return i + 3
	}
	return w.fail(stream.ReasonOperation, "")
}

// fixed keeps a member of the envelope around rows if it is what the node says,
// and drops it otherwise.
func (w *Rewriter) fixed(at *span, parent *node, k, start, value, depth int) int {
	n := parent.members[k].node
	if value < len(w.src) && n.act == actInside && w.src[value] == '{' {
		w.admit(at, parent, k, start, value)
		return w.object(value, n, depth-1)
	}
	end := scan.Value(w.src, value, depth-1)
	switch {
	case end < 0:
		return w.fail(stream.ReasonMalformed, "")
	case n.act == actInside && w.src[value] == 'n', n.act == actScalar && w.isKind(value, end, n.kinds):
		w.admit(at, parent, k, start, value)
	default:
		w.drop(at, end)
	}
	return end
}

// isKind reports whether src[i:end] is a scalar of one of the kinds.
func (w *Rewriter) isKind(i, end int, k kinds) bool {
	switch c := w.src[i]; c {
	case '"':
		return k&kindString != 0 || k&kindLogName != 0 && isLogName(w.src[i+1:end-1])
	case 't', 'f':
		return k&kindBool != 0
	case 'n':
		return k&kindNull != 0
	case '{', '[':
		return false
	}
	return k&kindNumber != 0
}
