package sqlite

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"hash"
	"math"
)

// identity is the keyed digest of a row's key, or of its content where it has
// none.
type identity [16]byte

// digest is the keyed digest of a row (16 bytes) and of its cursor (8 bytes).
type digest [24]byte

// sameRow reports whether the rows are the same, whatever the cursor was then.
func (d digest) sameRow(o digest) bool { return [16]byte(d[:16]) == [16]byte(o[:16]) }

// digester computes keyed digests. Its key never leaves the keyring, so the
// state tells nobody which values it stands for (L7).
type digester struct {
	h      hash.Hash
	buf    []byte
	sum    [sha256.Size]byte
	copies map[identity]uint64 // rows of equal content met in this scan
}

func newDigester(key []byte) *digester {
	return &digester{h: hmac.New(sha256.New, key), copies: map[identity]uint64{}}
}

// Domains keep digests of different things apart.
const (
	ofKey     = 'k'
	ofRow     = 'r'
	ofCursor  = 'c'
	ofContent = 'w'
)

func (d *digester) finish() []byte {
	d.h.Reset()
	d.h.Write(d.buf)
	return d.h.Sum(d.sum[:0])
}

func (d *digester) start(domain byte, t *table) {
	d.buf = appendBytes(append(d.buf[:0], domain), t.stream)
}

// key is the identity of a row with a complete key, written as JSON: what is one
// key downstream is one row here.
func (d *digester) key(t *table, key []byte) identity {
	d.start(ofKey, t)
	d.buf = append(d.buf, key...)
	return identity(d.finish()[:16])
}

// content is the identity of a row without one. The second of two equal rows is
// another identity; equal rows have equal cursors, so that any scan by cursor
// meets all of them or none.
func (d *digester) content(t *table, row []driver.Value) identity {
	d.start(ofContent, t)
	d.columns(t, row)
	id := identity(d.finish()[:16])
	n := d.copies[id]
	d.copies[id] = n + 1
	if n == 0 {
		return id
	}
	d.start(ofContent, t)
	d.buf = append(d.buf, id[:]...)
	d.buf = binary.BigEndian.AppendUint64(d.buf, n)
	return identity(d.finish()[:16])
}

// row is the digest of all columns and of the cursor. Nulls are left out, so
// that a new column does not change the rows that have nothing in it.
func (d *digester) row(t *table, row []driver.Value) (out digest) {
	d.start(ofRow, t)
	d.columns(t, row)
	copy(out[:16], d.finish())
	if t.cursor >= 0 {
		c := d.cursor(t, row[t.cursor])
		copy(out[16:], c[:])
	}
	return out
}

func (d *digester) cursor(t *table, v driver.Value) (out [8]byte) {
	d.start(ofCursor, t)
	d.buf = appendRaw(d.buf, v)
	copy(out[:], d.finish())
	return out
}

func (d *digester) columns(t *table, row []driver.Value) {
	for i, v := range row {
		if v != nil {
			d.buf = append(d.buf, t.cols[i].tag...)
			d.buf = appendRaw(d.buf, v)
		}
	}
}

func appendBytes(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}

// appendRaw writes a value so that no two values are written the same.
func appendRaw(b []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case int64:
		return binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(b, 'f'), math.Float64bits(v))
	case string:
		return appendBytes(append(b, 't'), v)
	case []byte:
		b = binary.BigEndian.AppendUint32(append(b, 'b'), uint32(len(v)))
		return append(b, v...)
	}
	return append(b, 'n')
}
