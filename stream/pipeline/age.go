package pipeline

import (
	"context"
	"time"
)

// ageEvery is how often the oldest raw records are looked at: each look reads
// one record of every partition that a connection has not finished.
const ageEvery = 30 * time.Second

// ages is what the last look found.
type ages struct {
	looked time.Time
	// oldest is when the record at an offset was written: a connection that
	// stands still is not read for again.
	oldest map[spot]time.Time
}

// spot is an offset of a partition.
type spot struct {
	place
	offset int64
}

// wait is a connection's unfinished business with one raw topic.
type wait struct{ topic, connection string }

// lookAtAges measures the age of the oldest raw record that each connection has
// still to mask, and tells once when it becomes greater than MaxAge.
func (w *deleter) lookAtAges(ctx context.Context, at map[reader]int64, ends map[place]int64) error {
	now := w.Now()
	if now.Sub(w.ages.looked) < ageEvery {
		return nil
	}
	seen := make(map[spot]time.Time)
	oldest := make(map[wait]time.Time)
	for r, offset := range at {
		of := wait{r.topic, r.connection}
		if _, ok := oldest[of]; !ok {
			oldest[of] = time.Time{}
		}
		if offset >= ends[r.place] {
			continue
		}
		written, err := w.written(ctx, seen, spot{r.place, offset})
		if err != nil {
			return err
		}
		if !written.IsZero() && (oldest[of].IsZero() || written.Before(oldest[of])) {
			oldest[of] = written
		}
	}
	w.ages = ages{looked: now, oldest: seen}
	for of, written := range oldest {
		var age time.Duration
		if !written.IsZero() {
			age = max(0, now.Sub(written))
		}
		w.tellAge(of, age)
	}
	return nil
}

// written is when the first record from s on was written; the zero time if there
// is none.
func (w *deleter) written(ctx context.Context, seen map[spot]time.Time, s spot) (time.Time, error) {
	if t, ok := seen[s]; ok {
		return t, nil
	}
	t, ok := w.ages.oldest[s]
	if !ok || t.IsZero() {
		head, err := w.first(ctx, s.place, s.offset)
		if err != nil {
			return t, err
		}
		t = head.time
	}
	seen[s] = t
	return t, nil
}

func (w *deleter) tellAge(of wait, age time.Duration) {
	w.Metrics.RawAge.WithLabelValues(of.topic, of.connection).Set(age.Seconds())
	overdue := w.Metrics.RawOverdue.WithLabelValues(of.topic, of.connection)
	if w.MaxAge == 0 || age <= w.MaxAge {
		overdue.Set(0)
		w.told.Delete(of)
		return
	}
	overdue.Set(1)
	if _, before := w.told.LoadOrStore(of, true); before {
		return
	}
	w.Log.Warn("raw records have waited for a connection for longer than raw_max_age; none is deleted",
		"topic", of.topic, "connection", of.connection, "age", age.Round(time.Second).String(), "raw_max_age", w.MaxAge.String(),
		"next", "find what stops mask "+of.connection+" in this log and mend it: the records are deleted once it has masked them")
}

// forgetAges takes the ages out of the metrics: whoever deletes next tells them.
func (w *deleter) forgetAges() {
	w.Metrics.RawAge.Reset()
	w.Metrics.RawOverdue.Reset()
}
