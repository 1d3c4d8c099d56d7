package lanes

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

// single hashes one message after the other by the standard library.
type single struct {
	hash  hash.Hash
	saved [len(magic) + Size + block + 8]byte
}

// magic begins a saved state of crypto/sha256: then come the chaining value, a
// block not yet full, and how many bytes were hashed.
const magic = "sha\x03"

func (o *single) sum(m *Message) {
	if m.Key == nil {
		*m.Out = sha256.Sum256(m.Data)
		return
	}
	o.rest(m, &m.Key.inner, 0)
}

// rest hashes what of m comes after its first done bytes, which are whole blocks
// and led to s.
func (o *single) rest(m *Message, s *state, done int) {
	if m.Key == nil {
		o.resume(s, done)
		o.hash.Write(m.Data[done:])
		o.hash.Sum(m.Out[:0])
		return
	}
	o.resume(s, block+done)
	o.hash.Write(m.Data[done:])
	o.hash.Sum(m.Out[:0])
	o.resume(&m.Key.outer, block)
	o.hash.Write(m.Out[:])
	o.hash.Sum(m.Out[:0])
}

// resume readies the hash to go on after done bytes that led to s.
func (o *single) resume(s *state, done int) {
	if o.hash == nil {
		o.hash = sha256.New()
		copy(o.saved[:], magic)
	}
	for i, w := range s {
		binary.BigEndian.PutUint32(o.saved[len(magic)+4*i:], w)
	}
	binary.BigEndian.PutUint64(o.saved[len(o.saved)-8:], uint64(done))
	// It fails for what is no saved state; the tests would tell.
	_ = o.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(o.saved[:])
}
