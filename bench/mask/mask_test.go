package main

import (
	"bytes"
	"testing"

	"lethe/masking"
	"lethe/stream"
)

func TestEventsAreTheSameInEveryRunAndOfTheSizeThatIsClaimed(t *testing.T) {
	const n = 20_000
	shapes := []shape{customers(false)}
	a, b := events(1, n, shapes, false), events(1, n, shapes, false)
	size := 0
	for i := range a {
		if !bytes.Equal(a[i].Value, b[i].Value) || !bytes.Equal(a[i].Key, b[i].Key) {
			t.Fatalf("event %d is another one", i)
		}
		size += len(a[i].Value)
	}
	if mean := size / n; mean < 816 || mean > 836 {
		t.Errorf("events of %d bytes, want 826", mean)
	}
}

func TestL1NoClearValueOfAMaskedColumnLeavesTheWorkloads(t *testing.T) {
	for name, shapes := range map[string][]shape{"customers": {customers(false)}, "mixed": mixed()} {
		t.Run(name, func(t *testing.T) {
			records := events(2, 3000, shapes, name == "mixed")
			rewrite := map[string]*masking.Rewriter{}
			for _, s := range shapes {
				w, err := masking.Compile(s.plan(), keys{})
				if err != nil {
					t.Fatal(err)
				}
				rewrite[s.name] = w
			}
			counts := map[string]int64{}
			for i, r := range records {
				var out stream.Masked
				w := rewrite[r.Stream]
				if err := w.Process(r, &out); err != nil {
					t.Fatal(err)
				}
				w.Finish()
				w.Counts(func(c stream.FieldCount, n int64) { counts[c.Operator] += n })
				for _, clear := range [][]byte{[]byte("@example.org"), r.Key[len(`{"id":`) : len(r.Key)-1]} {
					if bytes.Contains(out.Value, clear) || bytes.Contains(out.Key, clear) {
						t.Fatalf("event %d shows a masked value", i)
					}
				}
			}
			if counts["hmac"] < int64(len(records)) || counts["detect"] < int64(len(records)) {
				t.Errorf("too little was masked: %v", counts)
			}
		})
	}
}
