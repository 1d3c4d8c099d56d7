package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"lethe/stream"
	"lethe/stream/kafka"
)

// note is what travels as the metadata of an offset commit: the head of the
// partition's chain and what a new owner must know to go on.
type note struct {
	Head     stream.Hash     `json:"head"`
	Revision string          `json:"revision,omitempty"` // in force after the last record
	Loaded   []stream.Loaded `json:"loaded,omitempty"`   // a sink's last objects, to be published
}

// readNote reads the metadata of an offset commit; the first offsets of a group
// have none.
func readNote(metadata string) (n note, err error) {
	if metadata != "" {
		err = json.Unmarshal([]byte(metadata), &n)
	}
	return n, err
}

// link is the chain of one input partition as its owner knows it.
type link struct {
	note
	offset  int64 // committed: the next part begins here
	started bool  // the chain has parts already
	owned   bool  // this run has said that it owns the chain
}

// links are the chains of a group that this run owns, by input partition.
type links struct {
	group      string
	stage      string
	connection string
	of         map[place]*link
}

// load fetches the committed notes of places that are not known yet. The fetch
// is stable: an older owner's open transaction is waited for.
func (l *links) load(ctx context.Context, cl *kgo.Client, places []place) ([]place, error) {
	var fresh []place
	for _, p := range places {
		if l.of[p] == nil {
			fresh = append(fresh, p)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	all, err := kafka.Offsets(ctx, cl, l.group)
	if err != nil {
		return nil, err
	}
	for _, p := range fresh {
		c, ok := all[p.topic][p.partition]
		if !ok {
			return nil, fmt.Errorf("group %s: no committed offset of %s/%d", l.group, p.topic, p.partition)
		}
		k := &link{offset: c.Offset, started: c.Metadata != ""}
		if k.note, err = readNote(c.Metadata); err != nil {
			return nil, fmt.Errorf("group %s: metadata of %s/%d: %w", l.group, p.topic, p.partition, err)
		}
		l.of[p] = k
	}
	return fresh, nil
}

// forget drops places that were given or taken: whoever had them meanwhile may
// have gone on.
func (l *links) forget(which map[string][]int32) {
	for t, ps := range which {
		for _, p := range ps {
			delete(l.of, place{t, p})
		}
	}
}

// follows holds what was polled against what was committed: a record from before
// it would be taken twice (L2).
func (l *links) follows(p place, offset int64) error {
	if at := l.of[p].offset; offset < at {
		return fmt.Errorf("%s/%d: polled offset %d, but %d is committed", p.topic, p.partition, offset, at)
	}
	return nil
}

// chain is the entry by which this run takes a chain over, or nil if it has.
func (l *links) chain(p place, worker string) *stream.Chain {
	k := l.of[p]
	if k.owned {
		return nil
	}
	event := stream.ChainStart
	if k.started {
		event = stream.ChainOwner
	}
	return &stream.Chain{Event: event, Stage: l.stage, Connection: l.connection, Topic: p.topic, Partition: p.partition,
		Worker: worker, Head: k.Head, From: strconv.FormatInt(k.offset, 10)}
}

// step is where a chain stands after the transaction that is being built.
type step struct {
	place
	to   int64
	note note
}

// withNotes is the context for ending a group transaction so that each place's
// offset and note are what steps say.
func withNotes(ctx context.Context, steps []step) context.Context {
	by := make(map[place]step, len(steps))
	for _, s := range steps {
		by[s.place] = s
	}
	return kgo.PreTxnCommitFnContext(ctx, func(req *kmsg.TxnOffsetCommitRequest) error {
		seen := 0
		for i := range req.Topics {
			t := &req.Topics[i]
			keep := t.Partitions[:0]
			for _, p := range t.Partitions {
				s, ok := by[place{t.Topic, p.Partition}]
				if !ok {
					continue // polled, but not part of this transaction
				}
				b, err := json.Marshal(s.note)
				if err != nil {
					return err
				}
				meta := string(b)
				p.Offset, p.Metadata = s.to, &meta
				keep = append(keep, p)
				seen++
			}
			t.Partitions = keep
		}
		if seen != len(by) {
			return fmt.Errorf("offset commit holds %d of %d partitions", seen, len(by))
		}
		return nil
	})
}

// commitWithin bounds the end of a group transaction, which goes through also
// while the stage is being stopped.
const commitWithin = 60 * time.Second

// commit ends a group transaction: the receipts are flushed, so that a failed one
// is known, and then records, receipts, offsets and notes commit together (L3).
// false without an error means that a rebalance came between.
func (s *scribe) commit(ctx context.Context, session *kgo.GroupTransactSession, steps []step) (bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitWithin)
	defer cancel()
	if err := session.Client().Flush(ctx); err != nil {
		return false, fmt.Errorf("flush receipts: %w", err)
	}
	if err := s.failed(); err != nil {
		return false, err
	}
	committed, err := session.End(withNotes(ctx, steps), kgo.TryCommit)
	s.ledger.Settle(committed && err == nil)
	if err != nil {
		return false, fmt.Errorf("commit: %w", err)
	}
	return committed, nil
}

// settle makes steps the state of their chains.
func (l *links) settle(steps []step) {
	for _, s := range steps {
		if k := l.of[s.place]; k != nil {
			k.note, k.offset, k.started, k.owned = s.note, s.to, true, true
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
