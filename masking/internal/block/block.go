// Package block encrypts single blocks by AES-128 under keys that change often.
//
// crypto/aes allocates for each key and takes blocks through an interface; of a
// subject's first value that is most of the cost. Where the CPU has the
// instructions they are used here directly; elsewhere, and with build tag purego,
// crypto/aes is, with the same results.
//
// It knows nothing of modes. A Cipher is used by one goroutine at a time.
package block

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// Size is the size of a block and of a key.
const Size = 16

// Cipher is AES-128 under one key.
type Cipher struct {
	round [11 * Size]byte // the round keys, for the instructions

	soft    cipher.Block // without them
	in, out [Size]byte   // what soft works on: what goes through an interface is allocated
}

// SetKey makes c the cipher of a key.
func (c *Cipher) SetKey(key *[Size]byte) {
	if native {
		expand(&c.round, key)
		return
	}
	c.in = *key
	c.soft, _ = aes.NewCipher(c.in[:]) // the size is one of those it takes
	clear(c.in[:])
}

// Clone returns the cipher of the same key for another goroutine.
func (c *Cipher) Clone() Cipher { return Cipher{round: c.round, soft: c.soft} }

// Encrypt writes the encrypted src to dst, which may be the same block.
func (c *Cipher) Encrypt(dst, src *[Size]byte) {
	if native {
		encrypt(&c.round, dst, src)
		return
	}
	c.in = *src
	c.soft.Encrypt(c.out[:], c.in[:])
	*dst = c.out
}

// Descend replaces s by E(s) ⊕ s, once for each of the highest bits of way: under
// left where the bit is 0, under right where it is 1.
func Descend(left, right *Cipher, s *[Size]byte, way uint64, bits int) {
	if native {
		descend(&left.round, &right.round, s, way, bits)
		return
	}
	for ; bits > 0; bits-- {
		c := left
		if way>>63 == 1 {
			c = right
		}
		c.in = *s
		c.soft.Encrypt(c.out[:], c.in[:])
		subtle.XORBytes(s[:], c.out[:], c.in[:])
		way <<= 1
	}
}
