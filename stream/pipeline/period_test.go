package pipeline_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"lethe/stream"
	"lethe/stream/pipeline"
)

func TestL2NoClockDestroysTheKeyOfARecordThatIsNotMasked(t *testing.T) { onBoth(t, keysOutlast) }

func keysOutlast(t *testing.T, r *rig) {
	// The source's clock begins here and then runs; so far it is moved.
	began, real := time.Date(2026, 1, 31, 15, 30, 0, 0, time.UTC), time.Now()
	var moved atomic.Int64
	v := r.base.Keyring.(*keyring)
	ingest, mask, deletion := r.ingest(), r.mask(), r.deletion()
	ingest.Now = func() time.Time { return began.Add(time.Since(real) + time.Duration(moved.Load())) }
	// The clock of whoever deletes is ahead: by it every hour is over.
	deletion.Now = func() time.Time { return time.Now().Add(1000 * time.Hour) }
	deletion.Every = time.Millisecond
	r.source.add("k", "v")
	defer goRun(func(ctx context.Context) error {
		return r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: ingest.Run}})
	})()
	defer goRun(deletion.Run)()
	const hour, next = "raw/2026-01-31T15", "raw/2026-01-31T16"
	looked := func() {
		t.Helper()
		from := v.looks()
		until(t, "deletion has looked at the keys twice", func() bool { return v.looks() >= from+6 })
	}
	until(t, "the record is there", func() bool {
		return value(r.base.Metrics.RawAge, r.base.Topics.Raw(stream.PII, "src"), "lake") > 0
	})
	looked()
	if v.destroyed(hour) {
		t.Fatal("the key that the source writes under was destroyed")
	}
	moved.Add(int64(time.Hour))
	until(t, "the silent source takes the next hour's key", func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return v.keys[next] != nil
	})
	looked()
	if v.destroyed(hour) {
		t.Fatal("the key of a record that nobody has masked was destroyed")
	}
	// A clock that is set back does not lead back to an earlier key.
	moved.Add(-int64(5 * time.Hour))
	r.source.add("k", "w")
	defer goRun(mask.Run)()
	until(t, "the hour's key is destroyed once its record is masked", func() bool { return v.destroyed(hour) })
	until(t, "both records are masked", func() bool { return r.counts(t)[""].In == 2 })
	if d := r.counts(t)[person].Delivered; d != 2 {
		t.Errorf("%d records delivered, want 2", d)
	}
	looked()
	if left, _ := v.Periods("raw"); !slices.Equal(left, []string{next}) {
		t.Errorf("keys of %v are left, want that of %s", left, next)
	}
}
