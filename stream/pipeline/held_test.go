package pipeline_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"lethe/stream"
)

// leased is a revision whose processors' keys are taken away while a transaction
// is masked.
type leased struct {
	revision
	holds func(within time.Duration) error
}

func (l leased) Route(name string) (stream.Route, bool) {
	r, ok := l.revision.Route(name)
	r.NewProcessor = func() (stream.Processor, error) { return &leasedProcessor{holds: l.holds}, nil }
	return r, ok
}

type leasedProcessor struct {
	processor
	holds func(within time.Duration) error
}

func (p *leasedProcessor) Holds(within time.Duration) error { return p.holds(within) }

func TestL5WhatWasMaskedUnderKeysThatAreOverIsMaskedAgainAndNeverCommitted(t *testing.T) {
	onBoth(t, maskedAgain)
}

func maskedAgain(t *testing.T, r *rig) {
	const records = 30
	for i := range records {
		r.source.add(fmt.Sprint(i), "v")
	}
	r.source.add("refused", "refuse") // its key is parked by the transaction that counts, not by one before it
	var asked, refused atomic.Int64
	mask := r.mask()
	mask.Current = leased{r.policy, func(within time.Duration) error {
		if within <= 0 || within > time.Minute {
			t.Errorf("asked for %v", within)
		}
		switch n := asked.Add(1); {
		case n <= 3:
			return fmt.Errorf("cover: %w", stream.ErrStale)
		case n <= 5: // the stage fails, and is opened anew
			refused.Add(1)
			return errors.New("no lease")
		}
		return nil
	}}
	mask.Revision = func(string) (stream.Revision, error) { return mask.Current, nil }
	r.runThese(t, r.ingest(), mask)
	until(t, "all are masked", func() bool { return r.counts(t)[""].In == records+1 })
	c := r.counts(t)[person]
	if c.Delivered != records || c.Quarantined != 1 || asked.Load() < 6 || refused.Load() != 2 {
		t.Errorf("counted %+v after %d questions", c, asked.Load())
	}
	if q := r.quality(t, records); q.Rows != records || q.Nulls["v"] != records {
		t.Errorf("quality counts what was masked again: %+v", q)
	}
}
