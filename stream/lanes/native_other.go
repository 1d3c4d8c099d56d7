//go:build !amd64 || purego

package lanes

const wide, paired = false, false

func sixteen(*group, *[2 * 8][width]uint32, int, bool) {}

func pairs16(*[2 * 8][width]uint32, *byte, *byte) {}

func two(*run, *run) {}
