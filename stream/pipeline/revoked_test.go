package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// fencing revokes the key of whoever makes an entry, between the entry and its place on
// the audit topic, as many times as it has room for.
type fencing struct {
	t    *testing.T
	base *rig

	mu      sync.Mutex
	current int // worker
	left    int
	made    int
	revoked map[int]bool
	met     int
}

// fenced is a run of one of the workers.
type fenced struct {
	ledger
	in     *fencing
	worker int
}

func (f *fencing) open() (stream.Ledger, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &fenced{in: f, worker: f.current}, nil
}

func (l *fenced) Entry(kind string, body any) ([]byte, error) {
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	l.in.made++
	if l.worker == l.in.current && l.in.left > 0 && l.in.made%3 == 0 {
		l.in.revoke()
	}
	return json.Marshal(map[string]any{"kind": kind, "body": body, "sig": "worker", "by": l.worker})
}

// revoke fences the present worker, and tells of it on the audit topic.
func (f *fencing) revoke() {
	f.revoked[f.current] = true
	told, _ := json.Marshal(map[string]any{"kind": stream.EntryRevoke, "body": nil, "sig": "log", "by": f.current})
	if err := f.base.base.Cluster.Append(context.Background(), "revoker", f.base.base.Topics.Audit(), [][]byte{told}, nil); err != nil {
		f.t.Error(err)
	}
	f.current, f.left = f.current+1, f.left-1
}

func (l *fenced) Stands(context.Context) error {
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	if l.in.revoked[l.worker] {
		l.in.met++
		return fmt.Errorf("worker %d: %w", l.worker, stream.ErrRevoked)
	}
	return nil
}

func TestL2L4NothingStandsBehindARevocationAndNothingIsLostOrDoubled(t *testing.T) {
	onBoth(t, behindRevocation)
}

func behindRevocation(t *testing.T, r *rig) {
	const times, each = 8, 60
	f := &fencing{t: t, base: r, left: times, revoked: make(map[int]bool)}
	r.base.Ledger = f.open
	stop := r.run(t)
	rows := 0
	more := func() {
		for i := range each {
			r.source.add(fmt.Sprintf("k%d", i%7), fmt.Sprintf("v%d", rows+i))
		}
		rows += each
		r.wait(t, rows)
	}
	for f.more() {
		more()
	}
	more()
	stop()
	r.checkReceipts(t, int64(rows))
	gone, entries := make(map[int]bool), 0
	err := r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Audit(), 0, 0, func(rec *kgo.Record) error {
		var e struct {
			Kind string
			By   int
		}
		if err := json.Unmarshal(rec.Value, &e); err != nil {
			return err
		}
		entries++
		if gone[e.By] {
			t.Errorf("offset %d: a %s of worker %d stands behind its revocation", rec.Offset, e.Kind, e.By)
		}
		gone[e.By] = gone[e.By] || e.Kind == stream.EntryRevoke
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(gone) < times || f.met < times {
		t.Errorf("%d entries of %d workers, of whom %d met their revocation in a transaction", entries, len(gone), f.met)
	}
	t.Logf("%d entries, %d transactions aborted", entries, f.met)
}

func (f *fencing) more() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.left > 0
}
