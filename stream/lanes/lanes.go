// Package lanes hashes many messages at once by SHA-256 and HMAC-SHA-256.
//
// Where the CPU has AVX-512 sixteen messages are worked on side by side, each
// in a lane of its own; a lane whose message ends takes the next one.
// Elsewhere, and with build tag purego, crypto/sha256 hashes one after the
// other. The digests are the same.
//
// It knows nothing of records, leaves or fields.
//
// Promises it upholds:
//
//	L6 same again   both ways give the same digests
//	L7 unprintable  keys cannot be printed
package lanes

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"log/slog"
)

const (
	// Size is the size of a digest.
	Size = sha256.Size

	block = sha256.BlockSize
	width = 16
)

// Message is what to hash and where its digest goes.
type Message struct {
	Key  *Key // of HMAC-SHA-256; nil for plain SHA-256
	Data []byte
	Out  *[Size]byte
}

// state is the chaining value of SHA-256.
type state [8]uint32

// initial is that of FIPS 180-4 §5.3.3.
var initial = state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}

// Key is a key of HMAC-SHA-256 (RFC 2104), its two blocks hashed already. It
// does not change, and cannot be printed (L7).
type Key struct {
	inner, outer state // in this order: the assembly reads them
}

// NewKey returns the key that secret is. It keeps nothing of secret.
func NewKey(secret []byte) *Key {
	var pad [block]byte
	if len(secret) > block {
		sum := sha256.Sum256(secret)
		copy(pad[:], sum[:])
	} else {
		copy(pad[:], secret)
	}
	after := func(with byte) (s state) {
		p := pad
		for i := range p {
			p[i] ^= with
		}
		h := sha256.New()
		h.Write(p[:])
		saved, _ := h.(encoding.BinaryMarshaler).MarshalBinary() // never fails
		for i := range s {
			s[i] = binary.BigEndian.Uint32(saved[len(magic)+4*i:])
		}
		return s
	}
	return &Key{inner: after(0x36), outer: after(0x5c)}
}

// Format implements fmt.Formatter (L7).
func (*Key) Format(s fmt.State, _ rune) { io.WriteString(s, "[key]") }

// LogValue implements slog.LogValuer.
func (*Key) LogValue() slog.Value { return slog.StringValue("[key]") }

// Hasher hashes messages. The zero value is ready. It is used by one goroutine
// at a time, and allocates nothing once it has seen its largest batch.
type Hasher struct {
	single single
	side   side
}

// Sum hashes every message into its Out. An Out lies in no Data of the same
// batch.
func (h *Hasher) Sum(messages []Message) {
	// L6: which way is taken depends on the machine, the digests do not.
	if native && len(messages) > few {
		h.side.sum(messages, &h.single)
		return
	}
	for i := range messages {
		h.single.sum(&messages[i])
	}
}

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
