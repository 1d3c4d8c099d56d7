package pipeline_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"lethe/stream"
)

func TestL4DetailsAndMetricsTellWhatDeliveredRowsWereLike(t *testing.T) { onBoth(t, toldQuality) }

func toldQuality(t *testing.T, r *rig) {
	for i := range 30 {
		r.source.add(string(rune('a'+i%26)), []string{"v", "refuse"}[i/26])
	}
	r.runThese(t, r.ingest(), r.mask())
	until(t, "all are masked", func() bool { return r.counts(t)[""].In == 30 })
	if q := r.quality(t, 26); q.Rows != 26 || q.Nulls["v"] != 26 || q.Newest != 1500 {
		t.Errorf("details say %+v", q)
	}
	m := r.base.Metrics.Quality
	if n := counted(m.Violations, "lake", person, "v", "operator"); n != 4 {
		t.Errorf("%v violations", n)
	}
	if n := counted(m.Nulls, "lake", person, "v"); n != 26 {
		t.Errorf("%v nulls", n)
	}
	if at := value(m.Newest, "lake", person); at != 1.5 {
		t.Errorf("newest at %v", at)
	}
}

// quality adds up what the details of mask receipts say of the stream, once the
// metrics tell of so many rows.
func (r *rig) quality(t *testing.T, rows float64) (all stream.Quality) {
	t.Helper()
	until(t, "the rows are told", func() bool { return counted(r.base.Metrics.Quality.Rows, "lake", person) == rows })
	details := r.details(t)
	for _, b := range r.receipts(t) {
		if b.Stage == stream.StageMask && b.Detail != nil {
			if c := read[stream.MaskDetail](t, details[*b.Detail]).Streams[person]; c != nil {
				all.Add(&c.Quality)
			}
		}
	}
	return all
}

func counted(c *prometheus.CounterVec, labels ...string) float64 {
	var m dto.Metric
	if c.WithLabelValues(labels...).Write(&m) != nil {
		return -1
	}
	return m.GetCounter().GetValue()
}
