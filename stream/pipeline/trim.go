package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"lethe/stream/kafka"
)

// TrimJob is the name under which the trimming is leased and stands in the
// positions topic.
const TrimJob = "job/trim"

// Trim deletes what is older than Keep and what nobody has to read any more, so
// that brokers keep a bounded part: masked records behind their sink, details,
// leaves, and audit entries that the log holds. Raw topics are the Deletion's;
// quarantine is kept for as long as its keys.
//
// Time alone deletes nothing that a stage has still to read (L2): a clock that is
// ahead only shortens what is kept.
type Trim struct {
	Base
	Keep  time.Duration // 0 for ever
	Index time.Duration // likewise, of the index of subjects
	Every time.Duration
	// Sinks are the connections whose sink reads each masked topic.
	Sinks map[string]string
	// Logged is the audit offset before which all entries are in the log under a
	// published checkpoint; nil keeps the audit topic whole.
	Logged func() int64
}

// trimLeast is how many offsets of a partition are worth a line in the log.
const trimLeast = 16

// Run trims at once and then every so often, until ctx ends or something fails.
func (t *Trim) Run(ctx context.Context) error {
	r, err := openRemover(ctx, t.Base, TrimJob)
	if err != nil {
		return err
	}
	defer r.client.Close()
	for {
		if err := t.round(ctx, r); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(t.Every):
		}
	}
}

func (t *Trim) round(ctx context.Context, r *remover) error {
	passed, err := t.passed(ctx, r)
	if err != nil {
		return err
	}
	topics := slices.Collect(maps.Keys(passed))
	old, err := t.old(ctx, r, topics)
	if err != nil {
		return err
	}
	starts, err := kafka.Starts(ctx, r.client, topics...)
	if err != nil {
		return err
	}
	to := make(map[place]int64)
	for topic, parts := range passed {
		for p, offset := range parts {
			start := starts[topic][p]
			// What a killed round has removed and not written down is written down now.
			at := place{topic, p}
			if offset = min(offset, old[topic][p]); offset-start >= trimLeast {
				to[at] = offset
				t.Metrics.Trimmed.WithLabelValues(topic).Add(float64(offset - start))
			} else if start > 0 {
				to[at] = start
			}
		}
	}
	reached, err := r.remove(ctx, starts, to)
	if err != nil {
		return err
	}
	return r.receipt(ctx, reached, nil)
}

// old gives, for each partition, the offset before which everything is as old as it is
// kept.
func (t *Trim) old(ctx context.Context, r *remover, topics []string) (map[string]map[int32]int64, error) {
	index := t.Topics.Subjects()
	others := slices.DeleteFunc(slices.Clone(topics), func(topic string) bool { return topic == index })
	out, err := kafka.OffsetsAt(ctx, r.client, t.Now().Add(-t.Keep), others...)
	if err != nil || len(others) == len(topics) {
		return out, err
	}
	indexes, err := kafka.OffsetsAt(ctx, r.client, t.Now().Add(-t.Index), index)
	if out == nil {
		return indexes, err
	}
	maps.Copy(out, indexes)
	return out, err
}

// passed gives, for each partition, the offset before which nobody has to read; of
// what is kept for ever nothing.
func (t *Trim) passed(ctx context.Context, r *remover) (map[string]map[int32]int64, error) {
	out := make(map[string]map[int32]int64)
	if t.Index > 0 {
		ends, err := kafka.Ends(ctx, r.client, t.Topics.Subjects())
		if err != nil {
			return nil, err
		}
		maps.Copy(out, ends)
	}
	if t.Keep == 0 {
		return out, nil
	}
	for topic, connection := range t.Sinks {
		group := t.Topics.SinkGroup(connection)
		at, err := t.standings(ctx, r.client, group)
		if err != nil {
			return nil, err
		}
		out[topic] = make(map[int32]int64)
		for p := range t.Partitions {
			c, ok := at[place{topic, p}]
			if !ok {
				return nil, fmt.Errorf("group %s: no committed offset of %s/%d", group, topic, p)
			}
			out[topic][p] = c.offset
		}
	}
	ends, err := kafka.Ends(ctx, r.client, t.Topics.Details(), t.Topics.Leaves())
	if err != nil {
		return nil, err
	}
	maps.Copy(out, ends)
	if t.Logged != nil {
		out[t.Topics.Audit()] = map[int32]int64{0: t.Logged()}
	}
	return out, nil
}
