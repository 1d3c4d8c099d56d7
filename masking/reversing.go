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
	owner    [keySize]byte // of the row's subject
	of       [keySize]byte // the subject's key that cipher has its key from
	ready    bool
	from     []byte // what a cipher's key is made of
	x, radix []uint16
}

// newPermuter takes the keys of an operator's field.
func newPermuter(operator string, f Field, shop workshop) (*permuter, error) {
	p := &permuter{purpose: operator + "/" + shop.epoch + "/" + f.Domain, under: f.Erasable}
	if p.under {
		return p, shop.openSubjects()
	}
	var err error
	p.key, err = shop.secret(operator, f.Domain)
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
	if !r.key(&p.owner) {
		return false
	}
	if !p.ready || p.of != p.owner {
		p.from = append(append(p.from[:0], p.owner[:]...), p.purpose...)
		sum := sha256.Sum256(p.from)
		p.cipher.SetKey((*[block.Size]byte)(sum[:]))
		p.of, p.ready = p.owner, true
	}
	return true
}

// key gives the key of the row's subject. It reports false for a row of nobody,
// and for an erased subject; any other failure is no property of the record, and
// stops who masks it.
func (r *about) key(key *[keySize]byte) bool {
	if !r.known {
		return false
	}
	at, err := r.subjects.Key(&r.digest, key)
	if err != nil && !errors.Is(err, subject.ErrErased) {
		r.failed = fmt.Errorf("key of a subject: %w", err)
	}
	r.locator = at
	return err == nil
}
