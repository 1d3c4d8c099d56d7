package rows

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"

	"lethe/stream"
	"lethe/stream/tree"
)

// cursor reads a column row by row in its canonical form.
type cursor struct {
	*column
	typeByte byte
	next     int // value, or place in canon
}

// hasher makes the leaves of rows in order.
type hasher struct {
	t       *Table
	mac     hash.Hash // of the file salt
	cursors []cursor
	buf     []byte
}

func (t *Table) hasher() *hasher {
	cols := t.all()
	h := &hasher{t: t, mac: hmac.New(sha256.New, t.salt), cursors: make([]cursor, len(cols))}
	for i, c := range cols {
		h.cursors[i] = cursor{column: c, typeByte: byte(c.kindOf(c.typ))}
	}
	return h
}

// leaf is the leaf of the next row.
func (h *hasher) leaf(row int) stream.Hash {
	offset := h.t.offsets[row]
	b := append(h.buf[:0], 0x00)
	b = appendSalt(b, h.mac, offset)
	b = binary.BigEndian.AppendUint32(b, uint32(h.t.r.Partition))
	b = binary.BigEndian.AppendUint64(b, uint64(offset))
	for i := range h.cursors {
		b = h.cursors[i].append(b, row)
	}
	h.buf = b
	return sha256.Sum256(b)
}

// hashed adds the leaf of the row that was just appended, while it is at hand.
// A column that appears later makes all leaves so far void: Root makes them
// again.
func (t *Table) hashed() {
	if t.n == 1 {
		t.hash = t.hasher()
	}
	if len(t.hash.cursors) == len(t.cols)+len(Reserved) {
		t.leaves = append(t.leaves, t.hash.leaf(t.n-1))
	}
}

// Root is the RFC 6962 root over the leaves of the rows (lethe-row-v1).
func (t *Table) Root() stream.Hash {
	if len(t.leaves) < t.n {
		h := t.hasher()
		t.leaves = t.leaves[:0]
		for row := range t.n {
			t.leaves = append(t.leaves, h.leaf(row))
		}
	}
	return tree.Root(slices.Clone(t.leaves))
}

// appendSalt appends the salt of the row at offset.
func appendSalt(b []byte, mac hash.Hash, offset int64) []byte {
	n := len(b)
	b = binary.BigEndian.AppendUint64(b, uint64(offset))
	mac.Reset()
	mac.Write(b[n:])
	return mac.Sum(b[:n])[:n+16]
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
