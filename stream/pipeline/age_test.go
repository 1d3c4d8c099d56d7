package pipeline_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"lethe/stream"
	"lethe/stream/pipeline"
)

func TestL2RecordsThatAConnectionDoesNotMaskAreKeptAndTold(t *testing.T) { onBoth(t, overdue) }

func overdue(t *testing.T, r *rig) {
	var ahead atomic.Int64
	var log lockedBuffer
	r.base.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	r.base.Log = slog.New(slog.NewTextHandler(&log, nil))
	r.source.add("k", "v")
	ingest, mask, deletion := r.ingest(), r.mask(), r.deletion()
	deletion.Every = 10 * time.Millisecond
	deletion.MaxAge = 7 * 24 * time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: ingest.Run}, {Name: pipeline.DeletionJob, Run: deletion.Run}})
	})
	t.Cleanup(func() { cancel(); group.Wait() })

	raw := r.base.Topics.Raw(stream.PII, "src")
	m := r.base.Metrics
	until(t, "the raw record's age is told", func() bool {
		return value(m.RawAge, raw, "lake") > 0
	})
	if value(m.RawOverdue, raw, "lake") != 0 {
		t.Fatal("overdue before its time")
	}
	ahead.Add(int64(8 * 24 * time.Hour))
	until(t, "the record is overdue", func() bool { return value(m.RawOverdue, raw, "lake") == 1 })
	before := value(m.RawAge, raw, "lake")
	ahead.Add(int64(24 * time.Hour))
	until(t, "its age grows", func() bool { return value(m.RawAge, raw, "lake") > before })
	if n := log.count("raw_max_age; none is deleted"); n != 1 {
		t.Errorf("told %d times, want once", n)
	}
	for p, start := range starts(t, r, raw) {
		if start != 0 {
			t.Errorf("partition %d begins at %d: a record was deleted that nobody has masked", p, start)
		}
	}
	group.Go(func() { r.base.Keep(ctx, mask.Title(), mask.Run) })
	until(t, "nothing is overdue once it is masked", func() bool {
		return value(m.RawOverdue, raw, "lake") == 0 && value(m.RawAge, raw, "lake") == 0
	})
}

// until waits for something that other goroutines do.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func value(g *prometheus.GaugeVec, labels ...string) float64 {
	var m dto.Metric
	if g.WithLabelValues(labels...).Write(&m) != nil {
		return -1
	}
	return m.GetGauge().GetValue()
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Count(l.b.Bytes(), []byte(s))
}
