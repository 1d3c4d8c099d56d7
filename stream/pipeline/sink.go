package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"lethe/stream"
	"lethe/stream/kafka"
)

// Sink loads the masked records of one connection into its sink.
type Sink struct {
	Base
	Connection string
	Topics     []string // masked topics of the connection
	Open       func() (stream.Sink, error)
	// Shape gives the shape of a topic's rows under a revision, named by the
	// first characters of its id as records carry it.
	Shape func(topic, revision string) (*stream.Schema, error)
	// RollBytes and RollEvery cut a load: so many bytes of masked records held
	// in memory over all partitions, or so much time since the first of them.
	RollBytes int64
	RollEvery time.Duration

	hurry atomic.Bool
}

// Hurry makes a load due as soon as anything is held, for runs that end.
func (s *Sink) Hurry() { s.hurry.Store(true) }

// Title is what messages call the stage.
func (s *Sink) Title() string { return stageName(stream.StageSink, s.Connection) }

// Run loads until ctx ends or something fails; it goes on at the group's
// committed offsets.
func (s *Sink) Run(ctx context.Context) error {
	for {
		err := s.membership(ctx)
		if errors.Is(err, errLeft) {
			continue
		}
		if err != nil {
			return err
		}
		return nil
	}
}

// membership is one membership of the connection's sink group.
func (s *Sink) membership(ctx context.Context) error {
	w := &sinkWorker{Sink: s, held: make(map[place]*buffer)}
	var err error
	if w.sink, err = s.Open(); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer w.sink.Close()
	w.member, err = s.join(s.Base.Topics.SinkGroup(s.Connection), stream.StageSink, s.Connection, s.Topics, func(p place) { delete(w.held, p) })
	if err != nil {
		return err
	}
	defer w.session.Close()
	if err := w.publishCommitted(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := w.round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sinkWorker is one member of a connection's sink group.
type sinkWorker struct {
	*Sink
	*member
	sink stream.Sink
	held map[place]*buffer // guarded by the member's mutex

	bytes int64
	since time.Time // when the first held record came
}

// buffer is what was polled of one partition and is not loaded yet.
type buffer struct {
	records []*kgo.Record
	until   int64 // load exactly up to here first: a former owner left an object; 0 if none
}

// publishCommitted shows readers what was committed and perhaps not published
// when the last owner was killed, also on partitions that nothing comes for.
func (w *sinkWorker) publishCommitted(ctx context.Context) error {
	all, err := w.chains.standings(ctx, w.session.Client(), w.chains.group)
	if err != nil {
		return err
	}
	for _, at := range all {
		if err := w.publish(ctx, at.Loaded...); err != nil {
			return err
		}
	}
	return nil
}

func (w *sinkWorker) publish(ctx context.Context, loaded ...stream.Loaded) error {
	for _, l := range loaded {
		if err := w.sink.Publish(ctx, l); err != nil {
			return fmt.Errorf("publish %s: %w", l.Object, err)
		}
	}
	return nil
}

// round polls until a load is due, and loads. When ctx ends it loads what is
// held, so that a clean stop leaves nothing half done.
func (w *sinkWorker) round(ctx context.Context) error {
	for ctx.Err() == nil && !w.due() {
		pctx, cancel := context.WithTimeout(ctx, w.patience())
		fs := w.session.PollFetches(pctx)
		cancel()
		if err := fetchErr(dropDeadline(fs)); err != nil && ctx.Err() == nil {
			return err
		}
		if err := w.hold(context.WithoutCancel(ctx), fs); err != nil {
			return err
		}
	}
	return w.roll(context.WithoutCancel(ctx))
}

// dropDeadline leaves out the pseudo fetch that tells of an ended poll.
func dropDeadline(fs kgo.Fetches) kgo.Fetches {
	var out kgo.Fetches
	for _, f := range fs {
		if len(f.Topics) == 1 && len(f.Topics[0].Partitions) == 1 && errors.Is(f.Topics[0].Partitions[0].Err, context.DeadlineExceeded) {
			continue
		}
		out = append(out, f)
	}
	return out
}

func (w *sinkWorker) due() bool {
	if w.bytes == 0 {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range w.held {
		// A former owner's object must be computed again whole, or not at all:
		// its records are committed, so they will come.
		if n := len(h.records); n > 0 && h.records[n-1].Offset+1 < h.until {
			return false
		}
	}
	return w.bytes >= w.RollBytes || w.Now().Sub(w.since) >= w.rollEvery()
}

// rollEvery leaves a run that hurries the time in which what is left arrives.
func (w *sinkWorker) rollEvery() time.Duration {
	if w.hurry.Load() {
		return min(w.RollEvery, 300*time.Millisecond)
	}
	return w.RollEvery
}

// patience is how long a poll may take: until the next load is due.
func (w *sinkWorker) patience() time.Duration {
	if w.bytes == 0 {
		return time.Second
	}
	// A run may begin to hurry while it waits.
	return max(time.Millisecond, min(time.Second, w.rollEvery()-w.Now().Sub(w.since)))
}

// hold keeps what was polled.
func (w *sinkWorker) hold(ctx context.Context, fs kgo.Fetches) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var places []place
	fs.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) > 0 {
			places = append(places, place{p.Topic, p.Partition})
		}
	})
	fresh, err := w.chains.load(ctx, w.session.Client(), places)
	if err != nil {
		return err
	}
	for _, p := range fresh {
		if err := w.adopt(ctx, p); err != nil {
			return err
		}
	}
	fs.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) == 0 {
			return
		}
		at := w.held[place{p.Topic, p.Partition}]
		if len(at.records) == 0 {
			if err = errors.Join(err, w.chains.follows(place{p.Topic, p.Partition}, p.Records[0].Offset)); err != nil {
				return
			}
		}
		at.records = append(at.records, p.Records...)
		if w.bytes == 0 {
			w.since = w.Now()
		}
		for _, r := range p.Records {
			w.bytes += int64(len(r.Key) + len(r.Value) + 64)
		}
	})
	return err
}

