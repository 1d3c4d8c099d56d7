package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// patience is how long a read waits without any progress: longer than an open
// transaction of a member that died keeps committed records from being read.
const patience = 90 * time.Second

// ErrStalled says that a topic gave nothing for so long that its end, as it was
// when the read began, was not reached. What was read so far is not all.
var ErrStalled = errors.New("the broker gives no more records, and the end is not reached")

// ReadRange calls each with the committed records of one partition from offset
// from up to the end that the partition has when it is called. Transactions that
// are open then are waited for: what they commit belongs to the range, so that
// nobody goes on from a place that is about to be passed (L2). The record is
// valid during the call.
func (c Cluster) ReadRange(ctx context.Context, topic string, partition int32, from int64, each func(*kgo.Record) error) error {
	cl, err := c.Client()
	if err != nil {
		return err
	}
	ends, err := HighWatermarks(ctx, cl, topic)
	cl.Close()
	if err != nil {
		return err
	}
	return c.ReadTo(ctx, topic, partition, from, ends[topic][partition], each)
}

// ReadTo does so up to an offset. Below [Cluster.Span]'s end it waits for nobody.
func (c Cluster) ReadTo(ctx context.Context, topic string, partition int32, from, end int64, each func(*kgo.Record) error) error {
	cl, err := c.Client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().At(from)}}),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.KeepControlRecords())
	if err != nil {
		return err
	}
	defer cl.Close()
	starts, err := Starts(ctx, cl, topic)
	if err != nil {
		return err
	}
	at, moved := max(from, starts[topic][partition]), time.Now()
	for at < end {
		pctx, cancel := context.WithTimeout(ctx, time.Second)
		fs := cl.PollFetches(pctx)
		cancel()
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fs.Err0(); err != nil && pctx.Err() == nil {
			return fmt.Errorf("topic %s/%d: read: %w", topic, partition, err)
		}
		if fs.NumRecords() == 0 && time.Since(moved) > patience {
			return fmt.Errorf("topic %s/%d: at %d of %d: %w", topic, partition, at, end, ErrStalled)
		}
		for it := fs.RecordIter(); !it.Done(); {
			r := it.Next()
			at, moved = r.Offset+1, time.Now()
			if r.Offset >= end || r.Attrs.IsControl() {
				continue
			}
			if err := each(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// Tail calls emit with every committed record of a topic's only partition from
// offset from on, until ctx ends. A lost offset is an error.
func (c Cluster) Tail(ctx context.Context, topic string, from int64, emit func(offset int64, value []byte) error) error {
	cl, err := c.Client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(from)}}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	if err != nil {
		return err
	}
	defer cl.Close()
	for {
		fs := cl.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fs.Err0(); err != nil {
			return fmt.Errorf("topic %s: tail: %w", topic, err)
		}
		for it := fs.RecordIter(); !it.Done(); {
			r := it.Next()
			if err := emit(r.Offset, r.Value); err != nil {
				return err
			}
		}
	}
}

// Append adds values to a topic's only partition, one after the other, in one
// transaction under an id, and returns once they are durable. may is asked when they
// have their offsets; if it returns an error none of them is there, and Append returns
// it. Nil is always.
func (c Cluster) Append(ctx context.Context, id, topic string, values [][]byte, may func(context.Context) error) error {
	cl, err := c.Producer(id)
	if err != nil {
		return err
	}
	defer cl.Close()
	// A producer waits for the end of the last transaction of its id however long that
	// takes, and knows of no ctx.
	stop := context.AfterFunc(ctx, cl.Close)
	err = cl.BeginTransaction()
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("topic %s: append: %w", topic, err)
	}
	records := make([]*kgo.Record, len(values))
	for i, v := range values {
		records[i] = &kgo.Record{Topic: topic, Partition: 0, Value: v}
	}
	end := kgo.TryCommit
	err = cl.ProduceSync(ctx, records...).FirstErr()
	if err == nil && may != nil {
		err = may(ctx)
	}
	if err == nil {
		err = AwaitPartitions(ctx, cl, topic)
	}
	if err != nil {
		end = kgo.TryAbort
	}
	if ended := cl.EndTransaction(context.WithoutCancel(ctx), end); ended != nil {
		err = errors.Join(err, ended)
	}
	if err != nil {
		return fmt.Errorf("topic %s: append: %w", topic, err)
	}
	// Who reads next finds them.
	AwaitMarkers(cl)
	return nil
}

// Put writes a keyed record into a topic's only partition and returns once it is
// durable.
func (c Cluster) Put(ctx context.Context, topic string, key, value []byte) error {
	return c.PutAll(ctx, topic, [][2][]byte{{key, value}})
}

// PutAll does so with keys and values, in order.
func (c Cluster) PutAll(ctx context.Context, topic string, pairs [][2][]byte) error {
	cl, err := c.Client()
	if err != nil {
		return err
	}
	defer cl.Close()
	records := make([]*kgo.Record, len(pairs))
	for i, p := range pairs {
		records[i] = &kgo.Record{Topic: topic, Partition: 0, Key: p[0], Value: p[1]}
	}
	if err := cl.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return fmt.Errorf("topic %s: put: %w", topic, err)
	}
	return nil
}

// Pending says whether the topics hold committed records that the group has not
// committed as read, or an open transaction that may yet commit some. Offsets
// alone do not tell: transaction markers take offsets too.
func (c Cluster) Pending(ctx context.Context, group string, topics []string) (bool, error) {
	cl, err := c.Client()
	if err != nil {
		return false, err
	}
	defer cl.Close()
	at, err := Offsets(ctx, cl, group)
	if err != nil {
		return false, err
	}
	stable, err := Ends(ctx, cl, topics...)
	if err != nil {
		return false, err
	}
	ends, err := HighWatermarks(ctx, cl, topics...)
	if err != nil {
		return false, err
	}
	for t, parts := range ends {
		for p, end := range parts {
			from, ok := at[t][p]
			if !ok || stable[t][p] < end {
				return true, nil
			}
			if from.Offset >= end {
				continue
			}
			found, err := c.any(ctx, t, p, from.Offset)
			if found || err != nil {
				return found, err
			}
		}
	}
	return false, nil
}

// any says whether a partition holds a committed record from offset from on.
func (c Cluster) any(ctx context.Context, topic string, partition int32, from int64) (bool, error) {
	found := errors.New("found")
	err := c.ReadRange(ctx, topic, partition, from, func(*kgo.Record) error { return found })
	if errors.Is(err, found) {
		return true, nil
	}
	return false, err
}

// TopicNames lists the cluster's topics and how many partitions each has.
func (c Cluster) TopicNames(ctx context.Context) (map[string]int32, error) {
	cl, err := c.Client()
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	ts, err := kadm.NewClient(cl).ListTopics(ctx)
	if err != nil {
		return nil, fmt.Errorf("topics: list: %w", err)
	}
	out := make(map[string]int32, len(ts))
	for name, t := range ts {
		out[name] = int32(len(t.Partitions))
	}
	return out, nil
}
