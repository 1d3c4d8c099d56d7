package pipeline_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

func TestL2KeysAndRecordsOutlastADeletionThatDoesNotKnowTheirReaders(t *testing.T) {
	onBoth(t, strangersOutlast)
}

// strangersOutlast has a source src with an unread record, and whoever deletes
// names only another source, and only one of that one's connections.
func strangersOutlast(t *testing.T, r *rig) {
	var log lockedBuffer
	began, real := time.Date(2026, 1, 31, 15, 30, 0, 0, time.UTC), time.Now()
	var moved atomic.Int64
	now := func() time.Time { return began.Add(time.Since(real) + time.Duration(moved.Load())) }
	v := r.base.Keyring.(*keyring)
	raw := r.base.Topics.Raw(stream.PII, "other")
	if err := r.base.Cluster.EnsureTopics(t.Context(), []kafka.Topic{{Name: raw, Partitions: partitions}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"reads", "unknown"} {
		if err := r.base.StartGroup(t.Context(), r.base.Topics.MaskGroup(name), []string{raw}); err != nil {
			t.Fatal(err)
		}
	}
	ingest := r.ingest()
	ingest.Now = now
	r.source.add("k", "v")
	stop := goRun(func(ctx context.Context) error {
		return r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: ingest.Run}})
	})
	until(t, "the record is there", func() bool { return ingested(r, "src") == 1 })
	stop()
	moved.Add(int64(2 * time.Hour))

	theirs := &source{}
	theirs.add("k", "v")
	other := r.ingest()
	other.Now, other.Source, other.RawTopics = now, "other", []string{raw}
	other.Revisions = map[string]string{"reads": r.policy.id, "unknown": r.policy.id}
	other.Open = func(func(string) int64) (stream.Source, error) { return theirs, nil }
	reads := r.mask()
	reads.Connection, reads.RawTopics = "reads", []string{raw}
	deletion := &pipeline.Deletion{Base: r.base, Sources: []string{"other"}, Connections: map[string][]string{raw: {"reads"}}, Every: time.Millisecond}
	deletion.Log = slog.New(slog.NewTextHandler(&log, nil))
	defer goRun(func(ctx context.Context) error {
		return r.base.Lease(ctx, []pipeline.Job{{Name: "other", Run: other.Run}})
	})()
	defer goRun(reads.Run)()
	stopDeletion := goRun(deletion.Run)
	until(t, "one connection has masked the other source's record", func() bool { return r.counts(t)[""].In == 1 })
	looked := func() {
		t.Helper()
		from := v.looks()
		until(t, "deletion has looked at the keys often", func() bool { return v.looks() >= from+6 })
	}
	looked()
	const told = "raw keys are kept for a source that is not read here"
	until(t, "it is told for whom keys are kept", func() bool { return log.count(told) == 1 })
	looked()
	if n := log.count(told); n != 1 {
		t.Errorf("told %d times, want once", n)
	}
	const hour = "raw/2026-01-31T15"
	if v.destroyed(hour) {
		t.Fatal("the key of an unread record was destroyed: its source is not named here")
	}
	for p, start := range starts(t, r, raw) {
		if start != 0 {
			t.Errorf("partition %d begins at %d: a connection that is not named here has read nothing", p, start)
		}
	}
	defer goRun(r.mask().Run)()
	until(t, "both are masked", func() bool { return r.counts(t)[""].In == 2 })
	if n := shredded(r, "lake"); n != 0 {
		t.Errorf("%v records shredded that nobody had masked", n)
	}
	stopDeletion()

	// Only who says so gives them up.
	deletion.GivenUp = []string{"src", "unknown"}
	defer goRun(deletion.Run)()
	until(t, "the key is destroyed", func() bool { return v.destroyed(hour) })
	until(t, "records are deleted", func() bool {
		for _, start := range starts(t, r, raw) {
			if start == 0 {
				return false
			}
		}
		return true
	})
}

func TestL1ARawTopicThatIsNewIsToldTheRevisionOfEveryConnection(t *testing.T) {
	onBoth(t, newTopicTold)
}

func newTopicTold(t *testing.T, r *rig) {
	special := r.base.Topics.Raw(stream.Special, "src")
	if err := r.base.Cluster.EnsureTopics(t.Context(), []kafka.Topic{{Name: special, Partitions: partitions}}); err != nil {
		t.Fatal(err)
	}
	run := func(want float64, topics []string, lake string) {
		t.Helper()
		ingest := r.ingest()
		ingest.RawTopics, ingest.Revisions = topics, map[string]string{"lake": lake, "same": r.policy.id}
		var err error
		if ingest.Seen, err = r.base.Announced(t.Context(), "src"); err != nil {
			t.Fatal(err)
		}
		r.source.add("k", "v")
		defer goRun(func(ctx context.Context) error {
			return r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: ingest.Run}})
		})()
		until(t, "the record is there", func() bool { return ingested(r, "src") == want })
	}
	run(1, r.raw(), "before")
	both := append(r.raw(), special)
	run(2, both, r.policy.id)
	run(3, both, r.policy.id) // and nobody is told again
	for topic, want := range map[string][]string{r.raw()[0]: {"lake before", "lake " + r.policy.id, "same " + r.policy.id}, special: {"lake " + r.policy.id, "same " + r.policy.id}} {
		for p := range int32(partitions) {
			var got []string
			err := r.base.Cluster.ReadRange(t.Context(), topic, p, 0, func(rec *kgo.Record) error {
				var c stream.PolicyChange
				if rec.Key != nil {
					return nil
				}
				err := json.Unmarshal(rec.Value[43:], &c) // behind the MAC
				got = append(got, c.Connection+" "+c.Revision)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(sorted(got), sorted(want)) {
				t.Errorf("%s/%d is told %q, want %q", topic, p, got, want)
			}
		}
	}
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

func ingested(r *rig, name string) float64 {
	var m dto.Metric
	r.base.Metrics.Records.WithLabelValues(stream.StageIngest, name).Write(&m)
	return m.GetCounter().GetValue()
}

func shredded(r *rig, connection string) float64 {
	var m dto.Metric
	r.base.Metrics.Shredded.WithLabelValues(connection).Write(&m)
	return m.GetCounter().GetValue()
}
