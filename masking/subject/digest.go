package subject

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"

	"lethe/stream"
)

// Digester makes the digests that subjects are known by: HMAC-SHA-256 of an
// identifier in its normal form, under the keyring's secret "subject/<domain>". It is
// used by one goroutine, and allocates nothing.
//
// Two identifiers of one person are two subjects here. Who links them by their
// digests stands between a Digester and Subjects.
type Digester struct {
	key stream.Value
	mac hash.Hash
	sum []byte
}

// NewDigester returns the Digester of an element domain (id.internal).
func NewDigester(keys Keyring, domain string) (*Digester, error) {
	secret, err := keys.Secret("subject/" + domain)
	if err != nil {
		return nil, fmt.Errorf("key of subjects in %s: %w", domain, err)
	}
	return newDigester(stream.NewValue(secret)), nil
}

func newDigester(key stream.Value) *Digester {
	return &Digester{key, hmac.New(sha256.New, key.Reveal()), make([]byte, 0, sha256.Size)}
}

// Clone returns the same for another goroutine.
func (d *Digester) Clone() *Digester { return newDigester(d.key) }

// Digest writes the digest of an identifier in its normal form.
func (d *Digester) Digest(digest *Digest, id []byte) {
	d.mac.Reset()
	d.mac.Write(id)
	*digest = Digest(d.mac.Sum(d.sum[:0]))
}
