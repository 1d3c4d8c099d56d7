package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Committed is where a group stands on one partition.
type Committed struct {
	Offset   int64
	Metadata string // what the committing stage wrote beside it
}

// StartGroup commits the first offsets of a group's partitions that have none:
// the start of each partition, with the metadata that is given for it. Members of
// the group may be at work on its other topics; where the group has all its offsets
// it changes nothing.
func (c Cluster) StartGroup(ctx context.Context, group string, topics []string, metadata func(topic string, partition int32, offset int64) (string, error)) error {
	if len(topics) == 0 {
		return nil
	}
	cl, err := c.Client()
	if err != nil {
		return err
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	var starts map[string]map[int32]int64
	err = patiently(ctx, func() error {
		starts, err = Starts(ctx, cl, topics...)
		return err
	})
	if err != nil {
		return fmt.Errorf("group %s: %w", group, err)
	}
	missing := func() (kadm.Offsets, error) { return missing(ctx, adm, group, starts, metadata) }
	first, err := missing()
	if err != nil || len(first) == 0 {
		return err
	}
	err = patiently(ctx, func() error { return adm.CommitAllOffsets(ctx, group, first) })
	if errors.Is(err, kerr.UnknownMemberID) {
		// It has members, if only some that were killed a moment ago.
		err = c.startBeside(ctx, group, missing)
	}
	if err != nil {
		return fmt.Errorf("group %s: commit first offsets: %w", group, err)
	}
	return nil
}

// missing gives first offsets for the partitions on which a group has none.
func missing(ctx context.Context, adm *kadm.Client, group string, starts map[string]map[int32]int64, metadata func(topic string, partition int32, offset int64) (string, error)) (kadm.Offsets, error) {
	var have kadm.OffsetResponses
	err := patiently(ctx, func() (err error) {
		have, err = adm.FetchOffsets(ctx, group)
		return err
	})
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, fmt.Errorf("group %s: fetch offsets: %w", group, err)
	}
	out := make(kadm.Offsets)
	for topic, parts := range starts {
		for p, start := range parts {
			if _, ok := have.Lookup(topic, p); ok {
				continue
			}
			text, err := metadata(topic, p, start)
			if err != nil {
				return nil, err
			}
			out.Add(kadm.Offset{Topic: topic, Partition: p, At: start, LeaderEpoch: -1, Metadata: text})
		}
	}
	return out, nil
}

// Started reports whether a group has committed any offset.
func (c Cluster) Started(ctx context.Context, group string) (bool, error) {
	cl, err := c.Client()
	if err != nil {
		return false, err
	}
	defer cl.Close()
	var at map[string]map[int32]Committed
	err = patiently(ctx, func() error {
		at, err = Offsets(ctx, cl, group)
		return err
	})
	return len(at) > 0, err
}

// Lost names the first partition of the topics, of so many each, that is not there or
// on which a group has no offset, or one behind the partition's end; "" if there is
// none.
func (c Cluster) Lost(ctx context.Context, group string, topics []string, partitions int32) (string, error) {
	there, err := c.TopicNames(ctx)
	if err != nil {
		return "", err
	}
	cl, err := c.Client()
	if err != nil {
		return "", err
	}
	defer cl.Close()
	for _, topic := range topics {
		if there[topic] == 0 {
			return topic, nil
		}
	}
	var at map[string]map[int32]Committed
	var ends map[string]map[int32]int64
	err = patiently(ctx, func() error {
		if at, err = Offsets(ctx, cl, group); err == nil {
			ends, err = HighWatermarks(ctx, cl, topics...)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	for _, topic := range topics {
		for p := range partitions {
			if c, ok := at[topic][p]; !ok || c.Offset > ends[topic][p] {
				return fmt.Sprintf("%s/%d", topic, p), nil
			}
		}
	}
	return "", nil
}

// patiently repeats what a broker cannot do yet: a coordinator is elected only
// when the first group asks for it, a new topic is known everywhere only after
// a while.
func patiently(ctx context.Context, do func() error) error {
	for attempt := 0; ; attempt++ {
		err := do()
		if err == nil || !kerr.IsRetriable(err) || attempt == 100 {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Groups lists the groups whose names begin with prefix. It is all of them or an
// error.
func Groups(ctx context.Context, cl *kgo.Client, prefix string) ([]string, error) {
	all, err := kadm.NewClient(cl).ListGroups(ctx)
	if err != nil {
		return nil, fmt.Errorf("groups: list: %w", err)
	}
	var out []string
	for _, name := range all.Groups() {
		if strings.HasPrefix(name, prefix) {
			out = append(out, name)
		}
	}
	return out, nil
}

// Offsets says where a group stands on each partition of its topics; one that is
// not there stands nowhere.
func Offsets(ctx context.Context, cl *kgo.Client, group string) (map[string]map[int32]Committed, error) {
	got, err := kadm.NewClient(cl).FetchOffsets(ctx, group)
	if errors.Is(err, kerr.GroupIDNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("group %s: fetch offsets: %w", group, err)
	}
	out := make(map[string]map[int32]Committed)
	for topic, parts := range got {
		out[topic] = make(map[int32]Committed, len(parts))
		for p, o := range parts {
			if o.Err != nil {
				return nil, fmt.Errorf("group %s: fetch offsets of %s/%d: %w", group, topic, p, o.Err)
			}
			if o.At >= 0 {
				out[topic][p] = Committed{Offset: o.At, Metadata: o.Metadata}
			}
		}
	}
	return out, nil
}
