package wire

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/audit"
	"lethe/stream"
	"lethe/stream/pipeline"
)

// Index reads the index of subjects beside the log: how many persons batches are
// about, and which are about one. Only what a receipt under the log's checkpoint names
// counts. Who reads it is written down first: see [Read].
type Index struct{ w *Workspace }

// Index gives the workspace's.
func (w *Workspace) Index() *Index { return &Index{w} }

// Range says which batches a question is about.
type Range struct {
	From, To time.Time                            // of receipts: [From, To); zero for no bound
	Match    func(connection, stream string) bool // nil for all
}

func (r Range) during(at time.Time) bool {
	return !at.Before(r.From) && (r.To.IsZero() || at.Before(r.To))
}

func (r Range) has(at time.Time, connection, streamName string) bool {
	return r.during(at) && (r.Match == nil || r.Match(connection, streamName))
}

// Reach tells how much of what receipts in range delivered is in an index.
type Reach struct {
	Batches int // transactions whose index was read
	// Gone are transactions whose index was deleted for its age, or lost.
	Gone int
	// Unindexed counts records that were delivered and of which no index was made:
	// streams that are about nobody, or runs without an index.
	Unindexed int64
}

// Subjects is how many persons records are about.
type Subjects struct {
	Reach
	Distinct int // persons, over all streams; who is erased by now counts, and is nobody's to find
	Streams  map[string]*StreamSubjects
}

// StreamSubjects is a stream's line.
type StreamSubjects struct {
	Distinct int
	Records  int64
	// Nobody counts records that name no person, or one who was erased before they
	// were masked.
	Nobody int64
}

// Count counts the persons whom the delivered records in range are about. The same
// person in two streams, or under two connections, is one.
func (x *Index) Count(ctx context.Context, in Range) (*Subjects, error) {
	l, err := x.receipts(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &Subjects{Streams: make(map[string]*StreamSubjects)}
	all, of := make(map[stream.Commitment]struct{}), make(map[string]map[stream.Commitment]struct{})
	err = x.each(ctx, l, func(c *stream.Concerned, _ named) {
		s := out.Streams[c.Stream]
		if s == nil {
			s = &StreamSubjects{}
			out.Streams[c.Stream], of[c.Stream] = s, make(map[stream.Commitment]struct{})
		}
		s.Records += int64(c.Records)
		s.Nobody += int64(c.Nobody)
		for _, p := range c.Persons {
			of[c.Stream][p.Commitment] = struct{}{}
			all[p.Commitment] = struct{}{}
		}
	})
	out.Reach, out.Distinct = l.Reach, len(all)
	for name, s := range out.Streams {
		s.Distinct = len(of[name])
	}
	return out, err
}

// Found is where records about a person are.
type Found struct {
	Reach
	// Erased says that the person's key is destroyed: nothing tells any more which
	// batches were about that person.
	Erased  bool
	Batches []Batch // in the order of the log
	Acts    []Act   // what was done that concerned the person, likewise
}

// Act is an action of somebody upon persons: an erasure, or values that were revealed.
type Act struct {
	Leaf  int64  // of the intent, in the log
	Entry string // its id
	Kind  string // stream.ActionErase and so on
	Time  time.Time
}

// Batch is the records about a person that a mask transaction made from one partition.
type Batch struct {
	Leaf, Offset int64  // of the receipt, in the log and in the audit topic
	Entry        string // its id
	Time         time.Time
	Connection   string
	Purpose      string // of the connection as lethe.yaml has it now; "" if there is none
	Stream       string
	Records      int64
	// Out are the ranges of masked topics that the records lie in, among those of others.
	Out []stream.Out
}

// Find finds the batches in range that hold rows about persons, each by any of their
// digests: of whom, in whichever stream, that the same kind of identifier names.
func (x *Index) Find(ctx context.Context, of *Persons, in Range) (*Found, error) {
	if _, err := x.w.knowErasures(ctx); err != nil {
		return nil, err
	}
	commitments, erased, err := x.w.commitments(of.digests)
	if err != nil {
		return nil, err
	}
	out := &Found{Erased: len(of.digests) > 0 && erased == len(of.digests)}
	wanted := make(map[stream.Commitment]bool)
	for _, c := range commitments {
		if c != (stream.Commitment{}) {
			wanted[c] = true
		}
	}
	l, err := x.receipts(ctx, in)
	if err != nil {
		return nil, err
	}
	var hits []hit
	err = x.each(ctx, l, func(c *stream.Concerned, by named) {
		h := hit{named: by, stream: c.Stream, topic: c.Topic, partition: c.Partition, from: strconv.FormatInt(c.From, 10)}
		for _, p := range c.Persons {
			if wanted[p.Commitment] {
				h.records += int64(p.Records)
			}
		}
		if h.records > 0 {
			hits = append(hits, h)
		}
	})
	if err != nil {
		return nil, err
	}
	out.Reach = l.Reach
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.leaf, b.leaf) })
	for _, h := range hits {
		b, err := x.batch(l.log, h)
		if err != nil {
			return nil, x.w.final(err)
		}
		out.Batches = append(out.Batches, b)
	}
	out.Acts, err = x.acts(ctx, l, wanted)
	return out, err
}

