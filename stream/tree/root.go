package tree

import (
	"crypto/sha256"

	"lethe/stream"
	"lethe/stream/lanes"
)

// nodes is how many inner nodes are hashed at once.
const nodes = 64

// Root is the RFC 6962 §2.1 Merkle tree hash over leaf hashes. The root of no
// leaves is SHA-256 of nothing. The slice is used as scratch space.
func Root(leaves []stream.Hash) stream.Hash {
	if len(leaves) == 0 {
		return sha256.Sum256(nil)
	}
	var w struct {
		hasher   lanes.Hasher
		messages [nodes]lanes.Message
		inner    [nodes][1 + 2*lanes.Size]byte
	}
	// L4: combining neighbours level by level and moving an odd last one up gives
	// the same tree as splitting at the largest power of two.
	for n := len(leaves); n > 1; n = (n + 1) / 2 {
		for from := 0; from < n/2; from += nodes {
			run := min(nodes, n/2-from)
			for k := range run {
				b, i := &w.inner[k], from+k
				b[0] = 0x01
				copy(b[1:], leaves[2*i][:])
				copy(b[1+lanes.Size:], leaves[2*i+1][:])
				w.messages[k] = lanes.Message{Data: b[:], Out: (*[lanes.Size]byte)(&leaves[i])}
			}
			w.hasher.Sum(w.messages[:run]) // L6
		}
		if n%2 == 1 {
			leaves[n/2] = leaves[n-1]
		}
	}
	return leaves[0]
}
