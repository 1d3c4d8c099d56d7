package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

func TestL2OnlyWhatEverybodyHasReadIsTrimmed(t *testing.T) { onBoth(t, trimmed) }

func trimmed(t *testing.T, r *rig) {
	const rows = 3000
	topics := r.base.Topics
	ingest, mask := r.ingest(), r.mask()
	stopIngest := goRun(func(ctx context.Context) error {
		return r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: ingest.Run}})
	})
	stopMask := goRun(mask.Run)
	for n := range int64(20) { // so many transactions at least
		for i := range rows / 20 {
			r.source.add(fmt.Sprint("k", i), "v")
		}
		until(t, "they are masked", func() bool { return int64(r.counts(t)[""].In) == (n+1)*rows/20 })
	}
	stopIngest()
	stopMask()
	cl, err := r.base.Cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ends, err := kafka.Ends(t.Context(), cl, topics.Audit())
	if err != nil {
		t.Fatal(err)
	}
	later := r.base
	later.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	logged := ends[topics.Audit()][0] - 10
	var rounds atomic.Int64
	trim := &pipeline.Trim{Base: later, Keep: time.Hour, Every: 50 * time.Millisecond,
		Sinks: map[string]string{r.masked(): "lake"}, Logged: func() int64 { rounds.Add(1); return logged }}
	stop := goRun(trim.Run)
	until(t, "details are trimmed", func() bool { return starts(t, r, topics.Details())[0] > 0 })
	for p, start := range starts(t, r, r.masked()) {
		if start != 0 {
			t.Errorf("masked partition %d begins at %d: the sink has read nothing", p, start)
		}
	}
	stop()
	stop = r.run(t)
	r.wait(t, rows)
	stop()

	// What is young is kept, whoever has read it.
	trim.Base = r.base
	stop = goRun(trim.Run)
	begun := rounds.Load()
	until(t, "a round is over", func() bool { return rounds.Load() > begun+1 })
	stop()
	for p, start := range starts(t, r, r.masked()) {
		if start != 0 {
			t.Errorf("masked partition %d begins at %d before its time", p, start)
		}
	}
	trim.Base = later
	stop = goRun(trim.Run)
	until(t, "masked records are trimmed behind the sink", func() bool {
		for _, start := range starts(t, r, r.masked()) {
			if start == 0 {
				return false
			}
		}
		return starts(t, r, topics.Audit())[0] > 0
	})
	stop()
	if start := starts(t, r, topics.Audit())[0]; start > logged {
		t.Errorf("the audit topic begins at %d, the log holds entries before %d", start, logged)
	}
	r.checkTrims(t)
	// Everybody goes on where they were.
	for i := range 100 {
		r.source.add(fmt.Sprint("k", i), "w")
	}
	stop = r.run(t)
	r.wait(t, rows+100)
	stop()
}

// checkTrims holds the delete receipts that are still there against where
// partitions begin.
func (r *rig) checkTrims(t *testing.T) {
	t.Helper()
	told := map[string]int64{}
	err := r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Audit(), 0, 0, func(rec *kgo.Record) error {
		var e struct {
			Kind string
			Body stream.Receipt
		}
		if json.Unmarshal(rec.Value, &e) != nil || e.Kind != stream.EntryReceipt || e.Body.Stage != stream.StageDelete {
			return nil
		}
		for _, p := range e.Body.Parts {
			at := fmt.Sprint(p.Topic, "/", p.Partition)
			from, _ := strconv.ParseInt(p.From, 10, 64)
			to, _ := strconv.ParseInt(p.To, 10, 64)
			if last, ok := told[at]; to <= from || ok && last != from {
				t.Errorf("%s: deleted [%d,%d) after %d", at, from, to, last)
			}
			told[at] = to
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for p, start := range starts(t, r, r.masked()) {
		if told[fmt.Sprint(r.masked(), "/", p)] != start {
			t.Errorf("masked partition %d begins at %d, receipts say %d", p, start, told[fmt.Sprint(r.masked(), "/", p)])
		}
	}
}

// goRun runs a stage until the returned function is called, which waits for it.
func goRun(run func(context.Context) error) func() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); run(ctx) }()
	return func() { cancel(); <-done }
}
