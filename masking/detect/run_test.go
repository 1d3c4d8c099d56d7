package detect

import (
	"bytes"
	"slices"
	"testing"
)

// sameRuns fails if the CPU's instructions find or judge runs of a text otherwise
// than any machine does.
func sameRuns(t *testing.T, text []byte) {
	if len(text) < 8 {
		return
	}
	fast := &Finder{vocab: vocabularyOf(), text: text}
	fast.classify(text)
	fast.cutRuns()
	slow := runs{starts: make([]int32, len(text)), ends: make([]int32, len(text)), flags: make([]uint8, len(text))}
	slow.edges(fast.blocks, len(text))
	slow.judge(text, &fast.vocab.tellers)
	n := slow.count
	if r := &fast.runs; r.count != n || !slices.Equal(r.starts[:n], slow.starts[:n]) || !slices.Equal(r.ends[:n], slow.ends[:n]) || !slices.Equal(r.flags[:n], slow.flags[:n]) {
		t.Fatalf("%q: runs %v to %v, flags %v, and by bits %v to %v, %v", text, r.starts[:r.count], r.ends[:r.count], r.flags[:r.count], slow.starts[:n], slow.ends[:n], slow.flags[:n])
	}
}

func TestL6RunsAreTheSameWithAndWithoutInstructionsOfTheCPU(t *testing.T) {
	text := bytes.Repeat([]byte("a bc-def.gh-Ijkl.MNOP qrstuvwx yzabcdefg 1 2x3 é ๑กข Mobile: 08x\nAn|on;zip"), 9)
	for from := range 80 {
		for to := from + 8; to < len(text); to += 1 + to%5 {
			sameRuns(t, text[from:to])
		}
	}
}

func FuzzRunsAreTheSameInBothWays(f *testing.F) {
	for _, text := range mixedTexts() {
		f.Add(text)
	}
	f.Fuzz(sameRuns)
}
