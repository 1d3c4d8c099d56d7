package report

import (
	"testing"
	"time"
)

// BenchmarkGather reads a log: reports over a million receipts are to take less than
// ten seconds.
func BenchmarkGather(b *testing.B) {
	l := newLedger(b)
	moved(l, 10_000, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	r := logOf(b, l.entries)
	b.ResetTimer()
	for b.Loop() {
		if _, err := Gather(b.Context(), r, "shop", time.Time{}, time.Time{}, Wants{Details: true, Objects: true}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(l.entries)*b.N)/b.Elapsed().Seconds(), "entries/s")
}
