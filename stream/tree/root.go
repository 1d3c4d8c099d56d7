package tree

import (
	"crypto/sha256"

	"lethe/stream"
	"lethe/stream/lanes"
)

// Root is the RFC 6962 §2.1 Merkle tree hash over leaf hashes. The root of no
// leaves is SHA-256 of nothing. The slice is used as scratch space.
func Root(leaves []stream.Hash) stream.Hash {
	if len(leaves) == 0 {
		return sha256.Sum256(nil)
	}
	var h lanes.Hasher
	// L4: combining neighbours level by level and moving an odd last one up gives
	// the same tree as splitting at the largest power of two.
	for n := len(leaves); n > 1; n = (n + 1) / 2 {
		lanes.Pairs(&h, leaves[:n]) // L6
		if n%2 == 1 {
			leaves[n/2] = leaves[n-1]
		}
	}
	return leaves[0]
}
