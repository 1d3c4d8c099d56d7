package subject

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// ErrToken says that something is no encrypted value, is one of another place, or
// was changed.
var ErrToken = errors.New("not a value that was encrypted there")

// Field is the place that values of a column are bound to.
type Field struct {
	bound    [sha256.Size]byte
	joinable bool
}

// NewField returns the field of a path of a stream in a key epoch. Equal values of
// one subject give equal tokens in it if it is joinable, and otherwise only at one
// position.
func NewField(stream, path, epoch string, joinable bool) *Field {
	text := []byte("lethe field 1 ")
	for _, part := range []string{stream, path, epoch} {
		text = binary.BigEndian.AppendUint32(text, uint32(len(part)))
		text = append(text, part...)
	}
	if joinable {
		text = append(text, 1)
	}
	return &Field{sha256.Sum256(text), joinable}
}

// About is a subject whom a value is about, as Subjects knows it.
type About struct {
	Digest Digest
	Key    Key
	At     Locator
}

// locatorSize is that of a locator in a token: period, generation and digest.
const locatorSize = 2 + 2 + 32

// A token begins with this, plus how many subjects it is about.
const tokenVersion = 0x10

// Sealer encrypts values about one subject or two.
//
// A token is base64url of: the version and the number of subjects, one byte; for
// each subject a locator; the value. Locators and value are AES-SIV (RFC 5297) each:
// the value under the subject's key, bound to field, period, generation and, unless
// the field is joinable, position; the locators under the keyring's secret "locator",
// bound to the value's synthetic IV, so that tokens of one subject do not show that
// they are. A value about two subjects is under an HMAC of both keys, and dies
// with either (L5). The token is as long as the value: 92 characters and four for
// three bytes, 48 more for two subjects.
//
// A Sealer allocates nothing once its buffers have grown, and is used by one
// goroutine.
type Sealer struct {
	locators siv
	value    siv
	key      Key // that value has
	keyed    bool
	order    [2]*About
	plain    []byte
	sealed   []byte
}

// NewSealer returns a Sealer with the keyring's secret "locator".
func NewSealer(keys Keyring) (*Sealer, error) {
	secret, err := keys.Secret("locator")
	if err != nil {
		return nil, fmt.Errorf("key of locators: %w", err)
	}
	if len(secret) != keySize {
		return nil, fmt.Errorf("key of locators: %d bytes, want %d", len(secret), keySize)
	}
	s := new(Sealer)
	s.locators.setKey((*[keySize]byte)(secret))
	clear(secret)
	return s, nil
}

// Clone returns the same for another goroutine.
func (s *Sealer) Clone() *Sealer {
	c := new(Sealer)
	c.locators = s.locators
	c.locators.mac, c.locators.ctr, c.locators.whole = s.locators.mac.Clone(), s.locators.ctr.Clone(), nil
	return c
}

// Seal appends the token of a value about a, and about b unless b is nil. The same
// subjects in another order give the same token.
func (s *Sealer) Seal(dst, plain []byte, f *Field, position []byte, a, b *About) []byte {
	about := s.sorted(a, b)
	bound := s.rekey(f, position, about)
	at := 1 + blockSize + locatorSize*len(about)
	s.sealed = slices.Grow(s.sealed[:0], at)[:at] // head and locators are written below
	s.sealed = s.value.seal(s.sealed, plain, bound)

	s.plain = s.plain[:0]
	for _, x := range about {
		s.plain = binary.BigEndian.AppendUint16(s.plain, x.At.Period)
		s.plain = binary.BigEndian.AppendUint16(s.plain, x.At.Generation)
		s.plain = append(s.plain, x.Digest[:]...)
	}
	head := append(s.sealed[:0], tokenVersion+byte(len(about)))
	s.locators.seal(head, s.plain, s.locators.with(s.locators.begin(), s.sealed[at:at+blockSize]))
	return base64.RawURLEncoding.AppendEncode(dst, s.sealed)
}

