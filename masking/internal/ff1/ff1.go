// Package ff1 permutes strings of numerals under a key: FF1 of NIST SP 800-38G,
// and the same Feistel network where every place of the string has a radix of its
// own.
//
// It knows nothing of texts: who calls it turns characters into numerals, and
// refuses what has too few values to hide in ([MinDomain]). It allocates nothing.
// A Cipher is used by one goroutine at a time.
package ff1

import (
	"crypto/subtle"
	"encoding/binary"
	"math/bits"

	"lethe/masking/internal/block"
)

const (
	// MinDomain is the least number of strings that a permutation may have: NIST SP
	// 800-38G Revision 1 asks for a million, since a smaller one can be tried through.
	MinDomain = 1_000_000
	// MaxLen is how many numerals a string may have.
	MaxLen = 256

	rounds = 10
	// A half of MaxLen numerals of radix 2^16 has 128·16 bits; a round's number is
	// up to 64 bits longer.
	words = 128*16/32 + 4
)

// Cipher is FF1 with AES-128 under one key.
type Cipher struct {
	aes block.Cipher

	// Of the call in work.
	state [block.Size]byte // of the CBC-MAC, after what all rounds begin with
	tail  [block.Size]byte // of the tweak: what fills no block
	rest  int              // how many bytes of tail
	half  int              // bytes of a half's number: b of the standard
	wide  int              // bytes of a round's number: d of the standard
	n     [words]uint32    // a number, least significant word first
	text  [4*words + 2*block.Size]byte
}

// SetKey makes c the cipher of a key.
func (c *Cipher) SetKey(key *[block.Size]byte) { c.aes.SetKey(key) }

// Domain reports whether strings with these radixes are at least MinDomain.
func Domain(radix []uint16) bool {
	n := uint64(1)
	for _, r := range radix {
		if n *= uint64(r); n >= MinDomain {
			return true
		}
	}
	return false
}

// Encrypt permutes x, of which x[i] is less than radix[i], in place. Where all
// radixes are one, it is FF1.Encrypt with that radix. Both have 2 to MaxLen
// places.
func (c *Cipher) Encrypt(x, radix []uint16, tweak []byte) {
	u := c.begin(radix, tweak)
	for i := range rounds {
		from, to := x[u:], x[:u]
		rf, rt := radix[u:], radix[:u]
		if i&1 == 1 {
			from, to, rf, rt = to, from, rt, rf
		}
		c.mix(i, from, rf)
		c.shift(to, rt, false)
	}
}

// Decrypt undoes Encrypt.
func (c *Cipher) Decrypt(x, radix []uint16, tweak []byte) {
	u := c.begin(radix, tweak)
	for i := rounds - 1; i >= 0; i-- {
		from, to := x[u:], x[:u]
		rf, rt := radix[u:], radix[:u]
		if i&1 == 1 {
			from, to, rf, rt = to, from, rt, rf
		}
		c.mix(i, from, rf)
		c.shift(to, rt, true)
	}
}

// begin settles what is the same in all rounds, and returns where the halves
// part: in the middle, as the standard has it, or for mixed radixes where both
// have about as many values.
func (c *Cipher) begin(radix []uint16, tweak []byte) int {
	n := len(radix)
	u, uniform := n/2, true
	for _, r := range radix[1:] {
		uniform = uniform && r == radix[0]
	}
	if !uniform {
		u = middle(radix)
	}
	c.half = size(radix[u:])
	if !uniform {
		c.half = max(c.half, size(radix[:u]))
	}
	c.wide = 4*((c.half+3)/4) + 4

	// P of the standard. It has none for mixed radixes: 0 stands there in the place
	// of the radix, and the radixes follow.
	p := append(c.text[:0], 1, 2, 1)
	if uniform {
		p = append(p, 0, byte(radix[0]>>8), byte(radix[0]))
	} else {
		p = append(p, 0, 0, 0)
	}
	p = append(p, rounds, byte(u))
	p = binary.BigEndian.AppendUint32(p, uint32(n))
	p = binary.BigEndian.AppendUint32(p, uint32(len(tweak)))
	if !uniform {
		for _, r := range radix {
			p = binary.BigEndian.AppendUint16(p, r)
		}
		for len(p)%block.Size != 0 {
			p = append(p, 0)
		}
	}
	clear(c.state[:])
	c.absorb(&c.state, p)
	whole := len(tweak) / block.Size * block.Size
	c.absorb(&c.state, tweak[:whole])
	c.rest = copy(c.tail[:], tweak[whole:])
	return u
}

