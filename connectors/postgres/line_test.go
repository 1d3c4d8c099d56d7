package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"lethe/connectors"
	"lethe/stream"
)

func TestTheServerHearsFromUsWhileABatchIsBeingStored(t *testing.T) {
	d := newDatabase(t)
	d.exec("ALTER DATABASE " + d.name + " SET wal_sender_timeout = '1s'")
	d.exec("CREATE TABLE a (id int PRIMARY KEY, v text)")
	hold := make(chan struct{}, 1)
	hold <- struct{}{}
	f := d.followHeld(stream.Position{}, nil, hold)
	f.untilCaughtUp()
	// More than the inbox and the sockets hold, so that the server waits too.
	d.exec("INSERT INTO a SELECT i, repeat('x', 1000) FROM generate_series(1, 40000) i")
	pid := d.value("SELECT active_pid FROM pg_replication_slots WHERE slot_name = '" + d.name + "'")
	time.Sleep(3 * time.Second)
	if now := d.value("SELECT active_pid FROM pg_replication_slots WHERE slot_name = '" + d.name + "'"); now != pid || pid == "" {
		t.Errorf("the connection was lost while emit waited: process %q, then %q", pid, now)
	}
	close(hold)
	f.take(40000)
}

func TestTheSlotMovesOnWithCommitAndNeverBefore(t *testing.T) {
	d, f := started(t, "CREATE TABLE a (id int PRIMARY KEY)", nil)
	confirmed := func() string {
		return d.value("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '" + d.name + "'")
	}
	start := confirmed()
	d.exec("INSERT INTO a VALUES (1)")
	f.take(1)
	time.Sleep(300 * time.Millisecond)
	if now := confirmed(); now != start {
		t.Fatalf("the slot went from %s to %s before anything was committed", start, now)
	}
	at := f.last()
	if err := f.src.Commit(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	f.until("the slot at the committed position", func() bool { return confirmed() == at.Label })
	// Idle: the position follows the log, and so the slot can.
	d.exec("SELECT pg_logical_emit_message(true, 'others', 'x')")
	f.until("a position beyond", func() bool { return f.last().Label != at.Label })
	if err := f.src.Commit(t.Context(), f.last()); err != nil {
		t.Fatal(err)
	}
	f.until("the slot beyond", func() bool { return confirmed() != at.Label })
	// An older position does not take it back.
	beyond := confirmed()
	if err := f.src.Commit(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	if confirmed() < beyond {
		t.Error("the slot went back")
	}
}

func TestTheSlotsLagIsMeasured(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE a (id int PRIMARY KEY)")
	var lag atomic.Int64
	lag.Store(-1)
	src, err := Connector().OpenSource(connectors.Env{Workspace: "test", Name: "crm", Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Gauge: func(name, help string) func(float64) {
			if name != "postgres_slot_lag_bytes" {
				return func(float64) {}
			}
			return func(v float64) { lag.Store(int64(v)) }
		}}, d.config(nil))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- src.Read(ctx, stream.Position{}, func(stream.Batch) error { return nil }) }()
	until := func(least int64) {
		t.Helper()
		for deadline := time.Now().Add(patience); lag.Load() < least; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the gauge says %d", lag.Load())
			}
		}
	}
	until(0)
	d.exec("INSERT INTO a SELECT generate_series(1, 20000)")
	until(1000000)
	cancel()
	<-done
}

// Connections are cut, again and again, while rows are written: each change is
// given once.
func TestL2ALostConnectionIsOpenedAgainWhereItWas(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE a (id int PRIMARY KEY, v int); INSERT INTO a SELECT i, 0 FROM generate_series(1, 2000) i;
		CREATE TABLE log (n int); INSERT INTO log SELECT generate_series(1, 300)`)
	f := d.follow(stream.Position{}, small(nil))
	f.take(1)
	n := 0
	for i := range 6 {
		for range 40 {
			n++
			d.exec(fmt.Sprintf("BEGIN; INSERT INTO a VALUES (%d, 0), (%d, 0); INSERT INTO log VALUES (%d); COMMIT", 10000+n, 20000+n, 300+n))
		}
		d.exec(fmt.Sprintf("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s' AND application_name = 'lethe' AND backend_type = '%s'",
			d.name, []string{"walsender", "client backend"}[i%2]))
	}
	// The changes of the source are told apart by key; rows of a snapshot that
	// was begun again are void.
	f.until("all rows", func() bool { return len(live(t, f)) == 2000+2*n+300+n })
	f.untilCaughtUp()
	seqs := map[stream.Seq]bool{}
	for _, r := range f.records() {
		if seqs[r.Seq] {
			t.Fatal("a record was given twice")
		}
		seqs[r.Seq] = true
	}
}

// live are the records that count: of a keyed table one a key, of the other all
// but the void.
func live(t *testing.T, f *follower) map[string]bool {
	void := map[string]bool{}
	for _, b := range f.given() {
		for _, v := range b.Void {
			void[v.Snapshot] = true
		}
	}
	out := map[string]bool{}
	for _, r := range f.records() {
		if !void[r.Seq.String()[:24]] {
			out[r.Stream+string(parse1(t, r).After)] = true
		}
	}
	return out
}

func TestLargeRowsMakeSmallBatches(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE doc (id int PRIMARY KEY, body text); ALTER TABLE doc ALTER body SET STORAGE EXTERNAL")
	d.exec("INSERT INTO doc SELECT i, repeat('0123456789', 100000) FROM generate_series(1, 40) i")
	f := d.follow(stream.Position{}, nil)
	f.take(40)
	f.untilCaughtUp()
	d.exec("INSERT INTO doc SELECT i + 100, repeat('0123456789', 100000) FROM generate_series(1, 20) i")
	f.take(60)
	for _, b := range f.given() {
		bytes := 0
		for _, r := range b.Records {
			bytes += len(r.Value)
		}
		if bytes > 3<<20 {
			t.Errorf("a batch of %d bytes", bytes)
		}
	}
}

// A row filter is one of the few things of a user that run while changes are
// sent; here it comes after reading began.
func TestL7WhatTheServerSaysOfARowInTheStreamIsNotRepeated(t *testing.T) {
	d := newDatabase(t)
	d.exec("CREATE TABLE a (id int PRIMARY KEY, v text); ALTER TABLE a REPLICA IDENTITY FULL")
	src := d.open(nil)
	defer src.Close()
	ended := make(chan error, 1)
	begun := make(chan struct{})
	var once sync.Once
	go func() {
		ended <- src.Read(t.Context(), stream.Position{}, func(b stream.Batch) error {
			if b.CaughtUp {
				once.Do(func() { close(begun) })
			}
			return nil
		})
	}()
	select {
	case <-begun:
	case err := <-ended:
		t.Fatal(err)
	}
	d.exec("ALTER PUBLICATION lethe_test_crm SET TABLE ONLY a WHERE (octet_length(decode(v, 'hex')) > 0)")
	d.exec("INSERT INTO a VALUES (1, 'xylophone')")
	err := <-ended
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "22023" {
		t.Fatalf("Read ended with %v", err)
	}
	if strings.Contains(err.Error(), "hexadecimal") || pg.Detail+pg.Where+pg.Hint != "" {
		t.Errorf("the error repeats what the server said: %+v", pg)
	}
}
