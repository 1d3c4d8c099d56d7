package subject

import "testing"

func BenchmarkSeal(b *testing.B) {
	w := newWorkplace(b)
	s, f := newSealer(b, w), NewField("s", "p", "1", false)
	x, y := about(b, w, 0), about(b, w, 1)
	dst, text, position := make([]byte, 0, 1024), []byte("somchai@example.com"), make([]byte, 20)
	for name, pair := range map[string][2][2]*About{
		"subject=same": {{x, nil}, {x, nil}}, "subject=other": {{x, nil}, {y, nil}}, "subjects=2": {{x, y}, {x, y}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				s.Seal(dst, text, f, position, pair[i%2][0], pair[i%2][1])
			}
		})
	}
	token := s.Seal(nil, text, f, position, x, nil)
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Open(dst, token, f, position, func(_ Locator, _ *Digest, key *Key) error { *key = x.Key; return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDigest(b *testing.B) {
	d, err := NewDigester(fixed{}, "id.internal")
	must(b, err)
	var digest Digest
	id := []byte("1234567890")
	b.ReportAllocs()
	for b.Loop() {
		d.Digest(&digest, id)
	}
}
