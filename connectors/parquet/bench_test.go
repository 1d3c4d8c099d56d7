package parquet_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lethe/stream"
)

// customers is a batch of rows of twelve mixed columns, about 430 bytes each,
// as the mask stage writes them.
func customers(b testing.TB, n int) stream.Rows {
	schema := typed(b, "id", "string", "email", "string", "name", "string", "status", "string",
		"age", "int16", "balance", "decimal(12,2)", "score", "float64", "active", "bool",
		"born", "date", "created_at", "timestamptz", "tags", "array<string>", "profile", "json")
	out := stream.Rows{Schema: schema, Policy: "0123456789abcdef",
		Range: stream.Range{Topic: topic, From: 0, To: int64(n)}}
	var hex string
	for i := range n {
		hex = fmt.Sprintf("%016x%016x", uint64(i)*0x9E3779B97F4A7C15, uint64(i)*0xC2B2AE3D27D4EB4F)
		value := fmt.Sprintf(`{"before":null,"after":{"id":"%s","email":"%s","name":"[redacted]","status":"%s","age":%d,"balance":"%d.%02d","score":%g,"active":%t,"born":"19%02d-%02d-%02dZ","created_at":"2024-%02d-%02dT%02d:30:15.%06dZ","tags":["a%d","b"],"profile":{"tier":%d,"opts":[1,2,3],"note":"[redacted]"}},"source":null,"op":"c","ts_ms":%d}`,
			hex, hex[8:], []string{"new", "active", "closed"}[i%3], 18+i%60, i%100000, i%100, float64(i)/7, i%2 == 0, i%99, 1+i%12, 1+i%28, 1+i%12, 1+i%28, i%24, i%1000000, i%7, i%4, 1700000000000+i)
		out.List = append(out.List, stream.Row{Key: []byte(`{"id":"` + hex + `"}`),
			Value: []byte(value), Offset: int64(i), Seq: stream.NewSeq(0, uint64(i), 0)})
	}
	return out
}

func BenchmarkLoadTwelveMixedColumns(b *testing.B) {
	const n = 100_000
	in := customers(b, n)
	s := open(b, b.TempDir())
	var bytes int64
	for _, r := range in.List {
		bytes += int64(len(r.Key) + len(r.Value))
	}
	b.SetBytes(bytes)
	b.ReportAllocs()
	before := cpu(b)
	for i := 0; b.Loop(); i++ {
		in.Range.Partition = int32(i) // an object of its own each time
		if _, err := s.Load(context.Background(), in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(bytes)/n, "B/record")
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N)/n, "cpu-µs/record")
}

// cpu is the processor time that the process has used.
func cpu(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
