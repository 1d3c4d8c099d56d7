package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"lethe/connectors"
	"lethe/stream"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// follower reads beside the test and keeps copies of what it was given.
type follower struct {
	t      testing.TB
	src    stream.Source
	ctx    context.Context
	cancel context.CancelFunc
	ended  chan error

	mu      sync.Mutex
	batches []stream.Batch
	hold    chan struct{} // emit waits for it where it is not nil
}

func (d *database) follow(p stream.Position, over connectors.Config) *follower {
	d.t.Helper()
	return d.followHeld(p, over, nil)
}

// followHeld makes emit wait for hold before each batch.
func (d *database) followHeld(p stream.Position, over connectors.Config, hold chan struct{}) *follower {
	d.t.Helper()
	f := &follower{t: d.t, src: d.open(over), ended: make(chan error, 1), hold: hold}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	go func() { f.ended <- f.src.Read(f.ctx, p, f.emit) }()
	d.t.Cleanup(f.stop)
	return f
}

func (f *follower) emit(b stream.Batch) error {
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-f.ctx.Done():
			return f.ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b.Records = slices.Clone(b.Records)
	for i := range b.Records {
		r := &b.Records[i]
		r.Key, r.Value, r.Unchanged = bytes.Clone(r.Key), bytes.Clone(r.Value), slices.Clone(r.Unchanged)
	}
	b.Position.State = bytes.Clone(b.Position.State)
	f.batches = append(f.batches, b)
	return nil
}

func (f *follower) stop() {
	if f.cancel == nil {
		return
	}
	f.cancel()
	f.cancel = nil
	select {
	case <-f.ended:
	case <-time.After(patience):
		f.t.Error("Read did not end")
	}
	f.src.Close()
}

func (f *follower) given() []stream.Batch {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.batches)
}

func (f *follower) records() []stream.Record {
	var out []stream.Record
	for _, b := range f.given() {
		out = append(out, b.Records...)
	}
	return out
}

func (f *follower) until(what string, ok func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); {
		select {
		case err := <-f.ended:
			f.ended <- err
			f.t.Fatalf("Read ended before %s: %v", what, err)
		case <-time.After(2 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("no %s after %s; %d records given", what, patience, len(f.records()))
		}
	}
}

// take waits for n records and returns them.
func (f *follower) take(n int) []stream.Record {
	f.t.Helper()
	f.until("records", func() bool { return len(f.records()) >= n })
	return f.records()[:n]
}

func (f *follower) untilCaughtUp() {
	f.t.Helper()
	f.until("end of what is there", func() bool {
		b := f.given()
		return len(b) > 0 && b[len(b)-1].CaughtUp
	})
}

func (f *follower) last() stream.Position {
	b := f.given()
	return b[len(b)-1].Position
}

// envelope is a record's value in its parts.
type envelope struct {
	Before, After json.RawMessage
	Op            string
	TS            int64 `json:"ts_ms"`
	Source        struct {
		Connector, Name, Snapshot, DB, Schema, Table string
		TxID                                         uint32 `json:"txId"`
		LSN                                          uint64
	}
}

func parse1(t testing.TB, r stream.Record) envelope {
	t.Helper()
	var e envelope
	if err := json.Unmarshal(r.Value, &e); err != nil {
		t.Fatalf("a record is no JSON: %v", err)
	}
	return e
}

// rows are what the records add up to, by key, applied by seq as a sink does.
func rows(t testing.TB, records []stream.Record) map[string]string {
	t.Helper()
	type cell struct {
		seq stream.Seq
		row string
	}
	at := map[string]cell{}
	for _, r := range records {
		key := r.Stream + string(r.Key)
		if old, ok := at[key]; ok && bytes.Compare(old.seq[:], r.Seq[:]) >= 0 {
			continue
		}
		e := parse1(t, r)
		row := string(e.After)
		if e.Op == "d" {
			row = ""
		}
		at[key] = cell{r.Seq, row}
	}
	out := map[string]string{}
	for k, c := range at {
		if c.row != "" {
			out[k] = c.row
		}
	}
	return out
}
