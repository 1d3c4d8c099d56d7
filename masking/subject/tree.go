package subject

import "lethe/masking/internal/block"

// depth is the number of levels of a tree: a leaf is named by 64 bits of a keyed
// digest. The chance that any of 10⁶ erased subjects shares its leaf with any of
// 10⁸ living ones is 10¹⁴ / 2⁶⁴ = 5.4 · 10⁻⁶; one that does is taken for erased.
const depth = 64

// seed is the secret of a node: whoever has it has every leaf below.
type seed [16]byte

// halves are the two functions that make a node's children, as Goldreich,
// Goldwasser and Micali build a pseudorandom function out of them ("How to
// construct random functions", 1986):
//
//	child b of x = π_b(x) ⊕ x
//
// which is Matyas-Meyer-Oseas with fixed-key AES: Guo, Katz, Wang, Yu,
// "Efficient and Secure Multiparty Computation from Fixed-Key Block Ciphers",
// IEEE S&P 2020 (eprint 2019/074), §7.2. π_0 and π_1 are AES-128 under two keys
// that are drawn for each tree, so the tweak of a child is its key, and trees
// share no table that an attacker could make beforehand.
//
// Why it is safe, with AES under a key that is chosen once as a random
// permutation: a seed is uniform, nothing shows it, and it is the input of one
// call of each π. Somebody who makes q calls of π and its inverse tells the
// children of N hidden nodes from random ones only by hitting one of their N
// inputs, or one of the N outputs child ⊕ seed, which are as unknown: at most
// (4qN + N²) / 2¹²⁸. An attacker who has everything but the erased sees the
// children of at most 64 hidden nodes for each of them: N = 2²⁶ at 10⁶ erasures,
// so q = 2⁷⁰ calls succeed with 2⁻³⁰. The paper's σ(x) is for callers who combine an
// output with its own input (circularity), and its second call of π for those who
// call with related inputs: a tree does neither.
//
// A halves is used by one goroutine at a time.
type halves [2]block.Cipher

// newHalves makes the functions of a tree from its salt.
func newHalves(salt *[32]byte) *halves {
	var h halves
	h[0].SetKey((*[16]byte)(salt[:16]))
	h[1].SetKey((*[16]byte)(salt[16:]))
	return &h
}

// clone returns the same functions for another goroutine.
func (h *halves) clone() *halves { return &halves{h[0].Clone(), h[1].Clone()} }

// descend replaces the seed of a node at level from, on the way to a leaf, by
// that of the node at level to.
func (h *halves) descend(s *seed, leaf uint64, from, to int) {
	if from < to {
		block.Descend(&h[0], &h[1], (*[16]byte)(s), leaf<<from, to-from)
	}
}

// child writes the child on that side of s.
func (h *halves) child(dst, s *seed, side uint64) {
	on := *s
	block.Descend(&h[0], &h[1], (*[16]byte)(&on), side<<63, 1)
	*dst = on
}

// bit is the turn that the way to a leaf takes at a level: 0 is left.
func bit(leaf uint64, level int) uint64 { return leaf >> (depth - 1 - level) & 1 }

// prefix is the way to a leaf down to a level, and zeros.
func prefix(leaf uint64, level int) uint64 { return leaf &^ (^uint64(0) >> level) }
