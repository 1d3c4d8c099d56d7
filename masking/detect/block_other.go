//go:build !amd64 || purego

package detect

const native = false

func classify(*block, *byte, int) {}
