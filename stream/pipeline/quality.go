package pipeline

import (
	"github.com/prometheus/client_golang/prometheus"

	"lethe/stream"
)

// Quality are the metrics of what rows were like, of delivered records unless
// they say otherwise: see stream.Quality. They bear connection and stream, some a
// field's path as its contract names it.
type Quality struct {
	Rows       *prometheus.CounterVec
	Nulls      *prometheus.CounterVec // field
	Empties    *prometheus.CounterVec // field
	Violations *prometheus.CounterVec // field, reason: of quarantined records
	Keys       *prometheus.CounterVec // kind: insert, repeat, read, reread
	Newest     *prometheus.GaugeVec   // Unix time
	Library    *prometheus.CounterVec
}

func newQuality(counter func(name, help string, labels ...string) *prometheus.CounterVec, gauge func(name, help string, labels ...string) *prometheus.GaugeVec) Quality {
	return Quality{
		Rows:       counter("quality_rows_total", "Rows delivered: what inserts, updates and reads leave behind.", "connection", "stream"),
		Nulls:      counter("quality_nulls_total", "Values of rows that are null.", "connection", "stream", "field"),
		Empties:    counter("quality_empties_total", "Values of rows that are a text, array or object with nothing in it.", "connection", "stream", "field"),
		Violations: counter("quality_violations_total", "Records refused for what the contract asks of a field or its operator cannot hide; schema.<keyword> names a JSON Schema keyword.", "connection", "stream", "field", "reason"),
		Keys:       counter("quality_keys_total", "Records with op c (insert) and r (read), and of these an estimate of those whose key came before (repeat, reread); where rows are polled, rereads are changes.", "connection", "stream", "kind"),
		Newest:     gauge("quality_newest_timestamp_seconds", "When the source committed the newest change that was delivered: time() minus it is how fresh the stream is.", "connection", "stream"),
		Library:    counter("quality_library_rows_total", "Rows, refused ones too, of which the JSON Schema library decided a value, about a hundred times slower than the masking pass: the contract asks what is not compiled into it, or the value is out of the ordinary.", "connection", "stream"),
	}
}

// tellQuality tells what a stream's rows were like.
func (w *maskWorker) tellQuality(name string, c *stream.MaskCount) {
	m, q := &w.Metrics.Quality, &c.Quality
	add := func(to *prometheus.CounterVec, n stream.Int64, labels ...string) {
		if n > 0 {
			to.WithLabelValues(append([]string{w.Connection, name}, labels...)...).Add(float64(n))
		}
	}
	add(m.Rows, q.Rows)
	add(m.Library, q.Library)
	for field, n := range q.Nulls {
		add(m.Nulls, n, field)
	}
	for field, n := range q.Empties {
		add(m.Empties, n, field)
	}
	for reason, fields := range c.Quarantined {
		for field, n := range fields {
			if field != "" {
				add(m.Violations, n, field, reason)
			}
		}
	}
	add(m.Keys, q.Keys.Inserts, "insert")
	add(m.Keys, q.Keys.Repeats, "repeat")
	add(m.Keys, q.Keys.Reads, "read")
	add(m.Keys, q.Keys.Rereads, "reread")
	if q.Newest > w.newest[name] { // partitions come in any order
		w.newest[name] = q.Newest
		m.Newest.WithLabelValues(w.Connection, name).Set(float64(q.Newest) / 1000)
	}
}
