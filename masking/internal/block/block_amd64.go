//go:build !purego

package block

import "golang.org/x/sys/cpu"

// native says whether the CPU has the instructions.
var native = cpu.X86.HasAES

//go:noescape
func expand(round *[11 * Size]byte, key *[Size]byte)

//go:noescape
func encrypt(round *[11 * Size]byte, dst, src *[Size]byte)

// descend is for bits > 0.
//
//go:noescape
func descend(left, right *[11 * Size]byte, s *[Size]byte, way uint64, bits int)
