//go:build !purego

package members

import "golang.org/x/sys/cpu"

// native says whether the CPU has the instructions.
var native = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasBMI1 && cpu.X86.HasBMI2

// stopsOf sets a bit of stops for each of the n bytes at src, at least one, that is
// a quote, a backslash or a control character, and clears the others up to the end
// of the word and the next one. It reports whether there is a byte of 0x80 or above.
//
//go:noescape
func stopsOf(stops, src *byte, n int) (wide bool)

// validUTF8 reports whether the n bytes at src are UTF-8, if the last one is below
// 0x80.
//
//go:noescape
func validUTF8(src *byte, n int) bool

// listed is plainMembers for the n bytes at src, below 2³¹, whose stops are at bits:
// after is a place in names, whose index has mask+1 places. It writes no more than
// room members, at least one, and returns how many.
//
//go:noescape
func listed(src *byte, n int, bits *byte, i int, names *spelling, index *int32, mask, after int, seen uint64, members *Member, room int) int
