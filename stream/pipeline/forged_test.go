package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

// Somebody may write to topics and groups, and has no key.

var weak, strong, later = strings.Repeat("aa", 32), strings.Repeat("bb", 32), strings.Repeat("cc", 32)

// process puts a revision in force, reads n records more and masks all that there are.
func (r *rig) process(t *testing.T, revision string, n int) {
	t.Helper()
	for range n {
		r.source.add(fmt.Sprintf("k%d", len(r.source.changes)), "v")
	}
	ingest, mask := r.ingest(), r.mask()
	var err error
	if ingest.Seen, err = r.base.Announced(t.Context(), "src"); err != nil {
		t.Fatal(err)
	}
	ingest.Revisions = map[string]string{"lake": revision}
	var caughtUp atomic.Bool
	ingest.CaughtUp = func() { caughtUp.Store(true) }
	stop := goRun(func(ctx context.Context) error {
		return r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: ingest.Run}})
	})
	until(t, "the records are read", func() bool { return n == 0 || caughtUp.Load() })
	stop()
	stop = goRun(func(ctx context.Context) error { return r.base.Keep(ctx, mask.Title(), mask.Run) })
	defer stop()
	until(t, "all are masked", func() bool {
		left, err := r.base.Cluster.Pending(t.Context(), r.base.Topics.MaskGroup("lake"), r.raw())
		return err == nil && !left
	})
}

// under is how many records were masked under each revision.
func (r *rig) under(t *testing.T) map[string]stream.Int64 {
	t.Helper()
	out := map[string]stream.Int64{}
	for _, b := range r.receipts(t) {
		for _, p := range b.Parts {
			if b.Stage == stream.StageMask && p.In > 0 {
				out[b.Policy] += p.In
			}
		}
	}
	return out
}

// expect compares under with pairs of revision and number.
func (r *rig) expect(t *testing.T, want map[string]stream.Int64) {
	t.Helper()
	if got := r.under(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("masked under %v, want %v", got, want)
	}
}

