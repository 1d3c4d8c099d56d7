//go:build !amd64 || purego

package detect

const native = false

func classify(*block, *byte, int) {}

func edges(*int32, *int32, *uint8, *block, int) int { return 0 }

func judge(*uint8, *int32, *int32, int, *byte, int, *[tellersSize]uint64) {}
