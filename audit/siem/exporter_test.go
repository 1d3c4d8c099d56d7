package siem_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
	"lethe/audit/siem"
	"lethe/audit/siem/format"
	"lethe/audit/siem/siemtest"
)

// topic is an audit topic with markers between the entries.
type topic struct{ entries [][]byte }

// Read implements audit.Feed.
func (t *topic) Read(ctx context.Context, from int64, emit func(int64, []byte) error) error {
	for i := (from + 1) / 2; i < int64(len(t.entries)); i++ {
		if err := emit(2*i, t.entries[i]); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

// written is a log of n entries on disk.
func written(t *testing.T, dir string, n int, signer note.Signer) {
	t.Helper()
	all := siemtest.Entries()
	tp := &topic{}
	for i := range n {
		tp.entries = append(tp.entries, all[i%len(all)].JSON)
	}
	f, err := audit.NewFollower(audit.Config{Dir: dir, Signer: signer, Feed: tp, Name: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Follow(ctx) }()
	if err := f.Await(t.Context(), int64(2*(n-1))); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func logKey(t *testing.T) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := audit.NewLogKey(siemtest.Origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

// receiver has what it was sent, and fails when it is told to.
type receiver struct {
	mu      sync.Mutex
	ids     []string
	indexes []int64
	actions []siem.Action
	fails   int  // so many batches
	stored  bool // a batch that fails is stored all the same
	open    int
}

func (r *receiver) Send(_ context.Context, batch []siem.Item) (siem.Sent, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	failing := r.fails > 0
	if failing {
		r.fails--
	}
	if !failing || r.stored {
		for _, i := range batch {
			r.ids, r.indexes, r.actions = append(r.ids, i.Event.ID), append(r.indexes, i.Event.Log.Index), append(r.actions, i.Event.Action)
		}
	}
	if failing {
		return siem.Sent{}, errors.New("receiver: it is away")
	}
	return siem.Sent{}, nil
}

func (r *receiver) Close(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	return nil
}

// cursor is kept in memory, and fails when it is told to.
type cursor struct {
	mu     sync.Mutex
	at     int64
	stores int
	fails  int
}

func (c *cursor) Load(context.Context) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at, nil
}

func (c *cursor) Store(_ context.Context, at int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stores++; c.fails > 0 {
		c.fails--
		return errors.New("cursor: no broker")
	}
	if at < c.at {
		return fmt.Errorf("cursor goes back from %d to %d", c.at, at)
	}
	c.at = at
	return nil
}

func exporter(t *testing.T, dir string, v note.Verifier, r *receiver, c *cursor, change func(*siem.Config)) *siem.Exporter {
	t.Helper()
	cfg := siem.Config{Dir: dir, Verifier: v, Cursor: c, Log: slog.New(slog.DiscardHandler), Now: time.Now, Poll: time.Millisecond,
		Destination: siem.Destination{Name: "soc", View: siemtest.View(), Format: format.All()[0], Most: 100, Open: func(context.Context) (siem.Transport, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.open++
			return r, nil
		}}}
	if change != nil {
		change(&cfg)
	}
	x, err := siem.NewExporter(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// until runs an exporter until it has drained.
func until(t *testing.T, x *siem.Exporter, done func() bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); x.Run(ctx) }()
	if done == nil {
		if err := x.Drained(ctx); err != nil {
			t.Error(err)
		}
	} else {
		for !done() {
			time.Sleep(time.Millisecond)
		}
	}
	stop()
	<-ended
}

func TestL2EveryLeafIsExportedInOrderAndAfterARestartFromWhereTheReceiverStood(t *testing.T) {
	signer, v := logKey(t)
	dir := t.TempDir()
	written(t, dir, 700, signer)
	r, c := &receiver{}, &cursor{}
	until(t, exporter(t, dir, v, r, c, nil), nil)
	written(t, dir, 1000, signer)
	x := exporter(t, dir, v, r, c, nil)
	until(t, x, nil)
	if len(r.indexes) != 1000 || r.open != 0 {
		t.Fatalf("%d events, %d transports left open", len(r.indexes), r.open)
	}
	for i, at := range r.indexes {
		if at != int64(i) {
			t.Fatalf("event %d is of leaf %d", i, at)
		}
	}
	if s := x.Status(); s.Sent != 300 || s.Waiting != 0 || s.Failed != 0 || !s.Oldest.IsZero() || !s.Since.IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestL2WhatFailsIsSentAgainAndNothingIsLeftOut(t *testing.T) {
	signer, v := logKey(t)
	dir := t.TempDir()
	written(t, dir, 450, signer)
	for _, stored := range []bool{false, true} {
		r, c := &receiver{fails: 2, stored: stored}, &cursor{fails: 1}
		x := exporter(t, dir, v, r, c, nil)
		until(t, x, nil)
		ids := slices.Compact(slices.Sorted(slices.Values(r.ids)))
		if len(ids) != 450 || !slices.Contains(r.indexes, 449) {
			t.Errorf("stored %t: %d events of 450", stored, len(ids))
		}
		if s := x.Status(); s.Failed != 3 || !s.Since.IsZero() {
			t.Errorf("stored %t: %+v", stored, s)
		}
		if again := len(r.ids) - len(ids); again == 0 || again > 300 {
			t.Errorf("stored %t: %d came again", stored, again)
		}
	}
}

func TestADestinationGetsWhatIsSevereEnough(t *testing.T) {
	signer, v := logKey(t)
	dir := t.TempDir()
	written(t, dir, len(siemtest.Entries()), signer)
	r, c := &receiver{}, &cursor{}
	until(t, exporter(t, dir, v, r, c, func(cfg *siem.Config) { cfg.Destination.Least = siem.High }), nil)
	want := []siem.Action{siem.ControlForged, siem.PolicyWeaken, siem.Reveal, siem.EntryRefused, siem.WorkerRevoke, siem.Enrol}
	if !slices.Equal(r.actions, want) || c.at == 0 {
		t.Errorf("got %v, want %v", r.actions, want)
	}
}

func TestL4OfALogThatWasChangedNothingGoesOutButAnAlert(t *testing.T) {
	signer, v := logKey(t)
	dir := t.TempDir()
	written(t, dir, 100, signer)
	bundles, err := filepath.Glob(filepath.Join(dir, "tile/entries/000.p/*"))
	if err != nil || len(bundles) == 0 {
		t.Fatal("no bundle", err)
	}
	for _, name := range bundles {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 1
		os.Chmod(name, 0o644)
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, c := &receiver{}, &cursor{}
	x := exporter(t, dir, v, r, c, nil)
	until(t, x, func() bool { return x.Status().Failed > 1 })
	if !slices.Equal(r.actions, []siem.Action{siem.LogDamaged}) || c.at != 0 {
		t.Errorf("got %v, cursor at %d", r.actions, c.at)
	}
}

func TestACheckpointThatIsOldIsAnAlertOnce(t *testing.T) {
	signer, v := logKey(t)
	dir := t.TempDir()
	written(t, dir, 1, signer)
	synctest.Test(t, func(t *testing.T) {
		r, c := &receiver{}, &cursor{}
		since := time.Now()
		x := exporter(t, dir, v, r, c, func(cfg *siem.Config) {
			cfg.Behind, cfg.Poll = func() time.Time { return since }, time.Second
		})
		ctx, stop := context.WithCancel(t.Context())
		go x.Run(ctx)
		time.Sleep(9 * time.Minute)
		before := len(r.actions)
		time.Sleep(40 * time.Minute)
		stop()
		synctest.Wait()
		if before != 1 || !slices.Equal(r.actions[1:], []siem.Action{siem.CheckpointStale}) {
			t.Errorf("before %d, then %v", before, r.actions)
		}
	})
}

func TestAnExporterWithoutWhatItNeedsIsRefused(t *testing.T) {
	if _, err := siem.NewExporter(siem.Config{}); err == nil {
		t.Error("an exporter needs nothing")
	}
}
