package subject

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// erasures is how many subjects are erased where a benchmark says that some are;
// LETHE_TEST_LARGE adds a million.
func erasures() []int {
	if os.Getenv("LETHE_TEST_LARGE") != "" {
		return []int{0, 10_000, 1_000_000}
	}
	return []int{0, 10_000}
}

// erasedOf is a workplace where n random subjects are erased.
func erasedOf(tb testing.TB, n int) (*workplace, *rand.ChaCha8) {
	tb.Helper()
	w, r := newWorkplace(tb), rand.NewChaCha8([32]byte{9})
	for done := uint64(0); done < uint64(n); {
		batch := make([][32]byte, min(250_000, n-int(done)))
		for i := range batch {
			r.Read(batch[i][:])
		}
		done += uint64(len(batch))
		must(tb, w.Puncture(context.Background(), done, batch))
	}
	must(tb, w.Lease(uint64(n)))
	return w, r
}

// stored is how many bytes a cover's files are, and how many of them it needs.
func stored(tb testing.TB, w *workplace) (all, live int64) {
	tb.Helper()
	c, err := w.newest()
	must(tb, err)
	for _, u := range c.files {
		all, live = all+u.Size, live+u.Live
	}
	return all, live
}

func BenchmarkKeyCold(b *testing.B) {
	for _, n := range erasures() {
		b.Run(named(n), func(b *testing.B) {
			w, r := erasedOf(b, n)
			digest, key := [32]byte{}, [32]byte{}
			start := time.Now()
			w.config.Clock = func() time.Duration { return time.Since(start) }
			w.Store = &Store{config: w.config}
			must(b, w.Lease(0))
			k := w.Subjects("7y")
			for i := range uint64(1 << 17) { // the pages are read
				binary.BigEndian.PutUint64(digest[:], i<<47)
				k.Key(&digest, &key)
			}
			b.ReportAllocs()
			i := r.Uint64()
			for b.Loop() {
				i += 0x9e3779b97f4a7c15
				binary.BigEndian.PutUint64(digest[:], i)
				if _, err := k.Key(&digest, &key); err != nil {
					b.Fatal(err)
				}
			}
			_, live := stored(b, w)
			b.ReportMetric(float64(live), "B-cover")
		})
	}
}

func named(n int) string {
	switch n {
	case 0:
		return "erased=0"
	case 10_000:
		return "erased=10000"
	}
	return "erased=1000000"
}

func BenchmarkKeyCached(b *testing.B) {
	w, r := erasedOf(b, 100)
	for name, clock := range map[string]func() time.Duration{
		"clock=still": func() time.Duration { return 0 },
		"clock=time":  func() func() time.Duration { t := time.Now(); return func() time.Duration { return time.Since(t) } }(),
	} {
		b.Run(name, func(b *testing.B) {
			w.config.Clock = clock
			w.Store = &Store{config: w.config}
			must(b, w.Lease(0))
			k := w.Subjects("7y")
			var digests [256][32]byte
			var key [32]byte
			for i := range digests {
				r.Read(digests[i][:])
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				if _, err := k.Key(&digests[i%256], &key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

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
			if _, err := s.Open(dst, token, f, position, func(_ Locator, _, key *[32]byte) error { *key = x.Key; return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDigest(b *testing.B) {
	d, err := NewDigester(fixed{}, "id.internal")
	must(b, err)
	var digest [32]byte
	id := []byte("1234567890")
	b.ReportAllocs()
	for b.Loop() {
		d.Digest(&digest, id)
	}
}

// What it costs to erase: each is a new version on disk, and so a dozen syncs.
func BenchmarkPuncture(b *testing.B) {
	for _, n := range erasures() {
		w, r := erasedOf(b, n)
		for _, batch := range []int{1, 1000} {
			b.Run(named(n)+"/batch="+map[int]string{1: "1", 1000: "1000"}[batch], func(b *testing.B) {
				digests := make([][32]byte, batch)
				last, err := w.Last()
				must(b, err)
				for b.Loop() {
					for i := range digests {
						r.Read(digests[i][:])
					}
					last++
					must(b, w.Puncture(context.Background(), last, digests))
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*batch), "µs/erased")
			})
		}
	}
}
