//go:build !amd64 || purego

package members

const native = false

func stopsOf(*byte, *byte, int) bool { return false }

func validUTF8(*byte, int) bool { return false }

func listed(*byte, int, *byte, int, *spelling, *int32, int, int, uint64, *Member, int) int { return 0 }
