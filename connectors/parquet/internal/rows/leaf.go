package rows

import (
	"encoding/binary"
	"slices"

	"lethe/stream"
	"lethe/stream/lanes"
	"lethe/stream/tree"
)

// cursor reads a column row by row in its canonical form.
type cursor struct {
	*column
	typeByte byte
	next     int // value, or place in canon
}

// pendingRows and pendingText bound what waits to be hashed side by side.
const (
	pendingRows = 64
	pendingText = 64 << 10
)

// hasher makes the leaves of rows in order.
type hasher struct {
	t       *Table
	key     *lanes.Key // of the file salt
	cursors []cursor

	// The rows that wait: what is hashed of them, with room for their salts, one
	// after the other.
	text   []byte
	starts []int

	lanes    lanes.Hasher
	messages [pendingRows]lanes.Message
	salts    [pendingRows][lanes.Size]byte
}

const (
	saltSize   = 16
	saltAt     = 1                        // in what is hashed of a row
	positionAt = saltAt + saltSize + 32/8 // the offset, of which the salt is made
	columnsAt  = positionAt + 64/8
)

func (t *Table) hasher() *hasher {
	cols := t.all()
	h := &hasher{t: t, key: lanes.NewKey(t.salt), cursors: make([]cursor, len(cols))}
	for i, c := range cols {
		h.cursors[i] = cursor{column: c, typeByte: byte(c.kindOf(c.typ))}
	}
	return h
}

// add adds the leaf of the next row to the table's: it is there once flush was
// called.
func (h *hasher) add(row int) {
	h.starts = append(h.starts, len(h.text))
	b := append(h.text, 0x00)
	b = append(b, make([]byte, saltSize)...)
	b = binary.BigEndian.AppendUint32(b, uint32(h.t.r.Partition))
	b = binary.BigEndian.AppendUint64(b, uint64(h.t.offsets[row]))
	for i := range h.cursors {
		b = h.cursors[i].append(b, row)
	}
	h.text = b
	if len(h.starts) == pendingRows || len(b) >= pendingText {
		h.flush()
	}
}

// flush makes the salts of the rows that wait, then their leaves.
func (h *hasher) flush() {
	waiting := h.messages[:len(h.starts)]
	for i, at := range h.starts {
		waiting[i] = lanes.Message{Key: h.key, Data: h.text[at+positionAt : at+columnsAt], Out: &h.salts[i]}
	}
	h.lanes.Sum(waiting)
	first := len(h.t.leaves)
	h.t.leaves = slices.Grow(h.t.leaves, len(waiting))[:first+len(waiting)]
	end := len(h.text)
	for i, at := range slices.Backward(h.starts) {
		copy(h.text[at+saltAt:], h.salts[i][:saltSize])
		waiting[i] = lanes.Message{Data: h.text[at:end], Out: (*[lanes.Size]byte)(&h.t.leaves[first+i])}
		end = at
	}
	h.lanes.Sum(waiting) // L6
	clear(waiting)
	h.text, h.starts = h.text[:0], h.starts[:0]
}

// hashed adds the leaf of the row that was just appended, while it is at hand.
// A column that appears later makes all leaves so far void: Root makes them
// again.
func (t *Table) hashed() {
	if t.n == 1 {
		t.hash = t.hasher()
	}
	if len(t.hash.cursors) == len(t.cols)+len(Reserved) {
		t.hash.add(t.n - 1)
	}
}

// Root is the RFC 6962 root over the leaves of the rows (lethe-row-v1).
func (t *Table) Root() stream.Hash {
	if t.hash != nil {
		t.hash.flush()
	}
	if len(t.leaves) < t.n {
		t.leaves, t.hash = t.leaves[:0], t.hasher()
		for row := range t.n {
			t.hash.add(row)
		}
		t.hash.flush()
	}
	return tree.Root(slices.Clone(t.leaves))
}

// append appends type byte and value of a row; rows come in order.
func (c *cursor) append(b []byte, row int) []byte {
	b = append(b, c.typeByte, 0xFF, 0xFF, 0xFF, 0xFF)
	at := len(b)
	switch {
	case c.depth > 0:
		end := c.ends[row]
		if end < 0 {
			return b
		}
		b = append(b, c.canon[c.next:end]...)
		c.next = end
	case !c.required && c.def[row] == 0:
		return b
	default:
		b = c.appendValue(b, c.next)
		c.next++
	}
	binary.BigEndian.PutUint32(b[at-4:], uint32(len(b)-at))
	return b
}
