//go:build !amd64 || purego

package block

const native = false

func expand(*[11 * Size]byte, *[Size]byte) {}

func encrypt(*[11 * Size]byte, *[Size]byte, *[Size]byte) {}

func descend(_, _ *[11 * Size]byte, _ *[Size]byte, _ uint64, _ int) {}