// controls are the control records of a raw partition, as they stand there.
func (r *rig) controls(t *testing.T, p int32) (out []*kgo.Record) {
	t.Helper()
	err := r.base.Cluster.ReadRange(t.Context(), r.raw()[0], p, 0, func(rec *kgo.Record) error {
		for _, h := range rec.Headers {
			if h.Key == stream.HeaderControl {
				out = append(out, control(r.raw()[0], p, string(rec.Value)))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func control(topic string, p int32, value string) *kgo.Record {
	return &kgo.Record{Topic: topic, Partition: p, Value: []byte(value), Headers: []kgo.RecordHeader{{Key: stream.HeaderControl, Value: []byte(stream.ControlPolicy)}}}
}

func (r *rig) produce(t *testing.T, records ...*kgo.Record) {
	t.Helper()
	cl, err := r.base.Cluster.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// refused is what entries of the audit topic say was forged.
func (r *rig) refused(t *testing.T) (n stream.Int64) {
	t.Helper()
	err := r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Audit(), 0, 0, func(rec *kgo.Record) error {
		var e struct {
			Kind string
			Body json.RawMessage
		}
		var body stream.Forged
		if err := json.Unmarshal(rec.Value, &e); err != nil || e.Kind != stream.EntryForged {
			return err
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return err
		}
		if body.Connection != "lake" || body.Topic != r.raw()[0] || body.First > body.Last || body.Worker == "" {
			t.Errorf("an entry says %+v", body)
		}
		n += body.N
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var m dto.Metric
	r.base.Metrics.Forged.WithLabelValues(r.raw()[0]).Write(&m)
	if counted := stream.Int64(m.GetCounter().GetValue()); counted != n {
		t.Errorf("the metric counts %d, the log %d", counted, n)
	}
	return n
}

func TestL1ForgedAndReplayedControlRecordsTakeNoPolicyBack(t *testing.T) {
	onBoth(t, forgedControls)
}

func forgedControls(t *testing.T, r *rig) {
	r.process(t, weak, 20)
	r.process(t, strong, 20)
	r.expect(t, map[string]stream.Int64{weak: 20, strong: 20})
	old := fmt.Sprintf(`{"connection":"lake","revision":%q,"number":"9000000000000000"}`, weak)
	var all []*kgo.Record
	for p := range int32(partitions) {
		topic, genuine, elsewhere := r.raw()[0], r.controls(t, p), r.controls(t, (p+1)%partitions)
		if len(genuine) != 2 {
			t.Fatalf("partition %d has %d control records", p, len(genuine))
		}
		raised := strings.Replace(string(genuine[0].Value), `"number":"`, `"number":"9`, 1)
		all = append(all,
			control(topic, p, old),                               // without a MAC
			control(topic, p, strings.Repeat("A", 43)+old),       // with some MAC
			control(topic, p, string(genuine[0].Value[:43])+old), // with that of another
			control(topic, p, raised),                            // an old one with a greater number
			genuine[1],                                           // that in force again
			genuine[0],                                           // an old one again
			control(topic, p, string(elsewhere[0].Value)),        // those of another partition
			control(topic, p, string(elsewhere[1].Value)))
	}
	r.produce(t, all...)
	r.process(t, strong, 20)
	r.expect(t, map[string]stream.Int64{weak: 20, strong: 40})
	if n := r.refused(t); n != stream.Int64(len(all)) {
		t.Errorf("%d refused, want %d", n, len(all))
	}
	// Whoever has the key may change the policy, and take it back.
	r.process(t, later, 20)
	r.process(t, weak, 20)
	r.expect(t, map[string]stream.Int64{weak: 40, strong: 40, later: 20})
	if c := r.counts(t); c[""].In != 100 || c[person].Delivered != 100 {
		t.Errorf("counted %+v", c[person])
	}
}

func TestL1WhatStandsBeforeTheFirstAnnouncementIsQuarantined(t *testing.T) {
	onBoth(t, forgedFirst)
}

func forgedFirst(t *testing.T, r *rig) {
	for p := range int32(partitions) {
		r.produce(t, control(r.raw()[0], p, fmt.Sprintf(`{"connection":"lake","revision":%q,"number":"1"}`, weak)),
			&kgo.Record{Topic: r.raw()[0], Partition: p, Value: []byte("no ciphertext")})
	}
	r.process(t, strong, 20)
	r.expect(t, map[string]stream.Int64{"": partitions, strong: 20})
	if c := r.counts(t); c[""].Quarantined != partitions || c[person].Delivered != 20 || r.refused(t) != partitions {
		t.Errorf("counted %+v", c[""])
	}
}

func TestL1L2ForgedPositionsAndOldOnesTakeNothingBack(t *testing.T) { onBoth(t, forgedPositions) }

// lastPosition is the last record with the source's position, and where it stands.
func (r *rig) lastPosition(t *testing.T) (at *kgo.Record, offset int64) {
	t.Helper()
	topic := r.base.Topics.Positions()
	for p := range int32(partitions) {
		err := r.base.Cluster.ReadRange(t.Context(), topic, p, 0, func(rec *kgo.Record) error {
			if string(rec.Key) == "src" {
				at = &kgo.Record{Topic: topic, Partition: p, Key: []byte("src"), Value: append([]byte(nil), rec.Value...)}
				offset = rec.Offset
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return at, offset
}

func forgedPositions(t *testing.T, r *rig) {
	r.process(t, weak, 20)
	old, _ := r.lastPosition(t)
	// What nobody signed has no position look old.
	body, err := json.Marshal(map[string]any{"kind": stream.EntryAnnounce, "body": stream.Announcement{Source: "src", Connection: "lake", Number: 99}})
	if err != nil {
		t.Fatal(err)
	}
	r.produce(t, &kgo.Record{Topic: r.base.Topics.Audit(), Value: body})
	r.process(t, strong, 20)
	forged := *old
	now, _ := r.lastPosition(t)
	forged.Value = []byte(strings.Replace(string(now.Value), strong, later, 1))
	r.produce(t, &forged)
	inForce, err := r.base.Announced(t.Context(), "src")
	if err != nil || inForce["lake"] != strong {
		t.Fatalf("in force is %v, %v", inForce, err)
	}
	r.process(t, strong, 20)
	r.expect(t, map[string]stream.Int64{weak: 20, strong: 40})

	// While the newest is there, an old one after it counts for nothing.
	before := r.positionsRefused()
	r.produce(t, old)
	r.process(t, later, 20)
	r.expect(t, map[string]stream.Int64{weak: 20, strong: 40, later: 20})
	if n := r.positionsRefused(); n <= before {
		t.Errorf("%v positions were refused, and %v before one was written again", n, before)
	}
}

func (r *rig) positionsRefused() float64 {
	var m dto.Metric
	r.base.Metrics.Forged.WithLabelValues(r.base.Topics.Positions()).Write(&m)
	return m.GetCounter().GetValue()
}

func TestL2L4WhereOnlyAnOldPositionIsLeftNothingGoesOn(t *testing.T) { onBoth(t, oldPositionLeft) }

func oldPositionLeft(t *testing.T, r *rig) {
	r.process(t, strong, 20)
	old, _ := r.lastPosition(t)
	r.process(t, strong, 20)
	newest, _ := r.lastPosition(t)
	receipts := len(r.receipts(t))

	// What a compaction leaves once the old one is written again.
	r.produce(t, old)
	_, offset := r.lastPosition(t)
	r.forget(t, old.Topic, old.Partition, offset)
	_, err := r.base.Announced(t.Context(), "src")
	ingest := r.ingest()
	ingest.Revisions, ingest.Seen = map[string]string{"lake": strong}, map[string]string{"lake": strong}
	for _, err := range []error{err, ingest.Run(t.Context())} {
		var f *stream.Fault
		if !errors.As(err, &f) || f.Code != "run.position_forged" || f.Exit != stream.ExitEnvironment || f.Hint == "" {
			t.Fatalf("an old position is gone on from: %v", err)
		}
	}
	if n := len(r.receipts(t)); n != receipts {
		t.Errorf("%d receipts more", n-receipts)
	}

	// With the newest brought back it goes on, and no row is carried twice.
	r.produce(t, newest)
	r.process(t, strong, 20)
	r.expect(t, map[string]stream.Int64{strong: 60})
}

// forget takes away what a partition holds before an offset, as its compaction may.
func (r *rig) forget(t *testing.T, topic string, p int32, before int64) {
	t.Helper()
	cl, err := r.base.Cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	adm, both := kadm.NewClient(cl), "compact,delete"
	if _, err := adm.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "cleanup.policy", Value: &both}}, topic); err != nil {
		t.Fatal(err)
	}
	to := make(kadm.Offsets)
	to.Add(kadm.Offset{Topic: topic, Partition: p, At: before})
	got, err := adm.DeleteRecords(t.Context(), to)
	if err == nil {
		err = got.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestL1L2OffsetsThatNoStageCommittedStopTheGroup(t *testing.T) { onBoth(t, forgedOffsets) }

func forgedOffsets(t *testing.T, r *rig) {
	r.process(t, weak, 20)
	r.process(t, strong, 20)
	group, topic := r.base.Topics.MaskGroup("lake"), r.raw()[0]
	cl, err := r.base.Cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	at, err := kafka.Offsets(t.Context(), cl, group)
	if err != nil {
		t.Fatal(err)
	}
	commit := func(offset int64, metadata string) {
		t.Helper()
		o := make(kadm.Offsets)
		o.Add(kadm.Offset{Topic: topic, Partition: 1, At: offset, LeaderEpoch: -1, Metadata: metadata})
		if err := kadm.NewClient(cl).CommitAllOffsets(t.Context(), group, o); err != nil {
			t.Fatal(err)
		}
	}
	r.base.Tries = 1
	own := at[topic][1]
	for range 20 {
		r.source.add(fmt.Sprintf("k%d", len(r.source.changes)), "v")
	}
	ingest := r.ingest()
	ingest.Revisions, ingest.Seen = map[string]string{"lake": strong}, map[string]string{"lake": strong}
	before := r.ingested(t)
	stop := goRun(func(ctx context.Context) error {
		return r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: ingest.Run}})
	})
	until(t, "more is read", func() bool { return r.ingested(t) >= before+20 })
	stop()
	for name, c := range map[string]kafka.Committed{
		"without metadata":              {Offset: own.Offset},
		"with an older revision":        {Offset: own.Offset, Metadata: strings.Replace(own.Metadata, strong, weak, 1)},
		"further on":                    {Offset: own.Offset + 1, Metadata: own.Metadata},
		"with that of another":          {Offset: own.Offset, Metadata: at[topic][2].Metadata},
		"with JSON that nobody vouches": {Offset: own.Offset, Metadata: own.Metadata[43:]},
	} {
		commit(c.Offset, c.Metadata)
		mask := r.mask()
		f := stream.Faults(r.base.Keep(t.Context(), mask.Title(), mask.Run))
		if len(f) != 1 || f[0].Code != "run.offsets_forged" || !strings.Contains(f[0].Path, topic+"/1") || f[0].Hint == "" {
			t.Errorf("%s: %v", name, f)
		}
	}
	r.expect(t, map[string]stream.Int64{weak: 20, strong: 20})
	commit(own.Offset, own.Metadata)
	r.base.Tries = 0
	r.process(t, strong, 0)
	r.expect(t, map[string]stream.Int64{weak: 20, strong: 40})
}