// middle is where a string of mixed radixes parts: its halves have values as near
// to each other in number as places allow.
func middle(radix []uint16) int {
	total := 0
	for _, r := range radix {
		total += milliBits(r)
	}
	sum := 0
	for i, r := range radix {
		if next := sum + milliBits(r); 2*next >= total {
			if i > 0 && (total-2*sum <= 2*next-total || i+1 == len(radix)) {
				return i
			}
			return i + 1
		} else {
			sum = next
		}
	}
	return len(radix) / 2
}

// milliBits is log2 of a radix in thousandths, rounded down, by integers only: it decides where a string parts.
func milliBits(r uint16) int {
	// log2(r) = log2(r^32)/32: square five times, keeping 31 bits.
	whole := bits.Len16(r) - 1
	m, n := uint64(r)<<(31-whole), 0 // 1 ≤ m/2^31 < 2
	for range 10 {
		m = m * m >> 31
		n <<= 1
		if m >= 1<<32 {
			m >>= 1
			n |= 1
		}
	}
	return whole*1000 + n*1000/1024
}

// absorb goes on with a CBC-MAC over whole blocks.
func (c *Cipher) absorb(state *[block.Size]byte, data []byte) {
	for ; len(data) > 0; data = data[block.Size:] {
		subtle.XORBytes(state[:], state[:], data[:block.Size])
		c.aes.Encrypt(state, state)
	}
}

// mix makes the number of round i, of the half that stays, and leaves it in c.n.
func (c *Cipher) mix(i int, x, radix []uint16) {
	used := number(c.n[:], x, radix)
	q := append(c.text[:0], c.tail[:c.rest]...)
	for (len(q)+1+c.half)%block.Size != 0 {
		q = append(q, 0)
	}
	q = append(q, byte(i))
	for at := c.half - 1; at >= 0; at-- {
		b := byte(0)
		if at/4 < used {
			b = byte(c.n[at/4] >> (at % 4 * 8))
		}
		q = append(q, b)
	}
	r := c.state
	c.absorb(&r, q)

	s := append(c.text[:0], r[:]...)
	for j := uint32(1); len(s) < c.wide; j++ {
		next := r
		binary.BigEndian.PutUint32(next[12:], binary.BigEndian.Uint32(next[12:])^j)
		c.aes.Encrypt(&next, &next)
		s = append(s, next[:]...)
	}
	for at := range c.wide / 4 {
		c.n[c.wide/4-1-at] = binary.BigEndian.Uint32(s[4*at:])
	}
}

// shift adds the number in c.n to a half, place by place, or takes it away; what
// is beyond the half's values falls off.
func (c *Cipher) shift(x, radix []uint16, away bool) {
	used := c.wide / 4
	carry := uint32(0)
	for end := len(x); end > 0; {
		begin, product := end-1, uint64(radix[end-1])
		for begin > 0 && product*uint64(radix[begin-1]) < 1<<32 {
			begin--
			product *= uint64(radix[begin])
		}
		rest := divide(c.n[:used], product)
		for end > begin {
			end--
			r := uint32(radix[end])
			d := uint32(rest%uint64(r)) + carry
			rest /= uint64(r)
			v := uint32(x[end])
			if away {
				// d is at most r, so v - d + 2r is not negative.
				v += 2*r - d
				carry = 2 - v/r
			} else {
				v += d
				carry = v / r
			}
			x[end] = uint16(v % r)
		}
	}
}

// number writes the number that x is to n, and returns how many words it has.
func number(n []uint32, x, radix []uint16) (used int) {
	for i, v := range x {
		used = mulAdd(n, used, uint32(radix[i]), uint32(v))
	}
	return used
}

// mulAdd replaces a number of so many words by its product with by, plus add.
func mulAdd(n []uint32, used int, by, add uint32) int {
	carry := uint64(add)
	for i := range used {
		carry += uint64(n[i]) * uint64(by)
		n[i] = uint32(carry)
		carry >>= 32
	}
	if carry > 0 {
		n[used] = uint32(carry)
		used++
	}
	return used
}

// divide replaces a number by its quotient, and returns the rest.
func divide(n []uint32, by uint64) (rest uint64) {
	for i := len(n) - 1; i >= 0; i-- {
		rest = rest<<32 | uint64(n[i])
		n[i] = uint32(rest / by)
		rest %= by
	}
	return rest
}

// size is how many bytes hold every number below the product of the radixes: the
// largest has one less than the radix in each place.
func size(radix []uint16) int {
	var n [words]uint32
	used := 0
	for _, r := range radix {
		used = mulAdd(n[:], used, uint32(r), uint32(r)-1)
	}
	if used == 0 {
		return 0
	}
	return (32*(used-1) + bits.Len32(n[used-1]) + 7) / 8
}