// acts are what was done that concerned persons. What the openings say counts where the
// intent's commitment is to it.
func (x *Index) acts(ctx context.Context, l *listed, wanted map[stream.Commitment]bool) (all []Act, err error) {
	openings, err := x.w.openings(ctx)
	if err != nil {
		return nil, err
	}
	for id, of := range l.intents {
		o := openings[id]["subjects"]
		if len(o.Salt) == 0 || commitment(o.Salt, o.Value) != of.subjects {
			continue
		}
		for c := range slices.Chunk(o.Value, len(stream.Commitment{})) {
			if len(c) == len(stream.Commitment{}) && wanted[stream.Commitment(c)] {
				all = append(all, of.Act)
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b Act) int { return cmp.Compare(a.Leaf, b.Leaf) })
	return all, nil
}

// hit is whom a part's records of a stream are about, of those who are looked for.
type hit struct {
	named
	stream    string
	topic     string
	partition int32
	from      string
	records   int64
}

// ahead is how far behind the receipt that names the index another one of the same
// transaction is looked for: others' entries may lie between.
const ahead = 1 << 12

// batch finds the part of a receipt that a hit is of.
func (x *Index) batch(log *audit.Reader, h hit) (Batch, error) {
	out := Batch{Leaf: h.leaf, Offset: -1, Time: h.time, Connection: h.connection, Stream: h.stream, Records: h.records}
	if c, ok := x.w.folder.Connection(h.connection); ok {
		out.Purpose = c.Purpose
	}
	topics := x.w.base.Topics
	is, _, _ := topics.Generation(topics.Masked("pii", h.connection, h.stream, 1))
	for i := h.leaf; i < min(h.leaf+ahead, log.Size()); i++ {
		leaf, err := log.Leaf(i)
		if err != nil {
			return out, err
		}
		id, b := maskReceipt(leaf.Entry)
		if b == nil || b.Connection != h.connection {
			continue
		}
		at := slices.IndexFunc(b.Parts, func(p stream.Part) bool {
			return p.Topic == h.topic && p.Partition == h.partition && p.From == h.from
		})
		if at < 0 {
			continue
		}
		out.Leaf, out.Offset, out.Entry = leaf.Index, leaf.Offset, id
		for _, o := range b.Parts[at].Out {
			if of, _, ok := topics.Generation(o.Topic); ok && of == is {
				out.Out = append(out.Out, o)
			}
		}
		return out, nil
	}
	return out, nil // the transaction's other receipts are not under the checkpoint yet
}

// maskReceipt reads an entry; nil if it is no mask receipt.
func maskReceipt(entry []byte) (id string, r *stream.Receipt) {
	if !bytes.Contains(entry, []byte(`"stage":"mask"`)) {
		return "", nil
	}
	r = new(stream.Receipt)
	e, ok := audit.ReadEntry(entry, stream.EntryReceipt)
	if !ok || json.Unmarshal(e.Body, r) != nil || r.Stage != stream.StageMask {
		return "", nil // lethe verify tells of it
	}
	return e.ID, r
}

// listed is what the log says in range.
type listed struct {
	Reach
	in      Range
	log     *audit.Reader
	named   map[stream.Hash]named // indexes, by the hash
	intents map[string]act        // by id
}

// named is the receipt that names an index.
type named struct {
	leaf       int64
	connection string
	time       time.Time
}

// act is an intent with what stands in it for those concerned.
type act struct {
	Act
	subjects stream.Hash
}

// receipts reads the mask receipts of the log.
func (x *Index) receipts(ctx context.Context, in Range) (*listed, error) {
	w := x.w
	r, err := w.openReader()
	if err != nil {
		return nil, w.final(err)
	}
	l := &listed{in: in, log: r, named: make(map[stream.Hash]named), intents: make(map[string]act)}
	if err := r.Scan(ctx, 0, l.take); err != nil {
		return nil, w.final(err)
	}
	return l, nil
}

// take takes a leaf.
func (l *listed) take(leaf audit.Leaf) error {
	if e, ok := audit.ReadEntry(leaf.Entry, stream.EntryIntent); ok {
		l.intent(leaf.Index, e)
		return nil
	}
	_, b := maskReceipt(leaf.Entry)
	if b == nil {
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, b.Time)
	if err != nil || !l.in.during(t) {
		return nil
	}
	if b.Subjects != nil {
		l.named[*b.Subjects] = named{leaf.Index, b.Connection, t}
	}
	for _, s := range b.Streams {
		if l.in.has(t, b.Connection, s.Stream) {
			l.Unindexed += int64(s.Delivered)
		}
	}
	return nil
}

func (l *listed) intent(leaf int64, e audit.Entry) {
	var i stream.Intent
	if json.Unmarshal(e.Body, &i) != nil {
		return
	}
	if t, err := time.Parse(time.RFC3339Nano, i.Time); err == nil && l.in.during(t) {
		l.intents[e.ID] = act{Act{leaf, e.ID, i.Action, t}, i.Subjects}
	}
}

// each reads the indexes that receipts in range name, and hands out what is asked for.
func (x *Index) each(ctx context.Context, l *listed, each func(*stream.Concerned, named)) error {
	whole, err := pipeline.NewConcerned(x.w.keys)
	if err != nil {
		return err
	}
	err = x.w.base.Cluster.ReadRange(ctx, x.w.base.Topics.Subjects(), 0, 0, func(r *kgo.Record) error {
		h, all := whole.Take(r.Key, r.Value)
		by, ok := l.named[h]
		if !ok || all == nil {
			return nil
		}
		delete(l.named, h)
		within := false
		for i := range all {
			if c := &all[i]; l.in.has(by.time, by.connection, c.Stream) {
				within = true
				l.Unindexed -= int64(c.Records)
				each(c, by)
			}
		}
		if within {
			l.Batches++
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("index of subjects: %w", err)
	}
	l.Gone = len(l.named)
	return nil
}
