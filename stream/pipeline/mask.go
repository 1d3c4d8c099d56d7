package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"lethe/stream"
)

// maskBatch bounds the records of a mask transaction: large enough that its end
// costs little beside them, small enough for a second's answer.
const maskBatch = 16384

// Mask masks the raw records of one connection.
type Mask struct {
	Base
	Connection string
	RawTopics  []string
	Quarantine string // topic
	// Current is the revision of this machine's files; Revision finds another by its
	// id. Which one masks a record the control records before it say.
	Current  stream.Revision
	Revision func(id string) (stream.Revision, error)
	// Counted hears, after each commit, what became of each stream's records and
	// fields; nil to ignore.
	Counted func(streamName string, c stream.MaskCount)

	broken broken
}

// Title is what messages call the stage.
func (m *Mask) Title() string { return stageName(stream.StageMask, m.Connection) }

// Run masks until ctx ends or something fails; it goes on at the group's
// committed offsets.
func (m *Mask) Run(ctx context.Context) error {
	w := &maskWorker{Mask: m, lanes: make(map[int32]*lane), newest: make(map[string]stream.Int64), revisions: make(map[string]stream.Revision)}
	var err error
	if w.member, err = m.join(m.Topics.MaskGroup(m.Connection), stream.StageMask, m.Connection, m.RawTopics, nil); err != nil {
		return err
	}
	defer w.session.Close()
	w.holds = w.lanesHold
	for {
		err := w.round(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// maskWorker is one member of a connection's mask group.
type maskWorker struct {
	*Mask
	*member

	lanes     map[int32]*lane         // by partition number
	newest    map[string]stream.Int64 // change delivered, by stream
	revMu     sync.Mutex
	revisions map[string]stream.Revision
}

// round is one transaction: poll, mask, flush, receipts, commit.
func (w *maskWorker) round(ctx context.Context) error {
	fetches := w.session.PollRecords(ctx, maskBatch)
	if ctx.Err() != nil {
		return nil
	}
	if err := fetchErr(fetches); err != nil {
		return err
	}
	inputs, places := collect(fetches)
	if len(places) == 0 {
		return nil
	}
	began := w.Now()
	if err := w.ready(ctx, inputs, places); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	shares, err := w.maskAll(ctx, inputs)
	if err != nil {
		w.abort(ctx)
		return err
	}
	// L3: masked records, receipt and offsets, or none of them.
	committed, err := w.commit(ctx, func() ([]step, error) { return w.describe(shares) })
	if committed {
		w.tell(began, shares)
	}
	return err
}

// ready loads the chains of what was polled and splits it where the policy's
// revision changes.
func (w *maskWorker) ready(ctx context.Context, inputs map[int32][]*share, places []place) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh, err := w.chains.load(ctx, w.session.Client(), places)
	if err != nil {
		return err
	}
	for _, p := range fresh {
		delete(w.lanes, p.partition) // who had it meanwhile may have parked keys
	}
	for lane, shares := range inputs {
		var split []*share
		for _, s := range shares {
			if err := w.chains.follows(s.place, s.records[0].Offset); err != nil {
				return err
			}
			split = append(split, w.split(s, w.chains.of[s.place].metadata)...)
		}
		inputs[lane] = split
	}
	return nil
}

// revision gives a revision by id, the current one or one from before.
func (w *maskWorker) revision(id string) (stream.Revision, error) {
	switch id {
	case w.Current.ID():
		return w.Current, nil
	case "":
		return unannounced{}, nil
	}
	w.revMu.Lock()
	defer w.revMu.Unlock()
	if r := w.revisions[id]; r != nil {
		return r, nil
	}
	r, err := w.Revision(id)
	if err != nil {
		return nil, fmt.Errorf("policy revision %s: %w", shortRevision(id), err)
	}
	w.revisions[id] = r
	return r, nil
}

// fetchErr tells of a fetch error other than a client being closed.
func fetchErr(fs kgo.Fetches) error {
	var errs []error
	fs.EachError(func(t string, p int32, err error) {
		if !errors.Is(err, kgo.ErrClientClosed) && !errors.Is(err, context.Canceled) {
			errs = append(errs, fmt.Errorf("fetch %s/%d: %w", t, p, err))
		}
	})
	return errors.Join(errs...)
}

// collect groups what was polled by partition number, topics sorted: the raw
// topics of one number share a quarantine partition and are one lane's work.
func collect(fs kgo.Fetches) (map[int32][]*share, []place) {
	byLane := make(map[int32][]*share)
	var places []place
	fs.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) > 0 {
			byLane[p.Partition] = append(byLane[p.Partition], &share{place: place{p.Topic, p.Partition}, records: p.Records})
			places = append(places, place{p.Topic, p.Partition})
		}
	})
	for _, s := range byLane {
		slices.SortFunc(s, func(x, y *share) int { return x.compare(y.place) })
	}
	return byLane, places
}

