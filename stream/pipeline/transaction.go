package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/kafka"
)

// commitWithin bounds the end of a transaction, which goes through also while
// the stage is being stopped. Where a broker is gone the stage ends, to be opened
// anew at the last commit.
const commitWithin = 30 * time.Second

// commit ends the open transaction of a, the same for every stage: records are
// flushed, so that their offsets are known; describe writes chain entries,
// receipts and position; these are flushed, so that a failed one is known; then
// everything commits together, or nothing does (L3). false without an error
// means that it was aborted because a rebalance came between.
func (a *auditWriter) commit(ctx context.Context, describe func() error, end func(context.Context) (bool, error)) (bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitWithin)
	defer cancel()
	if err := a.client.Flush(ctx); err != nil {
		return false, fmt.Errorf("flush: %w", err)
	}
	if err := describe(); err != nil {
		return false, err
	}
	if err := a.client.Flush(ctx); err != nil {
		return false, fmt.Errorf("flush receipts: %w", err)
	}
	if err := a.failed(); err != nil {
		return false, err
	}
	// L4: the entries have their places. Where their worker's key is being revoked they
	// may stand behind that: the transaction is made again, under the next key.
	if err := a.ledger.Stands(ctx); err != nil {
		return false, err
	}
	committed, err := end(ctx)
	a.ledger.Settle(committed && err == nil)
	if err != nil {
		return false, fmt.Errorf("commit: %w", err)
	}
	kafka.AwaitMarkers(a.client)
	return committed, nil
}

// end commits the transaction of a producer that is in no group, which always holds a
// position.
func (a *auditWriter) end(ctx context.Context) (bool, error) {
	if err := kafka.AwaitPartitions(ctx, a.client, a.Topics.Positions()); err != nil {
		return false, err
	}
	return true, a.client.EndTransaction(ctx, kgo.TryCommit)
}

// member is one membership in a connection's group: what it reads, writes and
// commits, and the chains of the partitions that it was given.
type member struct {
	session *kgo.GroupTransactSession
	audit   *auditWriter

	mu     sync.Mutex // guards what follows, and what a stage holds, against the group's callbacks
	chains chains

	// holds is asked last of all whether what was made may be committed within a
	// time; nil for always.
	holds func(within time.Duration) error
}

// join opens a membership. moved is called under mu for each partition that was
// given or taken; nil to ignore.
func (b Base) join(group, stage, connection string, topics []string, moved func(place)) (*member, error) {
	m := &member{chains: chains{Base: b, group: group, stage: stage, connection: connection, of: make(map[place]*chain)}}
	var err error
	m.session, err = b.Cluster.GroupSession(group, group+"."+b.Instance, topics, func(_ context.Context, _ *kgo.Client, which map[string][]int32) {
		m.mu.Lock()
		defer m.mu.Unlock()
		for t, ps := range which {
			for _, p := range ps {
				m.chains.forget(place{t, p})
				if moved != nil {
					moved(place{t, p})
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if m.audit, err = b.newAuditWriter(m.session.Client()); err != nil {
		m.session.Close()
		return nil, err
	}
	return m, nil
}

func (m *member) begin() error {
	if err := m.session.Begin(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return nil
}

// abort gives up the open transaction.
func (m *member) abort(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitWithin)
	defer cancel()
	m.session.End(ctx, kgo.TryAbort)
}

// commit ends the open transaction with the offsets and metadata of the steps
// that describe gives, and makes them the state of their chains. false means
// that a rebalance came between, or that what was made is stale: the records are
// polled again.
func (m *member) commit(ctx context.Context, describe func() ([]step, error)) (bool, error) {
	var steps []step
	ended := false
	committed, err := m.audit.commit(ctx, func() (err error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		steps, err = describe()
		return err
	}, func(ctx context.Context) (bool, error) {
		vouched, err := m.vouch(steps)
		if err != nil {
			return false, err
		}
		how := kgo.TryCommit
		switch err := m.held(ctx); {
		case errors.Is(err, stream.ErrStale):
			how = kgo.TryAbort
		case err != nil:
			return false, err
		}
		ended = true
		committed, err := m.session.End(withMetadata(ctx, vouched), how)
		return committed && how == kgo.TryCommit, err
	})
	if err != nil && !ended {
		m.abort(ctx)
	}
	if err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if committed {
		m.chains.settle(steps)
		return true, nil
	}
	m.chains.of = make(map[place]*chain)
	m.audit.Metrics.Aborted.WithLabelValues(m.chains.stage, m.chains.connection).Inc()
	return false, nil
}

// held asks whether what was made may be committed in the time that a commit takes
// at most (L5).
func (m *member) held(ctx context.Context) error {
	if m.holds == nil {
		return nil
	}
	within := commitWithin
	if end, ok := ctx.Deadline(); ok {
		within = time.Until(end)
	}
	return m.holds(within)
}

// vouch gives offset and metadata of each step as a group commits them.
func (m *member) vouch(steps []step) (map[place]kafka.Committed, error) {
	out := make(map[place]kafka.Committed, len(steps))
	for _, s := range steps {
		text, err := m.audit.voucher.vouch(offsetAt(m.chains.group, s.place, s.to), s.metadata)
		if err != nil {
			return nil, err
		}
		out[s.place] = kafka.Committed{Offset: s.to, Metadata: string(text)}
	}
	return out, nil
}

// takeOver writes the entry by which this run takes the chain of p over, if it
// has not done so.
func (m *member) takeOver(p place) error {
	c := m.chains.of[p]
	if c.owned {
		return nil
	}
	return m.audit.takeOver(stream.Chain{Stage: m.chains.stage, Connection: m.chains.connection,
		Topic: p.topic, Partition: p.partition, Head: c.Head, From: strconv.FormatInt(c.offset, 10)})
}
