package masking

import "testing"

// Letters and digits are counted eight bytes at a time, where the mask character is none
// of them.
func TestPartialCountsLettersAndDigitsWhereverTheyAre(t *testing.T) {
	for _, hidden := range []rune{'*', 'x', '•'} {
		m := &partialMasker{hidden: hidden}
		for size := range 19 {
			for at := range size {
				for b := range 128 {
					text := []byte("------------------"[:size])
					text[at] = byte(b)
					want := 0
					if c := byte(b); (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') && rune(c) != hidden {
						want = 1
					}
					if got := m.telling(text); got != want {
						t.Fatalf("%q with %c: %d, want %d", text, hidden, got, want)
					}
				}
			}
		}
		if got := m.telling([]byte("aB3-5678ก1234567é--zz.8")); got != 19 {
			t.Errorf("%d with %c, want 19", got, hidden)
		}
	}
}
