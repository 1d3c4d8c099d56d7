package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/bench"
	"lethe/stream/kafka"
)

// warmUp is how many seconds of changes are not counted.
const warmUp = 1

// delays measures how long a change takes from the source to a read-committed
// consumer of a topic. Each change is a transaction of its own; its time is
// taken by the server right before the commit, so the commit counts.
func delays(ctx context.Context, cluster kafka.Cluster, topic string, load bench.Workload, r *running, write appender) (bench.Latency, error) {
	seen := &watcher{cluster: cluster, topic: topic, column: "updated_at"}
	if err := seen.open(ctx); err != nil {
		return bench.Latency{}, err
	}
	defer seen.client.Close()
	n := int64(load.Rate) * int64(load.Seconds+warmUp)
	writer, err := write(n, 1, load.Rate)
	if err != nil {
		return bench.Latency{}, err
	}
	watch := begin(ctx, func(ctx context.Context) error {
		defer close(seen.closed)
		seen.err = seen.run(ctx, n)
		return seen.err
	})
	defer watch.stop()
	if err := errors.Join(r.await(ctx, seen.done), writer.wait()); err != nil {
		return bench.Latency{}, err
	}
	if seen.err != nil {
		return bench.Latency{}, seen.err
	}
	return bench.Delays(seen.delays[warmUp*load.Rate:]), nil
}

// watcher reads a topic from its end and notes how old each record is.
type watcher struct {
	cluster kafka.Cluster
	topic   string
	column  string // holds when the row was made
	client  *kgo.Client
	closed  chan struct{} // after which delays and err may be read
	delays  []time.Duration
	err     error
}

func (s *watcher) open(ctx context.Context) error {
	s.closed = make(chan struct{})
	cl, err := s.cluster.Client()
	if err != nil {
		return err
	}
	ends, err := kafka.Ends(ctx, cl, s.topic)
	cl.Close()
	if err != nil {
		return err
	}
	from := make(map[int32]kgo.Offset)
	for p, end := range ends[s.topic] {
		from[p] = kgo.NewOffset().At(end)
	}
	s.client, err = s.cluster.Client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{s.topic: from}), kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	return err
}

// run reads n records.
func (s *watcher) run(ctx context.Context, n int64) error {
	for int64(len(s.delays)) < n {
		fs := s.client.PollFetches(ctx)
		now := time.Now()
		if err := fs.Err0(); err != nil {
			return fmt.Errorf("read %s: %w", s.topic, err)
		}
		for it := fs.RecordIter(); !it.Done(); {
			at, err := moment(it.Next().Value, s.column)
			if err != nil {
				return err
			}
			s.delays = append(s.delays, now.Sub(at))
		}
	}
	return nil
}

func (s *watcher) done() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// moment finds a column of text that holds a time.
func moment(value []byte, column string) (time.Time, error) {
	_, rest, ok := bytes.Cut(value, []byte(`"`+column+`":"`))
	text, _, closed := bytes.Cut(rest, []byte(`"`))
	if !ok || !closed {
		return time.Time{}, fmt.Errorf("a record has no %s", column)
	}
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		// L7: the error would quote the value.
		return time.Time{}, fmt.Errorf("%s of a record is no time", column)
	}
	return t, nil
}
