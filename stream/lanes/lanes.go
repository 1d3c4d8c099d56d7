// Package lanes hashes many messages at once by SHA-256 and HMAC-SHA-256.
//
// Where the CPU has AVX-512 sixteen messages of about the same length are worked
// on side by side, each in a lane of its own; where it has the SHA extensions of
// amd64 two, whose rounds take turns. Elsewhere, and with build tag purego,
// crypto/sha256 hashes one after the other. The digests are the same.
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
	pair   pair
	side   side
	order  order
	pairs  pairs
}

// Sum hashes every message into its Out. An Out lies in no Data of the same
// batch.
func (h *Hasher) Sum(messages []Message) { h.sum(messages, here) }

// Pairs hashes each two neighbours behind a byte 0x01: the digest of hashes 2i and
// 2i+1 takes the place of hash i. An odd last one is left out.
func Pairs[H ~[Size]byte](h *Hasher, hashes []H) { pairsBy(h, hashes, here) }

// ways says which of them may be taken. L6: that depends on the machine, the
// digests do not.
type ways struct{ wide, paired bool }

var here = ways{wide, paired}

func (h *Hasher) sum(messages []Message, by ways) {
	if by == (ways{}) || len(messages) < 2 {
		for i := range messages {
			h.single.sum(&messages[i])
		}
		return
	}
	keyed, plain, rest := h.order.sort(messages)
	h.run(messages, keyed, by)
	h.run(messages, plain, by)
	for _, k := range rest {
		h.single.sum(&messages[k])
	}
}

// run hashes the messages that it names, longest first, which all have keys or
// none.
func (h *Hasher) run(messages []Message, run []int32, by ways) {
	for n := 0; len(run) > 0; run = run[n:] {
		switch {
		case by.wide && worth(messages, run):
			n = min(width, len(run))
			h.side.sum(messages, run[:n])
		case by.paired && len(run) > 1:
			n = 2
			h.pair.sum(&messages[run[0]], &messages[run[1]])
		default:
			n = 1
			h.single.sum(&messages[run[0]])
		}
	}
}

// pairs is what pairs of hashes are hashed in.
type pairs struct {
	texts    [width][1 + 2*Size]byte
	messages [width]Message
}

func pairsBy[H ~[Size]byte](h *Hasher, hashes []H, by ways) {
	i, n := 0, len(hashes)/2
	for ; by.wide && n-i >= width; i += width {
		pairs16(&h.side.scratch, &hashes[2*i][0], &hashes[i][0])
	}
	p := &h.pairs
	for i < n {
		run := min(width, n-i)
		for k := range run {
			t := &p.texts[k]
			t[0] = 0x01
			copy(t[1:], hashes[2*(i+k)][:])
			copy(t[1+Size:], hashes[2*(i+k)+1][:])
			p.messages[k] = Message{Data: t[:], Out: (*[Size]byte)(hashes[i+k][:])}
		}
		h.sum(p.messages[:run], by)
		clear(p.messages[:run])
		i += run
	}
}
