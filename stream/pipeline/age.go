package pipeline

import (
	"context"
	"slices"
	"time"
)

// wait is a connection's unfinished business with one raw topic.
type wait struct{ topic, connection string }

// lookAtAges measures the age of the oldest raw record that each connection has
// still to mask, and tells once when it becomes greater than MaxAge.
func (w *deleter) lookAtAges(ctx context.Context, at map[reader]int64) error {
	oldest := make(map[wait]time.Time)
	for r, offset := range at {
		of := wait{r.topic, r.connection}
		first, err := w.first(ctx, spot{r.place, offset})
		if err != nil {
			return err
		}
		if t, ok := oldest[of]; !ok || t.IsZero() || !first.time.IsZero() && first.time.Before(t) {
			oldest[of] = first.time
		}
	}
	for of, written := range oldest {
		var age time.Duration
		if !written.IsZero() {
			age = max(0, w.Now().Sub(written))
		}
		w.tellAge(of, age)
	}
	return nil
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
	next := "find what stops mask " + of.connection + " in this log and mend it: the records are deleted once it has masked them"
	if !slices.Contains(w.Connections[of.topic], of.connection) {
		next = "lethe.yaml here does not name this connection: run the machine that does, or name it again and it masks them;\n" +
			"or write `given_up: [" + of.connection + "]` in lethe.yaml: then it holds nothing, and can never have them"
	}
	w.Log.Warn("raw records have waited for a connection for longer than raw_max_age; none is deleted",
		"topic", of.topic, "connection", of.connection, "age", age.Round(time.Second).String(), "raw_max_age", w.MaxAge.String(),
		"next", next)
}

// forgetAges takes the ages out of the metrics: whoever deletes next tells them.
func (w *deleter) forgetAges() {
	w.Metrics.RawAge.Reset()
	w.Metrics.RawOverdue.Reset()
}