// share is the work of a transaction on one input partition, and its result.
type share struct {
	place
	records []*kgo.Record

	outputs  outputs
	in       int64
	changes  int64
	bytes    int64
	filtered int64
	shredded int64
	newest   int64
	revision string   // that masks these records
	next     metadata // without head: what is in force after them
	forged   stream.Forged
	streams  tallies
	// concerned is whom the delivered records are about, by stream.
	concerned []stream.Concerned
}

// end is the offset after the last record.
func (s *share) end() int64 { return s.records[len(s.records)-1].Offset + 1 }

// stream is the tally of a stream of the share.
func (s *share) stream(name string) *tally {
	if s.streams == nil {
		s.streams = make(tallies)
	}
	return s.streams.of(name)
}

// maskAll works on the lanes, as many at once as there are processors.
func (w *maskWorker) maskAll(ctx context.Context, inputs map[int32][]*share) ([]*share, error) {
	var all []*share
	for p, shares := range inputs {
		if w.lanes[p] == nil {
			l, err := newLane(w, p)
			if err != nil {
				return nil, err
			}
			w.lanes[p] = l
		}
		all = append(all, shares...)
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for p, shares := range inputs {
		group.Go(func() error { return w.lanes[p].work(ctx, shares) })
	}
	slices.SortStableFunc(all, func(x, y *share) int { return x.compare(y.place) })
	return all, group.Wait()
}

// lanesHold asks every lane whether what it masked may be committed.
func (w *maskWorker) lanesHold(within time.Duration) error {
	var errs []error
	for _, l := range w.lanes {
		errs = append(errs, l.holds(within))
	}
	return errors.Join(errs...)
}

// describe produces leaves, chain entries and receipts of what was flushed.
func (w *maskWorker) describe(shares []*share) ([]step, error) {
	steps := make([]step, 0, len(shares))
	var receipts receiptRuns
	counted := make(tallies)
	var concerned []stream.Concerned
	for _, s := range shares {
		k := w.chains.of[s.place]
		if k == nil {
			return nil, fmt.Errorf("%s/%d was taken away", s.topic, s.partition)
		}
		head, from := k.Head, k.offset
		if n := len(steps); n > 0 && steps[n-1].place == s.place {
			head, from = steps[n-1].metadata.Head, steps[n-1].to
			steps = steps[:n-1]
		} else if err := w.takeOver(s.place); err != nil {
			return nil, err
		}
		part, h, err := w.part(s, head, from)
		if err != nil {
			return nil, err
		}
		revision, err := w.revision(s.revision)
		if err != nil {
			return nil, err
		}
		receipts.add(s.revision, revision.Keys(), part)
		s.next.Head = h
		steps = append(steps, step{s.place, s.end(), s.next})
		counted.add(s.streams)
		for _, c := range s.concerned {
			c.Topic, c.Partition, c.From = s.topic, s.partition, from
			concerned = append(concerned, c)
		}
		if err := w.noteForged(s); err != nil {
			return nil, err
		}
	}
	if len(receipts) > 0 {
		receipts[0].Subjects = w.audit.concerned(concerned)
	}
	return steps, receipts.write(w.audit, stream.StageMask, w.Connection, counted.lines(), counted.detail())
}

// part makes s's part of a receipt, and the record of its leaves.
func (w *maskWorker) part(s *share, head stream.Hash, from int64) (stream.Part, stream.Hash, error) {
	if err := s.outputs.check(); err != nil {
		return stream.Part{}, stream.Hash{}, err
	}
	leaves := s.outputs.leaves()
	part := stream.Part{Topic: s.topic, Partition: s.partition, Prev: head, From: strconv.FormatInt(from, 10), To: strconv.FormatInt(s.end(), 10),
		In: stream.Int64(s.in), Changes: stream.Int64(s.changes), Out: s.outputs.receipts(), Filtered: stream.Int64(s.filtered), Shredded: stream.Int64(s.shredded)}
	h, err := stream.HashPart(part)
	if err == nil && len(leaves) > 0 {
		w.audit.write(w.Topics.Leaves(), s.partition, h[:], leaves)
	}
	return part, h, err
}

// tell tells of what was committed.
func (w *maskWorker) tell(began time.Time, shares []*share) {
	d := done{stage: stream.StageMask, name: w.Connection, began: began}
	for _, s := range shares {
		d.in += s.in
		d.bytes += s.bytes
		d.newest = max(d.newest, s.newest)
		d.out += s.outputs.records()
		w.tellForged(s)
		w.Metrics.Shredded.WithLabelValues(w.Connection).Add(float64(s.shredded))
		for name, t := range s.streams {
			w.tellStream(name, t.detail)
		}
	}
	w.measure(d)
}

// tellStream tells of the rejections and the fields of a stream.
func (w *maskWorker) tellStream(name string, c stream.MaskCount) {
	for reason, fields := range c.Quarantined {
		for _, n := range fields {
			w.Metrics.Quarantined.WithLabelValues(w.Connection, reason).Add(float64(n))
		}
	}
	for _, operators := range c.Fields {
		for operator, n := range operators {
			w.Metrics.Fields.WithLabelValues(w.Connection, operator).Add(float64(n))
		}
	}
	w.tellQuality(name, &c)
	if w.Counted != nil {
		w.Counted(name, c)
	}
}
