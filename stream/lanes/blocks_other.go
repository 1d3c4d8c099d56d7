//go:build !amd64 || purego

package lanes

const native = false

func blocks(*[8][width]uint32, *[width]*byte, int) {}
