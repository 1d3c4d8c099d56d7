package pipeline_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

func TestL1L2AStreamThatNobodyDecidedOnHurtsOnlyItself(t *testing.T) { onBoth(t, undecided) }

func undecided(t *testing.T, r *rig) {
	const unknown, elsewhere = "src.public.renamed", "src.public.elsewhere"
	topics := r.base.Topics
	special := topics.Raw(stream.Special, "src")
	if err := r.base.Cluster.EnsureTopics(t.Context(), []kafka.Topic{{Name: special, Partitions: partitions}}); err != nil {
		t.Fatal(err)
	}
	if err := r.base.Cluster.StartGroup(t.Context(), topics.MaskGroup("lake"), []string{special}); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		r.source.add(fmt.Sprint(i), "v")
		r.source.changes[len(r.source.changes)-1].Stream = []string{person, unknown, elsewhere}[i%3]
	}
	// The second of a key is refused for the same reason as the first.
	r.source.add("1", "w")
	r.source.changes[30].Stream = unknown
	ingest, mask := r.ingest(), r.mask()
	ingest.RawTopics, mask.RawTopics = append(r.raw(), special), append(r.raw(), special)
	ingest.Class = func(name string) (stream.Class, bool) { return stream.PII, name != unknown }
	mask.Current = partly{r.policy, map[string]bool{person: true, elsewhere: false}}
	mask.Revision = func(string) (stream.Revision, error) { return mask.Current, nil }
	r.runThese(t, ingest.Run, mask.Run)
	in := func() stream.Int64 { return r.counts(t)[""].In }
	until(t, "all are masked", func() bool { return in() == 31 })
	c := r.counts(t)
	if c[unknown].reasons[stream.ReasonNoContract] != 11 || c[unknown].Quarantined != 11 || c[person].Delivered != 10 || c[elsewhere].Filtered != 10 {
		t.Errorf("counted %+v", c)
	}
	raw := 0
	for p := range int32(partitions) {
		err := r.base.Cluster.ReadRange(t.Context(), special, p, 0, func(rec *kgo.Record) error {
			if rec.Key != nil { // no control record
				raw++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if raw != 11 {
		t.Errorf("%d records in %s, want 11", raw, special)
	}
}

// partly is a revision that decided on some streams, and leaves some of them out.
type partly struct {
	revision
	streams map[string]bool
}

func (r partly) Route(name string) (stream.Route, bool) {
	carried, decided := r.streams[name]
	if !carried {
		return stream.Route{}, decided
	}
	return r.revision.Route(name)
}

// runThese runs an ingest and a mask stage until the test ends.
func (r *rig) runThese(t *testing.T, ingest, mask func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() {
		r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: ingest}})
		done <- struct{}{}
	}()
	go func() { r.base.Keep(ctx, "mask", mask); done <- struct{}{} }()
	t.Cleanup(func() { cancel(); <-done; <-done })
}

// streamCounts is what mask receipts say of a stream, and the reasons in their
// details.
type streamCounts struct {
	stream.StreamCount
	reasons map[string]stream.Int64
}

// counts adds them up; "" is their sum.
func (r *rig) counts(t *testing.T) map[string]*streamCounts {
	t.Helper()
	out := map[string]*streamCounts{"": {}}
	receipts := r.receipts(t)
	details := r.details(t) // read after them: they are committed together
	for _, b := range receipts {
		if b.Stage != stream.StageMask || b.Detail == nil {
			continue
		}
		for _, c := range b.Streams {
			if out[c.Stream] == nil {
				out[c.Stream] = &streamCounts{reasons: map[string]stream.Int64{}}
			}
			out[""].In += c.In
			out[c.Stream].In += c.In
			out[c.Stream].Delivered += c.Delivered
			out[c.Stream].Filtered += c.Filtered
			out[c.Stream].Quarantined += c.Quarantined
		}
		for name, c := range read[stream.MaskDetail](t, details[*b.Detail]).Streams {
			for reason, paths := range c.Quarantined {
				for _, n := range paths {
					out[name].reasons[reason] += n
				}
			}
		}
	}
	return out
}
