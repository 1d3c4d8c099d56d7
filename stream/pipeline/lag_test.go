package pipeline_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/pipeline"
)

func TestAStageThatCommitsNothingFallsBehindAndIsNamedUntilItCommits(t *testing.T) {
	onBoth(t, stalled)
}

// stalled is a sink that fails, is mended, and then has nothing to do.
func stalled(t *testing.T, r *rig) {
	var ahead atomic.Int64
	var broken atomic.Bool
	r.base.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	r.base.Failures = new(pipeline.Failures)
	ingest, mask := r.ingest(), r.mask()
	sink := &pipeline.Sink{Base: r.base, Connection: "lake", Topics: []string{r.masked()}, RollBytes: 1 << 20, RollEvery: time.Millisecond,
		Open: func() (stream.Sink, error) {
			if broken.Load() {
				return nil, errors.New("refused")
			}
			return breakable{r.sink, &broken}, nil
		},
		Shape: func(string, string) (*stream.Schema, error) { return &stream.Schema{Stream: person}, nil }}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	t.Cleanup(func() { cancel(); group.Wait() })
	r.runThese(t, ingest, mask)
	group.Go(func() { r.base.Keep(ctx, sink.Title(), sink.Run) })
	group.Go(func() {
		r.base.WatchLag(ctx, 20*time.Millisecond, []pipeline.Watch{
			{Stage: stream.StageMask, Name: "lake", Group: r.base.Topics.MaskGroup("lake"), Topics: r.raw()},
			{Stage: stream.StageSink, Name: "lake", Group: r.base.Topics.SinkGroup("lake"), Topics: []string{r.masked()}}})
	})
	r.source.add("k", "v")
	r.wait(t, 1)
	m := r.base.Metrics
	idle := func() bool {
		return value(m.Behind, stream.StageSink, "lake") == 0 && value(m.Behind, stream.StageMask, "lake") == 0
	}
	until(t, "nothing is unread", idle)
	if f := r.base.Failures.Now(r.base.Now()); len(f) != 0 {
		t.Fatalf("failing before anything failed: %v", f)
	}

	broken.Store(true)
	r.source.add("k", "w")
	until(t, "the sink is named", func() bool {
		f := r.base.Failures.Now(r.base.Now())
		return len(f) == 1 && f[0].Stage == "sink lake" && f[0].Times > 1 && !f[0].Since.IsZero()
	})
	until(t, "a record is unread", func() bool { return value(m.Behind, stream.StageSink, "lake") > 0 })
	ahead.Add(int64(time.Hour))
	until(t, "its age grows", func() bool { return value(m.Lag, stream.StageSink, "lake") >= 3600 })

	broken.Store(false)
	r.wait(t, 2)
	until(t, "nothing is unread again", func() bool { return idle() && value(m.Lag, stream.StageMask, "lake") < 3600 })
	until(t, "no stage is named", func() bool { return len(r.base.Failures.Now(r.base.Now())) == 0 })
}

func TestTheLogIsBehindByWhatItHasNotTakenIn(t *testing.T) { onBoth(t, unfollowed) }

// unfollowed is an audit topic whose reader stands still, and then has it all.
func unfollowed(t *testing.T, r *rig) {
	var ahead, next atomic.Int64
	r.base.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	r.runThese(t, r.ingest(), r.mask())
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	t.Cleanup(func() { cancel(); group.Wait() })
	group.Go(func() { r.base.WatchLag(ctx, 20*time.Millisecond, []pipeline.Watch{r.base.WatchLog(next.Load)}) })
	r.source.add("k", "v")
	m, ws := r.base.Metrics, r.base.Topics.Workspace
	until(t, "an entry is not in the log", func() bool { return value(m.Behind, pipeline.StageLog, ws) > 0 })
	ahead.Add(int64(time.Hour))
	until(t, "its age grows", func() bool { return value(m.Lag, pipeline.StageLog, ws) >= 3600 })
	until(t, "the log has it all", func() bool {
		end := int64(0)
		err := r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Audit(), 0, 0, func(k *kgo.Record) error {
			end = k.Offset + 1
			return nil
		})
		next.Store(end)
		return err == nil && value(m.Behind, pipeline.StageLog, ws) == 0 && value(m.Lag, pipeline.StageLog, ws) == 0
	})
	r.base.Logged(3, 700, r.base.Now())
	for c, want := range map[*prometheus.CounterVec]float64{m.Records: 3, m.Out: 3, m.Bytes: 700} {
		var got dto.Metric
		if err := c.WithLabelValues(pipeline.StageLog, ws).Write(&got); err != nil || got.GetCounter().GetValue() != want {
			t.Errorf("%v, want %v: %v", &got, want, err)
		}
	}
}

// breakable is a sink that loads nothing while it is broken.
type breakable struct {
	stream.Sink
	broken *atomic.Bool
}

func (b breakable) Load(ctx context.Context, rows stream.Rows) (stream.Loaded, error) {
	if b.broken.Load() {
		return stream.Loaded{}, errors.New("refused")
	}
	return b.Sink.Load(ctx, rows)
}
