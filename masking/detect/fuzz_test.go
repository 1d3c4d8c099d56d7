package detect

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func FuzzFindGivesSpansOfTheText(f *testing.F) {
	for _, text := range mixedTexts() {
		f.Add(text)
	}
	f.Add([]byte("P<UTO<< ๐๘๑\u200b 4111\u00a01111‑1111 1111 password=' \xe0\xb9 eyJ.. 2001:db8::1%a 5 ม.ค. ２０２４－０１－０２ \xff@x.co"))
	f.Add([]byte("0x 1-2-3-4-5-6-7-8-9-0 (((+66) (0) 8 -----BEGIN PRIVATE KEY----- ext x1 a@b@c.d :::: ..// http://[ www. "))
	for _, text := range []string{"0(0(0(0(0(0(0", "rrrrrrrrrrrrrrrrrrrrrrrrrr", "a11111111111111111111111111z", "11111111111111111111111111z", "1111111111111111111111111z"} {
		f.Add([]byte(text))
	}
	finder, err := New(Options{Names: true})
	if err != nil {
		f.Fatal(err)
	}
	other := finder.Clone()
	f.Fuzz(func(t *testing.T, text []byte) {
		found := finder.Find(nil, text)
		last := 0
		for _, g := range found {
			if g.Start < last || g.End <= g.Start || g.End > len(text) || g.Score <= 0 || g.Score > 1 || g.Entity == "" || g.Why == "" {
				t.Fatalf("%+v after %d of %d", g, last, len(text))
			}
			last = g.End
			if utf8.Valid(text) && (!utf8.RuneStart(text[g.Start]) || g.End < len(text) && !utf8.RuneStart(text[g.End])) {
				t.Fatalf("%+v cuts a character", g)
			}
		}
		if again := other.Find(nil, text); !slices.Equal(found, again) {
			t.Fatalf("%v, and again %v", found, again)
		}
	})
}
