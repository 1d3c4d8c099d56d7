package rows

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"lethe/stream"
)

// cursor reads a column row by row in its canonical form.
type cursor struct {
	*column
	typeByte byte
	next     int // value
}

// Root is the RFC 6962 root over the leaves of the rows (lethe-row-v1).
func (t *Table) Root(fileSalt []byte) stream.Hash {
	cols := t.all()
	cursors := make([]cursor, len(cols))
	for i, c := range cols {
		cursors[i] = cursor{column: c, typeByte: byte(c.kindOf(c.typ))}
	}
	mac := hmac.New(sha256.New, fileSalt)
	leaves := make([]stream.Hash, t.n)
	var b []byte
	for row := range t.n {
		b = append(b[:0], 0x00)
		b = appendSalt(b, mac, t.offsets[row])
		b = binary.BigEndian.AppendUint32(b, uint32(t.r.Partition))
		b = binary.BigEndian.AppendUint64(b, uint64(t.offsets[row]))
		for i := range cursors {
			b = cursors[i].append(b, row)
		}
		leaves[row] = sha256.Sum256(b)
	}
	return stream.Root(leaves)
}

// appendSalt appends the salt of the row at offset.
func appendSalt(b []byte, mac hash.Hash, offset int64) []byte {
	var o [8]byte
	binary.BigEndian.PutUint64(o[:], uint64(offset))
	mac.Reset()
	mac.Write(o[:])
	n := len(b)
	return mac.Sum(b)[:n+16]
}

// append appends type byte and value of a row; rows come in order.
func (c *cursor) append(b []byte, row int) []byte {
	b = append(b, c.typeByte, 0xFF, 0xFF, 0xFF, 0xFF)
	at := len(b)
	switch {
	case c.depth > 0:
		if c.canon[row] == nil {
			return b
		}
		b = append(b, c.canon[row]...)
	case !c.required && c.def[row] == 0:
		return b
	default:
		b = c.appendValue(b, c.next)
		c.next++
	}
	binary.BigEndian.PutUint32(b[at-4:], uint32(len(b)-at))
	return b
}