// adopt begins on a partition: it publishes what the last owner committed,
// and learns of an object that it left behind without commit.
func (w *sinkWorker) adopt(ctx context.Context, p place) error {
	k := w.chains.of[p]
	if err := w.publish(ctx, k.Loaded...); err != nil {
		return err
	}
	to, err := w.sink.Position(ctx, stream.Range{Topic: p.topic, Partition: p.partition, From: k.offset})
	if err != nil {
		return fmt.Errorf("position of %s/%d: %w", p.topic, p.partition, err)
	}
	w.held[p] = &buffer{}
	if to <= k.offset {
		return nil
	}
	ends, err := kafka.Ends(ctx, w.session.Client(), p.topic)
	if err != nil {
		return err
	}
	if to <= ends[p.topic][p.partition] {
		w.held[p].until = to
	}
	return nil
}

// roll makes what is held durable and commits it with its receipt.
func (w *sinkWorker) roll(ctx context.Context) error {
	began := w.Now()
	w.mu.Lock()
	loads, left, err := w.cut()
	w.mu.Unlock()
	if err != nil {
		return err
	}
	if len(loads) == 0 {
		w.bytes = 0 // what was held has moved to another member
		return nil
	}
	if err := w.loadAll(ctx, loads); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	// The objects are durable; now offsets and receipt (L3).
	committed, err := w.commit(ctx, func() ([]step, error) { return w.describe(loads) })
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !committed {
		// A rebalance came between: what is held is polled again from the last
		// commit. The objects stay; the next load of the same ranges adopts them.
		w.held, w.bytes = make(map[place]*buffer), 0
		return nil
	}
	if err := w.settle(ctx, began, loads); err != nil {
		return err
	}
	if left {
		// The client believes to have committed all that it polled; open anew
		// at what was committed, and poll the rest again.
		return errLeft
	}
	return nil
}

// settle tells of what was committed, and publishes it.
func (w *sinkWorker) settle(ctx context.Context, began time.Time, loads []*load) error {
	d := done{stage: stream.StageSink, name: w.Connection, began: began, bytes: w.bytes}
	for _, l := range loads {
		d.in += int64(len(l.List))
		d.out += int64(l.loaded.Rows)
		d.newest = max(d.newest, l.newest)
	}
	w.measure(d)
	w.bytes = 0
	for _, l := range loads {
		if err := w.publish(ctx, l.loaded); err != nil {
			return err
		}
	}
	return nil
}

// errLeft asks for a new opening after a load that ended before the last polled
// record.
var errLeft = errors.New("records were left for the next load")

// loadAll has the sink make the loads durable: those of one partition in
// order, partitions side by side.
func (w *sinkWorker) loadAll(ctx context.Context, loads []*load) error {
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := 0; i < len(loads); {
		j := i + 1
		for j < len(loads) && loads[j].place == loads[i].place {
			j++
		}
		same := loads[i:j]
		i = j
		group.Go(func() error {
			for _, l := range same {
				var err error
				if l.loaded, err = w.sink.Load(gctx, l.Rows); err != nil {
					return fmt.Errorf("load %s: %w", l.Range, err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// describe produces the chain entries and receipts of the loads.
func (w *sinkWorker) describe(loads []*load) ([]step, error) {
	var steps []step
	var receipts receiptRuns
	detail := make(map[string]stream.SinkCount)
	for _, l := range loads {
		k := w.chains.of[l.place]
		if k == nil {
			return nil, fmt.Errorf("%s was taken away", l.Range)
		}
		at := step{place: l.place, metadata: metadata{Head: k.Head, Revision: l.Policy}}
		if n := len(steps); n > 0 && steps[n-1].place == l.place {
			at, steps = steps[n-1], steps[:n-1]
		} else if err := w.takeOver(l.place); err != nil {
			return nil, err
		}
		wrote := l.loaded
		part := stream.Part{Topic: l.topic, Partition: l.partition, Prev: at.metadata.Head,
			From: strconv.FormatInt(l.Range.From, 10), To: strconv.FormatInt(l.Range.To, 10),
			In: stream.Int64(len(l.List)), Changes: stream.Int64(len(l.List)),
			Object: wrote.Object, SHA256: &wrote.SHA256, Rows: &wrote.Rows, RowRoot: &wrote.Root}
		h, err := stream.HashPart(part)
		if err != nil {
			return nil, err
		}
		receipts.add(l.Policy, "", part)
		c := detail[l.Schema.Stream]
		detail[l.Schema.Stream] = stream.SinkCount{Rows: c.Rows + wrote.Rows, Deletes: c.Deletes + wrote.Deletes, Truncates: c.Truncates + wrote.Truncates}
		at.to, at.metadata.Head = l.Range.To, h
		if wrote.Object != "" {
			at.metadata.Loaded = append(at.metadata.Loaded, wrote)
		}
		steps = append(steps, at)
	}
	return steps, receipts.write(w.audit, stream.StageSink, w.Connection, nil, stream.SinkDetail{Streams: detail})
}
