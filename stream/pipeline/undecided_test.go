package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

func TestL1L2AStreamThatNobodyDecidedOnHurtsOnlyItself(t *testing.T) { onBoth(t, undecided) }

func undecided(t *testing.T, r *rig) {
	const unknown, elsewhere = "src.public.renamed", "src.public.elsewhere"
	special := r.special(t)
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
	r.runThese(t, ingest, mask)
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

// special makes the raw topic of the highest class, where records of streams go
// that nobody decided on.
func (r *rig) special(t *testing.T) string {
	t.Helper()
	topic := r.base.Topics.Raw(stream.Special, "src")
	if err := r.base.Cluster.EnsureTopics(t.Context(), []kafka.Topic{{Name: topic, Partitions: partitions}}); err != nil {
		t.Fatal(err)
	}
	if err := r.base.StartGroup(t.Context(), r.base.Topics.MaskGroup("lake"), []string{topic}); err != nil {
		t.Fatal(err)
	}
	return topic
}

func TestL1L2AStreamThatWasReadBeforeAnybodyDecidedOnItStaysInQuarantine(t *testing.T) {
	onBoth(t, decidedLater)
}

func decidedLater(t *testing.T, r *rig) {
	const late = "src.public.late"
	special := r.special(t)
	add := func(name, value string) {
		r.source.add("k", value)
		r.source.changes[len(r.source.changes)-1].Stream = name
	}
	before := partly{revision{id: strings.Repeat("cd", 32), topic: r.masked()}, map[string]bool{person: true}}
	ingest := func(revision string, decided bool) *pipeline.Ingest {
		g := r.ingest()
		g.RawTopics, g.Revisions, g.Seen = append(r.raw(), special), map[string]string{"lake": revision}, map[string]string{"lake": before.id}
		g.Class = func(name string) (stream.Class, bool) { return stream.PII, decided || name != late }
		return g
	}
	// read lets a process read until n records are in raw topics.
	read := func(g *pipeline.Ingest, n stream.Int64) {
		t.Helper()
		stop := goRun(func(ctx context.Context) error { return r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: g.Run}}) })
		defer stop()
		until(t, fmt.Sprintf("%d records are read", n), func() bool { return r.ingested(t) == n })
	}
	add(late, "v1")
	add(person, "v1")
	read(ingest(before.id, false), 2)
	// Nothing is masked so far. The next process has a contract.
	add(late, "v2")
	add(late, "v3")
	add(person, "v2")
	read(ingest(r.policy.id, true), 5)
	// So has the one after it, whose policy is the same.
	add(late, "v4")
	read(ingest(r.policy.id, true), 6)
	mask := r.mask()
	mask.RawTopics = append(r.raw(), special)
	mask.Revision = func(id string) (stream.Revision, error) {
		if id == before.id {
			return before, nil
		}
		return r.policy, nil
	}
	defer goRun(mask.Run)()
	until(t, "all are masked", func() bool { return r.counts(t)[""].In == 6 })
	c := r.counts(t)
	if c[late].Delivered != 0 || c[late].reasons[stream.ReasonNoContract] != 4 || c[person].Delivered != 2 {
		t.Errorf("counted %+v, %+v", c[late], c[person])
	}
}

// ingested is how many records the receipts of ingest tell of.
func (r *rig) ingested(t *testing.T) (n stream.Int64) {
	t.Helper()
	for _, b := range r.receipts(t) {
		for _, p := range b.Parts {
			if b.Stage == stream.StageIngest {
				n += p.In
			}
		}
	}
	return n
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
func (r *rig) runThese(t *testing.T, ingest *pipeline.Ingest, mask *pipeline.Mask) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() {
		r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: ingest.Run}})
		done <- struct{}{}
	}()
	go func() { r.base.Keep(ctx, mask.Title(), mask.Run); done <- struct{}{} }()
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
	out := map[string]*streamCounts{"": {reasons: map[string]stream.Int64{}}}
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
