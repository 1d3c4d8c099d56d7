package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Ends gives the last stable offset of each partition of the topics: everything
// before it is committed or aborted.
func Ends(ctx context.Context, cl *kgo.Client, topics ...string) (map[string]map[int32]int64, error) {
	return list(ctx, "committed offsets", kadm.NewClient(cl).ListCommittedOffsets, topics)
}

// Starts gives the first offset that each partition of the topics still holds.
func Starts(ctx context.Context, cl *kgo.Client, topics ...string) (map[string]map[int32]int64, error) {
	return list(ctx, "start offsets", kadm.NewClient(cl).ListStartOffsets, topics)
}

// OffsetsAt gives the first offset of each partition of the topics that was
// written at that time or later, and a partition's end where none was.
func OffsetsAt(ctx context.Context, cl *kgo.Client, at time.Time, topics ...string) (map[string]map[int32]int64, error) {
	return list(ctx, "offsets at a time", func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return kadm.NewClient(cl).ListOffsetsAfterMilli(ctx, at.UnixMilli(), topics...)
	}, topics)
}

// HighWatermarks gives the end of each partition of the topics, open
// transactions included: what was acknowledged before it was asked lies before it.
func HighWatermarks(ctx context.Context, cl *kgo.Client, topics ...string) (map[string]map[int32]int64, error) {
	return list(ctx, "end offsets", kadm.NewClient(cl).ListEndOffsets, topics)
}

// list asks the brokers once for an offset of every partition of the topics, and
// gives all of them or an error. The library takes no topics for all that there
// are; here they are none.
func list(ctx context.Context, what string, ask func(context.Context, ...string) (kadm.ListedOffsets, error), topics []string) (map[string]map[int32]int64, error) {
	if len(topics) == 0 {
		return nil, nil
	}
	got, err := ask(ctx, topics...)
	if err != nil {
		return nil, fmt.Errorf("topics: list %s: %w", what, err)
	}
	out := make(map[string]map[int32]int64, len(got))
	for topic, parts := range got {
		out[topic] = make(map[int32]int64, len(parts))
		for p, o := range parts {
			if o.Err != nil {
				return nil, fmt.Errorf("topic %s/%d: list %s: %w", topic, p, what, o.Err)
			}
			out[topic][p] = o.Offset
		}
	}
	return out, nil
}

// Near gives an offset so many before the end of a partition, or 0.
func (c Cluster) Near(ctx context.Context, topic string, partition int32, records int64) (int64, error) {
	cl, err := c.Client()
	if err != nil {
		return 0, err
	}
	defer cl.Close()
	ends, err := HighWatermarks(ctx, cl, topic)
	return max(0, ends[topic][partition]-records), err
}

// Span gives the first offset that a partition still holds, and the last stable one.
func (c Cluster) Span(ctx context.Context, topic string, partition int32) (start, end int64, err error) {
	cl, err := c.Client()
	if err != nil {
		return 0, 0, err
	}
	defer cl.Close()
	starts, err := Starts(ctx, cl, topic)
	if err != nil {
		return 0, 0, err
	}
	ends, err := Ends(ctx, cl, topic)
	return starts[topic][partition], ends[topic][partition], err
}
