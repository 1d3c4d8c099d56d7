package digit

import (
	"testing"
	"unicode"
)

func TestEightAtATimeAreThoseOneByOne(t *testing.T) {
	text := []byte("01234567890123456789")
	for i := range text {
		was := text[i]
		for c := range 256 {
			text[i] = byte(c)
			if All(text) != (c >= '0' && c <= '9') || Is(byte(c)) != All(text[i:i+1]) {
				t.Fatalf("byte %#x at %d: %v", c, i, All(text))
			}
		}
		text[i] = was
	}
	if !All(nil) || Two([]byte("42 ")) != 42 {
		t.Error("nothing is no digit, or 42 is not 42")
	}
}

func TestDigitsOfAScriptFollowItsZero(t *testing.T) {
	n := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		zero, ok := Zero(r)
		if !ok {
			continue
		}
		if n++; !unicode.IsDigit(r) || r-zero > 9 {
			t.Errorf("%q is no digit after %q", r, zero)
		}
	}
	if n != 30 {
		t.Errorf("%d digits", n)
	}
}
