//go:build !purego

package lanes

import "golang.org/x/sys/cpu"

// wide says whether the CPU has the instructions for sixteen messages at once.
var wide = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW

// paired says whether it has those for two. CPUs with the SHA extensions and
// without BMI2 are no servers; asked for, it turns this way off and nothing of the
// standard library's (GODEBUG=cpu.bmi2=off).
var paired = cpu.X86.HasAVX2 && cpu.X86.HasBMI2 && shaExtensions()

// sixteen hashes the messages of a group, the longest of which has most blocks.
//
//go:noescape
func sixteen(in *group, scratch *[2 * 8][width]uint32, most int, keyed bool)

// pairs16 writes at out the digests of 0x01 and two neighbours of the 32 at in.
//
//go:noescape
func pairs16(scratch *[2 * 8][width]uint32, in, out *byte)

// two takes the blocks of both runs into their states.
//
//go:noescape
func two(a, b *run)

func shaExtensions() bool
