package siem

import (
	"context"
	"io"
	"testing"

	"lethe/audit"
	"lethe/audit/siem"
	"lethe/audit/siem/format"
	"lethe/audit/siem/siemtest"
)

// BenchmarkFormat writes events of a log as runs write it, one after the other.
func BenchmarkFormat(b *testing.B) {
	events := siemtest.EventsOf(siemtest.View(), siemtest.AsRuns())
	for _, f := range format.All() {
		b.Run(f.Name, func(b *testing.B) {
			buf := make([]byte, 0, 1<<16)
			b.ReportAllocs()
			for i := range b.N {
				buf = f.Append(buf[:0], events[i%len(events)])
				io.Discard.Write(buf)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkMake makes an event of a leaf and writes it: all that the exporter does
// between the log and the receiver.
func BenchmarkMake(b *testing.B) {
	entries := siemtest.AsRuns()
	leaves := make([]audit.Leaf, len(entries))
	for i, e := range entries {
		leaves[i] = siemtest.Leaf(int64(i), e.JSON)
	}
	for _, f := range format.All() {
		b.Run(f.Name, func(b *testing.B) {
			m := &siem.Maker{Origin: siemtest.Origin, View: siemtest.View(), Back: func(context.Context, int64, func([]byte) bool) error { return nil }}
			buf := make([]byte, 0, 1<<16)
			b.ReportAllocs()
			for i := range b.N {
				e, err := m.Make(context.Background(), leaves[i%len(leaves)])
				if err != nil {
					b.Fatal(err)
				}
				buf = f.Append(buf[:0], e)
				io.Discard.Write(buf)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
