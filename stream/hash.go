package stream

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// LeafHasher computes record leaves (FORMAT.md, "Leaves and roots"):
//
//	SHA-256(0x00 ‖ salt[16] ‖ len,key ‖ len,value ‖ len,seq ‖ len,unchanged)
//
// with lengths as u32 big-endian and 0xFFFFFFFF for null. Seq and unchanged are
// the header values as written. It is not safe for concurrent use.
type LeafHasher struct {
	h   hash.Hash
	buf []byte
}

// NewLeafHasher returns a LeafHasher.
func NewLeafHasher() *LeafHasher { return &LeafHasher{h: sha256.New()} }

// Record returns the leaf hash of one record; nil slices are null.
func (l *LeafHasher) Record(salt, key, value, seq, unchanged []byte) (out Hash) {
	b := append(l.buf[:0], 0x00)
	b = append(b, salt...)
	b = appendField(b, key)
	b = appendField(b, value)
	b = appendField(b, seq)
	b = appendField(b, unchanged)
	l.buf = b
	l.h.Reset()
	l.h.Write(b)
	l.h.Sum(out[:0])
	return out
}

func appendField(b, v []byte) []byte {
	if v == nil {
		return binary.BigEndian.AppendUint32(b, 0xFFFFFFFF)
	}
	return append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
}

// Root is the RFC 6962 §2.1 Merkle tree hash over leaf hashes. The root of no
// leaves is SHA-256 of nothing. The slice is used as scratch space.
func Root(leaves []Hash) Hash {
	if len(leaves) == 0 {
		return sha256.Sum256(nil)
	}
	// Combining neighbours level by level and moving an odd last one up gives
	// the same tree as splitting at the largest power of two.
	for n := len(leaves); n > 1; n = (n + 1) / 2 {
		for i := 0; i < n/2; i++ {
			leaves[i] = node(leaves[2*i], leaves[2*i+1])
		}
		if n%2 == 1 {
			leaves[n/2] = leaves[n-1]
		}
	}
	return leaves[0]
}

func node(l, r Hash) Hash {
	var b [65]byte
	b[0] = 0x01
	copy(b[1:], l[:])
	copy(b[33:], r[:])
	return sha256.Sum256(b[:])
}

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
