//go:build !amd64 || purego

package lanes

const native = false

func blocks(*[8][width]uint32, *[width]*byte, int) {}

func macs(*[2 * 8][width]uint32, *[width]*Key, *[width]*byte, *[width]*[Size]byte) {}
