package masking

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"lethe/masking/internal/block"
	"lethe/masking/internal/ff1"
	"lethe/masking/subject"
	"lethe/stream"
)

// permuter permutes numerals so that whoever has the key gets them back: under the
// key of the row's subject where the stream has one, so that it dies with the
// subject (L5), and otherwise under a key of the element domain.
type permuter struct {
	purpose string       // of the key
	key     stream.Value // of the domain; not under a subject
	under   bool         // a subject

	cipher   ff1.Cipher
	owner    [keySize]byte // of the row's subject, or of both
	of       [keySize]byte // the subject's key that cipher has its key from
	ready    bool
	from     []byte // what a cipher's key is made of
	x, radix []uint16
}

// newPermuter takes the keys of an operator's field.
func newPermuter(operator string, f Field, shop workshop) (*permuter, error) {
	p := &permuter{purpose: shop.purpose(operator, f), under: f.Erasable}
	if p.under {
		return p, shop.openSubjects()
	}
	var err error
	p.key, err = shop.secret(operator, f)
	return p, err
}

// fresh returns the same for another goroutine.
func (p *permuter) fresh() *permuter {
	c := &permuter{purpose: p.purpose, key: p.key, under: p.under}
	if p.under {
		return c
	}
	c.cipher.SetKey((*[block.Size]byte)(p.key.Reveal()))
	c.ready = true
	return c
}

// turn readies the cipher for a value of the row. It reports false where nobody's
// key is to be had: the value is redacted then.
//
// Under a subject the cipher's key is the first half of SHA-256(subject's key ‖
// purpose); subjects' keys are all of one length.
func (p *permuter) turn(r *about) bool {
	if !p.under {
		return true
	}
	if !r.keys() {
		return false
	}
	p.owner = subject.Joint(&r.of[0], r.second())
	if !p.ready || p.of != p.owner {
		p.from = append(append(p.from[:0], p.owner[:]...), p.purpose...)
		sum := sha256.Sum256(p.from)
		p.cipher.SetKey((*[block.Size]byte)(sum[:]))
		p.of, p.ready = p.owner, true
	}
	return true
}

// keys gets the keys of the row's subjects. It reports false for a row of nobody, and
// where one of them is erased (L5); any other failure is no property of the record, and
// stops who masks it.
func (r *about) keys() bool {
	return r.known && r.key(&r.of[0], &r.digest) && (!r.both || r.key(&r.of[1], &r.other))
}

func (r *about) key(of *subject.About, digest *subject.Digest) bool {
	var err error
	of.Digest = *digest
	if of.At, err = r.subjects.Key(digest, &of.Key); err != nil && !errors.Is(err, subject.ErrErased) {
		r.failed = fmt.Errorf("key of a subject: %w", err)
	}
	return err == nil
}

// second is the row's second subject, or nil.
func (r *about) second() *subject.About {
	if r.both {
		return &r.of[1]
	}
	return nil
}
