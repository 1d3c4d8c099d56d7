package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"lethe/stream"
)

// Limits of an ingest transaction.
const (
	ingestAge   = 50 * time.Millisecond
	ingestBytes = 4 << 20
	// A source that has caught up commits this soon: the cost of a transaction
	// is a few milliseconds.
	ingestIdle = 5 * time.Millisecond
)

// ingestTx is the open transaction.
type ingestTx struct {
	open    bool
	began   time.Time
	touched time.Time // when the source last gave something
	bytes   int
	outputs outputs
	next    stream.Position
	in      int64
	changes int64
	streams map[string]stream.Int64
	newest  int64 // commit time of the newest change, ms
	arena   []byte
	entries []pendingEntry
	told    []announcement
	number  stream.Int64 // of the last announcements
	idle    bool         // the source had nothing more
}

// took notes that a batch is in it.
func (tx *ingestTx) took(b stream.Batch, now time.Time) {
	tx.changes += int64(b.Changes)
	tx.next = stream.Position{Label: b.Position.Label, State: append([]byte(nil), b.Position.State...)}
	tx.idle, tx.touched = b.CaughtUp, now
}

// full says whether to end it after a batch.
func (tx *ingestTx) full(now time.Time) bool {
	age := now.Sub(tx.began)
	return tx.bytes >= ingestBytes || age >= ingestAge || tx.idle && age >= ingestIdle
}

// stale says whether to end it while the source gives nothing.
func (tx *ingestTx) stale(now time.Time) bool {
	return now.Sub(tx.touched) >= ingestIdle || now.Sub(tx.began) >= ingestAge
}

// lines are the streams' lines in the receipt, in the order of their names.
func (tx *ingestTx) lines() []stream.StreamCount {
	var out []stream.StreamCount
	for _, name := range slices.Sorted(maps.Keys(tx.streams)) {
		out = append(out, stream.StreamCount{Stream: name, In: tx.streams[name], Delivered: tx.streams[name]})
	}
	return out
}

type pendingEntry struct {
	kind string
	body any
}

func (w *ingestWriter) begin() error {
	if w.tx.open {
		return nil
	}
	if err := w.client.BeginTransaction(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	w.tx = ingestTx{open: true, began: w.Now(), streams: make(map[string]stream.Int64), arena: w.tx.arena[:0], number: w.at.Number}
	if err := w.encrypter.renew(); err != nil {
		return err
	}
	return w.announce()
}

// end commits the open transaction: flush, so that offsets are known; receipt
// and position; commit; then the source may forget.
func (w *ingestWriter) end() error {
	if !w.tx.open {
		return nil
	}
	var next positionRecord
	// L3: records, receipt and position, or none of them.
	_, err := w.audit.commit(context.Background(), func() (err error) {
		next, err = w.describe()
		return err
	}, w.audit.end)
	if err != nil {
		return err
	}
	w.settled(next)
	if w.tx.idle {
		w.caughtUp()
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitWithin)
	defer cancel()
	return w.source.Commit(ctx, w.tx.next)
}

// describe writes the entries, the receipt and the position.
func (w *ingestWriter) describe() (next positionRecord, err error) {
	if err := w.takeOver(); err != nil {
		return next, err
	}
	if err := w.writeAnnouncements(); err != nil {
		return next, err
	}
	for _, e := range w.tx.entries {
		if err := w.audit.entry(e.kind, e.body); err != nil {
			return next, err
		}
	}
	opened, err := w.writeOpenings()
	if err != nil {
		return next, err
	}
	reached, err := w.receipt()
	if err != nil {
		return next, err
	}
	next = positionRecord{Label: w.tx.next.Label, State: w.seal.Seal(w.tx.next.State), Revisions: w.Revisions, Number: w.tx.number, Topics: w.RawTopics,
		Undecided: slices.Sorted(maps.Keys(w.undecided)), Opened: opened, Again: w.again, Period: w.encrypter.current,
		Worker: w.audit.ledger.Worker(), Heads: heads{w.Source: reached}}
	return next, w.audit.writePosition(w.Source, next)
}

// receipt writes what became of the records, if there are any, and gives the head
// of the chain after it.
func (w *ingestWriter) receipt() (head, error) {
	if w.tx.in == 0 {
		return w.head, nil
	}
	w.leaves.Flush()
	if err := w.tx.outputs.check(); err != nil {
		return head{}, err
	}
	part := stream.Part{Topic: w.Source, Prev: w.head.Hash, From: w.head.To, To: w.tx.next.Label,
		In: stream.Int64(w.tx.in), Changes: stream.Int64(w.tx.changes), Out: w.tx.outputs.receipts()}
	hash, err := stream.HashPart(part)
	if err != nil {
		return head{}, err
	}
	return head{hash, part.To}, w.audit.receipts(stream.Receipt{Stage: stream.StageIngest, Source: w.Source,
		Keys: w.encrypter.current, Streams: w.tx.lines(), Parts: []stream.Part{part}}, nil)
}

// settled makes what was committed the state to go on from, and tells of it.
func (w *ingestWriter) settled(next positionRecord) {
	w.at, w.head, w.owned, w.tx.open = next, next.Heads[w.Source], true, false
	w.announced.Store(true)
	w.measure(done{stage: stream.StageIngest, name: w.Source, began: w.tx.began,
		in: w.tx.in, out: w.tx.outputs.records(), bytes: int64(w.tx.bytes), newest: w.tx.newest})
}
