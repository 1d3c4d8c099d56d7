package detect

import (
	"bytes"
	"slices"
	"testing"
)

// sameBlocks fails if the blocks of a text, as this machine makes them or as any
// machine does, say something else of a byte than a look at that byte does.
func sameBlocks(t *testing.T, text []byte) {
	t.Helper()
	want := make([]block, (len(text)+blockSize-1)/blockSize)
	for i, c := range text {
		b, at := &want[i/blockSize], uint64(1)<<(i%blockSize)
		for is, bits := range map[string]*uint64{
			"0123456789": &b.digit, "ABCDEFGHIJKLMNOPQRSTUVWXYZ": &b.upper, "abcdefghijklmnopqrstuvwxyz": &b.lower,
			"\xC2\xE2\xE3\xEF\xB9": &b.odd, "@:": &b.mark, "\n;|!?.": &b.stop,
		} {
			if bytes.IndexByte([]byte(is), c) >= 0 {
				*bits |= at
			}
		}
		if c >= 0x80 {
			b.high |= at
		}
	}
	var f Finder
	f.classify(text)
	if !slices.Equal(f.blocks, want) {
		t.Fatalf("%x: %x, want %x", text, f.blocks, want)
	}
	any := make([]block, len(want))
	if classifyBytes(any, text); !slices.Equal(any, want) {
		t.Fatalf("%x: by bytes %x, want %x", text, any, want)
	}
}

func TestL6BlocksAreTheSameWithAndWithoutInstructionsOfTheCPU(t *testing.T) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	text := bytes.Repeat(every, 3)
	for from := range 70 {
		for to := from + 1; to < len(text); to += 1 + to%7 {
			sameBlocks(t, text[from:to])
		}
	}
}

func FuzzBlocksAreTheSameInBothWays(f *testing.F) {
	for _, text := range mixedTexts() {
		f.Add(text)
	}
	f.Fuzz(sameBlocks)
}
