package pipeline

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"lethe/stream/kafka"
)

// chain is the chain of one input partition as its owner knows it.
type chain struct {
	standing      // the next part begins at its offset
	owned    bool // this run has said that it owns the chain
}

// chains are the chains of a group that this run owns, by input partition.
type chains struct {
	Base
	group      string
	stage      string
	connection string
	of         map[place]*chain
}

// load fetches the committed metadata of places that are not known yet. The fetch
// is stable: an older owner's open transaction is waited for.
func (c *chains) load(ctx context.Context, cl *kgo.Client, places []place) ([]place, error) {
	var fresh []place
	for _, p := range places {
		if c.of[p] == nil {
			fresh = append(fresh, p)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	all, err := c.standings(ctx, cl, c.group)
	if err != nil {
		return nil, err
	}
	for _, p := range fresh {
		at, ok := all[p]
		if !ok {
			return nil, fmt.Errorf("group %s: no committed offset of %s", c.group, p)
		}
		c.of[p] = &chain{standing: at}
	}
	return fresh, nil
}

// forget drops a place that was given or taken: whoever had it meanwhile may have
// gone on.
func (c *chains) forget(p place) { delete(c.of, p) }

// follows holds what was polled against what was committed: a record from before
// it would be taken twice (L2).
func (c *chains) follows(p place, offset int64) error {
	if at := c.of[p].offset; offset < at {
		return fmt.Errorf("%s/%d: polled offset %d, but %d is committed", p.topic, p.partition, offset, at)
	}
	return nil
}

// step is where a chain stands after the transaction that is being built.
type step struct {
	place
	to       int64
	metadata metadata
}

// withMetadata is the context for ending a group transaction so that each place's
// offset and metadata are what at says.
func withMetadata(ctx context.Context, at map[place]kafka.Committed) context.Context {
	return kgo.PreTxnCommitFnContext(ctx, func(req *kmsg.TxnOffsetCommitRequest) error {
		seen := 0
		for i := range req.Topics {
			t := &req.Topics[i]
			keep := t.Partitions[:0]
			for _, p := range t.Partitions {
				c, ok := at[place{t.Topic, p.Partition}]
				if !ok {
					continue // polled, but not part of this transaction
				}
				p.Offset, p.Metadata = c.Offset, &c.Metadata
				keep = append(keep, p)
				seen++
			}
			t.Partitions = keep
		}
		if seen != len(at) {
			return fmt.Errorf("offset commit holds %d of %d partitions", seen, len(at))
		}
		return nil
	})
}

// settle makes steps the state of their chains.
func (c *chains) settle(steps []step) {
	for _, s := range steps {
		if k := c.of[s.place]; k != nil {
			k.standing, k.owned = standing{s.metadata, s.to}, true
		}
	}
}

// header returns the value of a record's header; nil if it has none.
func header(r *kgo.Record, name string) []byte {
	for i := range r.Headers {
		if r.Headers[i].Key == name {
			return r.Headers[i].Value
		}
	}
	return nil
}
