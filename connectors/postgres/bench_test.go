package postgres

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"lethe/stream"
)

const benchRows = 100000

// cpu is the processor time that this process used.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchDatabase(b *testing.B) *database {
	d := newDatabase(b)
	d.exec(`CREATE TABLE customer (id int PRIMARY KEY, email text, name text, national_id text, active bool, created timestamptz,
		balance numeric(12,2), phone text, notes text, score float8, address jsonb, city int, born date)`)
	return d
}

func fillCustomers(from int) string {
	return fmt.Sprintf(`INSERT INTO customer SELECT i, 'user' || i || '@example.org', 'สมชาย ใจดี ' || i, '1-2345-67890-12-3', i %% 2 = 0, now(),
		i / 7.0, NULL, repeat('some longer note "quoted" ', 6), i / 3.0, '{"city": "Bangkok", "zip": 10110}', i %% 77, '2000-01-01'
		FROM generate_series(%d, %d) i`, from, from+benchRows-1)
}

// benchRead counts records until n have come and reports the processor time of each.
func benchRead(b *testing.B, src stream.Source, p stream.Position, n int) stream.Position {
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	start, used, got := time.Now(), cpu(), 0
	var last stream.Position
	src.Read(ctx, p, func(batch stream.Batch) error {
		got += len(batch.Records)
		last = stream.Position{Label: batch.Position.Label, State: append([]byte(nil), batch.Position.State...)}
		if got >= n && batch.CaughtUp {
			cancel()
		}
		return nil
	})
	if got != n {
		b.Fatalf("%d records, want %d", got, n)
	}
	b.ReportMetric(float64(n)/time.Since(start).Seconds(), "rows/s")
	b.ReportMetric(float64((cpu()-used).Nanoseconds())/float64(n), "cpu-ns/row")
	return last
}

func BenchmarkSnapshot(b *testing.B) {
	d := benchDatabase(b)
	d.exec(fillCustomers(1))
	for b.Loop() {
		benchRead(b, d.open(nil), stream.Position{}, benchRows)
	}
}

func BenchmarkStream(b *testing.B) {
	d := benchDatabase(b)
	at := benchRead(b, d.open(nil), stream.Position{}, 0)
	for from := 1; b.Loop(); from += benchRows {
		d.exec(fillCustomers(from))
		at = benchRead(b, d.open(nil), at, benchRows)
	}
}
