//go:build !purego

package lanes

import "golang.org/x/sys/cpu"

// native says whether the CPU has the instructions.
var native = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW

// blocks takes the n blocks, at least one, at in[i] into column i of state, for
// all lanes.
//
//go:noescape
func blocks(state *[8][width]uint32, in *[width]*byte, n int)

// macs writes to out the HMACs of messages of one padded block each.
//
//go:noescape
func macs(scratch *[2 * 8][width]uint32, keys *[width]*Key, in *[width]*byte, out *[width]*[Size]byte)
