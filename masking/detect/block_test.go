package detect

import (
	"bytes"
	"slices"
	"testing"
)

// inBothWays are the blocks of a text as the machine's instructions and as any
// machine makes them.
func inBothWays(text []byte) (fast, any []block) {
	n := (len(text) + blockSize - 1) / blockSize
	fast, any = make([]block, n), make([]block, n)
	classify(&fast[0], &text[0], len(text))
	classifyBytes(any, text)
	return fast, any
}

func TestL6BlocksAreTheSameWithAndWithoutInstructionsOfTheCPU(t *testing.T) {
	if !native {
		t.Skip("this CPU, or this build, has one way only")
	}
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	text := bytes.Repeat(every, 3)
	for from := range 70 {
		for to := from + 1; to < len(text); to += 1 + to%7 {
			if fast, any := inBothWays(text[from:to]); !slices.Equal(fast, any) {
				t.Fatalf("text[%d:%d]: %x, and by bytes %x", from, to, fast, any)
			}
		}
	}
}

func FuzzBlocksAreTheSameInBothWays(f *testing.F) {
	for _, text := range mixedTexts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !native || len(text) == 0 {
			return
		}
		if fast, any := inBothWays(text); !slices.Equal(fast, any) {
			t.Fatalf("%x, and by bytes %x", fast, any)
		}
	})
}
