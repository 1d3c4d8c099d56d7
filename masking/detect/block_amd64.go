//go:build !purego

package detect

import "golang.org/x/sys/cpu"

// native says whether the CPU has the instructions.
var native = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW

// classify writes the blocks of the n bytes at text, at least one.
//
//go:noescape
func classify(blocks *block, text *byte, n int)
