package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// longHead is how many records a compacted partition may hold before its
	// head is looked at.
	longHead = 10_000
	// wideKeys is above how many keys a partition is left to compaction: its
	// oldest living record is hardly ever far from its start.
	wideKeys = 4096
)

// heads keeps compacted partitions short while the broker runs: what lies
// before the oldest record that is still the last of its key is deleted. That
// is safe beside any writer, because a newer record only ever moves it on. A
// key that is never written again holds its partition until the next start
// compacts it.
type heads struct {
	b     *Broker
	adm   *kadm.Client
	parts map[headKey]*head
}

type headKey struct {
	topic string
	part  int32
}

// head is what is known of a partition up to offset at.
type head struct {
	at   int64
	last map[string]int64 // offset by key
}

// keepShort looks at the heads until ctx ends.
func (b *Broker) keepShort(ctx context.Context, every time.Duration) {
	h := &heads{b: b, adm: kadm.NewClient(b.inside), parts: make(map[headKey]*head)}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(every):
		}
		if err := h.round(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("compacted topics were not shortened", "err", err)
		}
	}
}

func (h *heads) round(ctx context.Context) error {
	topics, err := h.compacted(ctx)
	if err != nil || len(topics) == 0 {
		return err
	}
	starts, err := h.adm.ListStartOffsets(ctx, topics...)
	if err != nil {
		return err
	}
	ends, err := h.adm.ListCommittedOffsets(ctx, topics...)
	if err != nil {
		return err
	}
	var errs []error
	ends.Each(func(end kadm.ListedOffset) {
		start, _ := starts.Lookup(end.Topic, end.Partition)
		if end.Offset-start.Offset < longHead {
			return
		}
		if err := h.shorten(ctx, end.Topic, end.Partition, start.Offset, end.Offset); err != nil {
			errs = append(errs, fmt.Errorf("%s/%d: %w", end.Topic, end.Partition, err))
		}
	})
	return errors.Join(errs...)
}

func (h *heads) compacted(ctx context.Context) (names []string, err error) {
	all, err := h.adm.ListTopics(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range all.Names() {
		info := h.b.cluster.TopicInfo(t)
		if info == nil {
			continue
		}
		if policy := info.Configs["cleanup.policy"]; policy != nil && strings.Contains(*policy, "compact") {
			names = append(names, t)
		}
	}
	return names, nil
}

func (h *heads) shorten(ctx context.Context, topic string, part int32, start, end int64) error {
	key := headKey{topic, part}
	p := h.parts[key]
	if p == nil || p.at < start || p.at > end {
		p = &head{at: start, last: make(map[string]int64)}
		h.parts[key] = p
	}
	if p.last == nil {
		return nil // too many keys
	}
	if err := h.read(ctx, topic, part, p, end); err != nil {
		return err
	}
	if len(p.last) > wideKeys {
		p.last = nil
		return nil
	}
	oldest := end
	for _, at := range p.last {
		oldest = min(oldest, at)
	}
	if oldest-start < longHead/10 {
		return nil
	}
	var to kadm.Offsets
	to.Add(kadm.Offset{Topic: topic, Partition: part, At: oldest})
	done, err := h.adm.DeleteRecords(ctx, to)
	if err != nil {
		return err
	}
	return done.Error()
}

// read takes the committed records up to end into p.
func (h *heads) read(ctx context.Context, topic string, part int32, p *head, end int64) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(h.b.gate.addr()), kgo.Dialer(h.b.gate.dial),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(), kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {part: kgo.NewOffset().At(p.at)}}))
	if err != nil {
		return err
	}
	defer cl.Close()
	for p.at < end && len(p.last) <= wideKeys {
		fs := cl.PollFetches(ctx)
		if err := fs.Err(); err != nil {
			return err
		}
		fs.EachRecord(func(r *kgo.Record) {
			p.at = r.Offset + 1
			if !r.Attrs.IsControl() && r.Key != nil {
				p.last[string(r.Key)] = r.Offset
			}
		})
	}
	return nil
}
