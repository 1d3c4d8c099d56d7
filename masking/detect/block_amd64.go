//go:build !purego

package detect

import "golang.org/x/sys/cpu"

// native says whether the CPU has the instructions.
var native = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512VBMI2 && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT

// classify writes the blocks of the n bytes at text, at least one.
//
//go:noescape
func classify(blocks *block, text *byte, n int)

// edges writes where the runs of n blocks begin and end and what is before them,
// and some more behind that; it returns how many begin.
//
//go:noescape
func edges(starts, ends *int32, flags *uint8, blocks *block, n int) int

// judge sets the flags of n runs, and some behind those, in a text of last+8 bytes.
//
//go:noescape
func judge(flags *uint8, starts, ends *int32, n int, text *byte, last int, tellers *[tellersSize]uint64)
