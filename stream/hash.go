package stream

import "crypto/sha256"

// HashPart is the hash that the next part of the chain carries as Prev, so that
// none can be left out or changed (L4): the SHA-256 of the part's canonical JSON
// (RFC 8785).
func HashPart(p Part) (Hash, error) {
	b, err := Canonical(p)
	if err != nil {
		return Hash{}, err
	}
	return sha256.Sum256(b), nil
}