// Open appends the value of a token. find gives the keys of its subjects, as
// [Store.Find] does; its error is returned, and so is one wrapping [ErrToken].
func (s *Sealer) Open(dst, token []byte, f *Field, position []byte, find func(at Locator, digest *Digest, key *Key) error) ([]byte, error) {
	var err error
	s.sealed, err = base64.RawURLEncoding.Strict().AppendDecode(s.sealed[:0], token)
	// The decoder passes over line ends: one token has one form.
	if err != nil || len(s.sealed) == 0 || len(token) != base64.RawURLEncoding.EncodedLen(len(s.sealed)) {
		return dst, ErrToken
	}
	n := int(s.sealed[0]) - tokenVersion
	at := 1 + blockSize + locatorSize*n
	if n != 1 && n != 2 || len(s.sealed) < at+blockSize {
		return dst, ErrToken
	}
	locators, ok := s.locators.open(s.plain[:0], s.sealed[1:at], s.locators.with(s.locators.begin(), s.sealed[at:at+blockSize]))
	if s.plain = locators; !ok {
		return dst, ErrToken
	}
	var about [2]About
	for i := range n {
		x, b := &about[i], locators[i*locatorSize:]
		x.At = Locator{Period: binary.BigEndian.Uint16(b), Generation: binary.BigEndian.Uint16(b[2:])}
		copy(x.Digest[:], b[4:])
		if err := find(x.At, &x.Digest, &x.Key); err != nil {
			return dst, err
		}
	}
	var second *About
	if n == 2 {
		second = &about[1]
	}
	dst, ok = s.value.open(dst, s.sealed[at:], s.rekey(f, position, s.sorted(&about[0], second)))
	if !ok {
		return dst, ErrToken
	}
	return dst, nil
}

// sorted are one or two subjects, in the order of their digests.
func (s *Sealer) sorted(a, b *About) []*About {
	s.order[0] = a
	if b == nil {
		return s.order[:1]
	}
	switch bytes.Compare(a.Digest[:], b.Digest[:]) {
	case 0:
		return s.order[:1]
	case 1:
		s.order[0], b = b, a
	}
	s.order[1] = b
	return s.order[:2]
}

// Joint is the key of what is about two subjects, and is gone with either (L5); that
// of a alone if b is nil or the same subject. Their order does not matter.
func Joint(a, b *About) Key {
	if b == nil {
		return a.Key
	}
	switch bytes.Compare(a.Digest[:], b.Digest[:]) {
	case 0:
		return a.Key
	case 1:
		a, b = b, a
	}
	var key Key
	var text [64]byte
	hmacSHA256((*[32]byte)(&key), a.Key[:], append(append(text[:0], "lethe two subjects 1 "...), b.Key[:]...))
	return key
}

// rekey makes value the cipher of the subjects' key, and returns what binds a value
// to its place.
func (s *Sealer) rekey(f *Field, position []byte, about []*About) [blockSize]byte {
	var second *About
	if len(about) == 2 {
		second = about[1]
	}
	key := Joint(about[0], second)
	if !s.keyed || key != s.key {
		s.value.setKey((*[keySize]byte)(&key))
		s.key, s.keyed = key, true
	}
	var b [sha256.Size + 8]byte
	text := append(b[:0], f.bound[:]...)
	for _, x := range about {
		text = binary.BigEndian.AppendUint16(text, x.At.Period)
		text = binary.BigEndian.AppendUint16(text, x.At.Generation)
	}
	bound := s.value.with(s.value.begin(), text)
	if !f.joinable {
		bound = s.value.with(bound, position)
	}
	return bound
}

// hmacSHA256 is HMAC-SHA-256 (RFC 2104) for a key of at most 64 bytes and a text of at most 64. That of
// the standard library allocates for every key.
func hmacSHA256(mac *[32]byte, key, text []byte) {
	var inner, outer [128]byte
	for i := range 64 {
		inner[i], outer[i] = 0x36, 0x5c
	}
	for i, b := range key {
		inner[i] ^= b
		outer[i] ^= b
	}
	n := copy(inner[64:], text)
	sum := sha256.Sum256(inner[:64+n])
	copy(outer[64:], sum[:])
	*mac = sha256.Sum256(outer[:96])
	clear(inner[:])
	clear(outer[:])
}
