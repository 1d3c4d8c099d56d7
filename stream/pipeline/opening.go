package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"lethe/stream"
)

// A stream is open from the transaction of its first records on, and closed when its
// source lists it no more. Entries tell both, so that one which vanishes is missed (L4).

// writeOpenings opens the streams whose first records are in the transaction, and gives
// those that are open after it.
func (w *ingestWriter) writeOpenings() ([]string, error) {
	opened := w.at.Opened
	for _, name := range slices.Sorted(maps.Keys(w.tx.streams)) {
		if slices.Contains(w.at.Opened, name) {
			continue
		}
		if err := w.lifeEntry(stream.StreamOpen, name, ""); err != nil {
			return nil, err
		}
		opened = append(slices.Clip(opened), name)
	}
	slices.Sort(opened)
	return opened, nil
}

func (w *ingestWriter) lifeEntry(event, name, reason string) error {
	return w.audit.entry(stream.EntryStream, stream.StreamEvent{Event: event, Source: w.Source, Stream: name, Worker: w.audit.ledger.Worker(), Time: w.audit.time(), Reason: reason})
}

// closeUnlisted closes the streams that the source lists no more: somebody took them from
// its configuration, or dropped them. No transaction is open, and nothing is read yet.
func (w *ingestWriter) closeUnlisted(ctx context.Context, src stream.Source) error {
	if len(w.at.Opened) == 0 {
		return nil
	}
	listed, err := src.Discover(ctx)
	if err != nil {
		// What one stream has wrong must not keep the others from being read.
		w.Log.Warn("the source does not list its streams: those that are gone are told when it does", "source", w.Source, "error", err)
		return nil
	}
	next := w.at
	next.Opened = nil
	var gone []string
	for _, name := range w.at.Opened {
		if slices.ContainsFunc(listed, func(s stream.Schema) bool { return s.Stream == name }) {
			next.Opened = append(next.Opened, name)
		} else {
			gone = append(gone, name)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := w.client.BeginTransaction(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	next.Worker = w.audit.ledger.Worker()
	_, err = w.audit.commit(ctx, func() error {
		if err := w.takeOver(); err != nil {
			return err
		}
		for _, name := range gone {
			if err := w.lifeEntry(stream.StreamClose, name, stream.ReasonUnlisted); err != nil {
				return err
			}
		}
		return w.audit.writePosition(w.Source, next)
	}, w.audit.end)
	if err != nil {
		return err
	}
	w.at, w.owned = next, true
	return nil
}

// takeOver says that this run goes on with the chain, once.
func (w *ingestWriter) takeOver() error {
	if w.owned {
		return nil
	}
	return w.audit.takeOver(stream.Chain{Stage: stream.StageIngest, Source: w.Source, Topic: w.Source, Head: w.head.Hash, From: w.head.To})
}
