package wire

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"

	"lethe/audit"
	"lethe/stream"
)

func TestL4AnEntryIsMadeAgainUnderTheNextKeyWhereItsWorkerIsRevokedMeanwhile(t *testing.T) {
	w := recaller(t)
	ctx := t.Context()
	first := w.own(t)
	made := 0
	l, err := w.write(ctx, nil, func(l stream.Ledger) ([][]byte, error) {
		if made++; made == 1 {
			revokeOwn(t, w)
		}
		e, err := l.Entry(stream.EntryShred, stream.Shred{Of: "x", First: 1, Last: 1, Worker: l.Worker()})
		return [][]byte{e}, err
	})
	if err != nil || made != 2 || l.Worker() == workerID(first) {
		t.Fatalf("made %d times, by the same worker %t, %v", made, l.Worker() == workerID(first), err)
	}
	told, err := w.recall(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if all := told.Workers.List(); len(all) != 2 || all[0].Until == nil || all[1].Until != nil || all[1].From <= 0 {
		t.Errorf("%d workers", len(all))
	}
	if told.Shreds != 1 {
		t.Errorf("the last erasure is %d", told.Shreds)
	}
}

// revokeOwn revokes the newest key of the folder, which another follows.
func revokeOwn(t *testing.T, w *Workspace) {
	t.Helper()
	r, err := w.revocation(nil, "", audit.RevokedCompromised)
	if err == nil {
		err = w.succeed(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	for id, key := range r.keys {
		if err := w.revokeOne(t.Context(), id, key, r.reason); err != nil {
			t.Fatal(err)
		}
	}
}

func TestL5WhatAnEarlierWorkerSignedIsNotForgottenAndWhatAThiefSignsIsNotHeard(t *testing.T) {
	w := recaller(t)
	first := w.own(t)
	w.tell(t, first, "a", stream.EntryShred, stream.Shred{Of: "x", First: 1, Last: 2})
	revokeOwn(t, w)
	w.tell(t, first, "b", stream.EntryShred, stream.Shred{Of: "x", First: 3, Last: 9})
	w.tell(t, w.own(t), "c", stream.EntryShred, stream.Shred{Of: "x", First: 3, Last: 4})
	for _, again := range []bool{false, true} {
		told, err := w.recall(t.Context())
		if err != nil || told.Shreds != 4 {
			t.Errorf("read again %t: the last erasure is %d, %v", again, told.Shreds, err)
		}
		w.forget(t)
	}
	// The same holds for whoever goes on from a position (L2).
	l, err := w.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	signed, err := l.Signed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	old, err := audit.NewLedger(workerID(first), first, "d")
	if err != nil {
		t.Fatal(err)
	}
	e, err := old.Entry(stream.EntryShred, stream.Shred{})
	if err != nil {
		t.Fatal(err)
	}
	if !signed(1, e) || signed(1<<40, e) {
		t.Error("an earlier worker's entry does not count where it stood, or counts behind the revocation")
	}
}

func TestL4AFolderWhoseOnlyKeyIsRevokedStops(t *testing.T) {
	w := recaller(t)
	key := w.own(t)
	own, err := w.logLedger()
	if err != nil {
		t.Fatal(err)
	}
	entry, err := audit.Revoke(own, workerID(key), key.Public().(ed25519.PublicKey), w.base.Now(), audit.RevokedRetired)
	if err != nil {
		t.Fatal(err)
	}
	stopped := func(when string) {
		t.Helper()
		var f *stream.Fault
		if _, err := w.open(t.Context()); !errors.As(err, &f) || f.Code != "run.worker_revoked" || !f.Final || f.Exit != stream.ExitEnvironment {
			t.Errorf("%s: %v", when, err)
		}
	}
	if err := w.fence.put(t.Context(), workerID(key), entry); err != nil {
		t.Fatal(err)
	}
	stopped("once it is fenced")
	// Also where the topic of revocations is lost, and the log is not.
	if err := w.append(t.Context(), [][]byte{entry}, nil); err != nil {
		t.Fatal(err)
	}
	w.lose(t, w.base.Topics.Revocations())
	w.enrolled = ""
	stopped("once the log tells of it")
}

func TestL4NothingIsProvenByAReceiptThatStandsBehindItsWorkersRevocation(t *testing.T) {
	w := recaller(t)
	first := w.own(t)
	receipt := func(run string, offset stream.Int64) {
		t.Helper()
		w.tell(t, first, run, stream.EntryReceipt, stream.Receipt{Stage: stream.StageMask, Worker: workerID(first),
			Parts: []stream.Part{{Out: []stream.Out{{Topic: "t", First: offset, Last: offset}}}}})
	}
	receipt("a", 1)
	revokeOwn(t, w)
	receipt("b", 2)
	if err := w.with(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	r, err := w.openReader()
	if err != nil {
		t.Fatal(err)
	}
	if at, err := w.receiptOf(t.Context(), r, Proving{Topic: "t", Offset: 1}); err != nil || at.claim.Enrol.Index != 0 {
		t.Errorf("before it: %v", err)
	}
	var f *stream.Fault
	if _, err := w.receiptOf(t.Context(), r, Proving{Topic: "t", Offset: 2}); !errors.As(err, &f) || f.Code != "prove.revoked" || f.Exit != stream.ExitFault {
		t.Errorf("behind it: %v", err)
	}
}
