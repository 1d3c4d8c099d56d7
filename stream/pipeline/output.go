package pipeline

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/tree"
)

// place is one partition of a topic.
type place struct {
	topic     string
	partition int32
}

// compare orders places by topic, then partition.
func (p place) compare(q place) int {
	return cmp.Or(strings.Compare(p.topic, q.topic), cmp.Compare(p.partition, q.partition))
}

// output collects what one transaction writes to one place: the leaf of each
// record in the order of production, and the offsets as the broker gives them,
// which is the same order.
type output struct {
	place
	leaves     []stream.Hash
	offsets    []int64
	tombstones int64
	err        error
	promise    func(*kgo.Record, error) // done, made once and not for every record
}

// done is the promise of every record of o. The client calls promises of a
// partition in order, and all of them before Flush returns.
func (o *output) done(r *kgo.Record, err error) {
	if err != nil && o.err == nil {
		o.err = err
	}
	o.offsets = append(o.offsets, r.Offset)
}

// receipt is o's share of a part. It spoils o.leaves.
func (o *output) receipt() stream.Out {
	return stream.Out{Topic: o.topic, Partition: o.partition,
		First: stream.Int64(o.offsets[0]), Last: stream.Int64(o.offsets[len(o.offsets)-1]),
		N: stream.Int64(len(o.offsets)), Tombstones: stream.Int64(o.tombstones), Root: tree.Root(o.leaves)}
}

// appendLeaves writes (offset u64, leaf) pairs, as the leaves topic holds them.
func (o *output) appendLeaves(b []byte) []byte {
	for i, off := range o.offsets {
		b = binary.BigEndian.AppendUint64(b, uint64(off))
		b = append(b, o.leaves[i][:]...)
	}
	return b
}

// outputs is the outputs of one input partition, or of a whole ingest
// transaction.
type outputs struct {
	outs  map[place]*output
	order []*output
}

func (t *outputs) to(topic string, partition int32) *output {
	p := place{topic, partition}
	if o := t.outs[p]; o != nil {
		return o
	}
	if t.outs == nil {
		t.outs = make(map[place]*output)
	}
	o := &output{place: p}
	o.promise = o.done
	t.outs[p] = o
	t.order = append(t.order, o)
	return o
}

// check says whether everything was acknowledged, and sorts the outputs by place,
// so that a receipt does not depend on the order of arrival.
func (t *outputs) check() error {
	slices.SortFunc(t.order, func(x, y *output) int { return x.compare(y.place) })
	for _, o := range t.order {
		if o.err != nil {
			return fmt.Errorf("produce to %s/%d: %w", o.topic, o.partition, o.err)
		}
		if len(o.offsets) != len(o.leaves) {
			return fmt.Errorf("produce to %s/%d: %d of %d records acknowledged", o.topic, o.partition, len(o.offsets), len(o.leaves))
		}
	}
	return nil
}

// records is how many were written.
func (t *outputs) records() (n int64) {
	for _, o := range t.order {
		n += int64(len(o.offsets))
	}
	return n
}

// leaves are those of all outputs, as the leaves topic holds them.
func (t *outputs) leaves() (all []byte) {
	for _, o := range t.order {
		all = o.appendLeaves(all)
	}
	return all
}

// receipts are the outs of a part. It spoils the leaves.
func (t *outputs) receipts() (all []stream.Out) {
	for _, o := range t.order {
		all = append(all, o.receipt())
	}
	return all
}
