package pipeline

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream/kafka"
)

// Watch is a reader whose distance from the end is a metric.
type Watch struct {
	Stage, Name string // labels
	Topics      []string
	Group       string // the consumer group that reads them
	// Next is where a reader of one partition goes on that has no group and tells
	// its distance nowhere else.
	Next func() int64
}

// WatchLog is the watch of the audit log's follower.
func (b Base) WatchLog(next func() int64) Watch {
	return Watch{Stage: StageLog, Name: b.Topics.Workspace, Topics: []string{b.Topics.Audit()}, Next: next}
}

// WatchLag sets the metrics of what stages have not read yet, until ctx ends:
// how many offsets, and how old the oldest such record is. Who commits sets the
// seconds too; a stage that commits nothing is told of here.
func (b Base) WatchLag(ctx context.Context, every time.Duration, watches []Watch) error {
	cl, err := b.Cluster.Client()
	if err != nil {
		return err
	}
	defer cl.Close()
	watchers := make([]*watcher, len(watches))
	for i, w := range watches {
		watchers[i] = &watcher{Base: b, Watch: w, client: cl, known: make(map[place]unread)}
	}
	for {
		for _, w := range watchers {
			if err := w.look(ctx); err != nil {
				break // the stages themselves tell of a broker that is gone
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

// watcher is a watch at work.
type watcher struct {
	Base
	Watch
	client *kgo.Client
	known  map[place]unread
	raised bool // the seconds are of this watch
}

// unread is what was found behind the offset that a reader has come to. Transaction
// markers take offsets too, so that the offset alone does not tell.
type unread struct {
	at, to int64 // come to, and up to where the partition was looked at
	first  kafka.First
}

// look measures once.
func (w *watcher) look(ctx context.Context) error {
	ends, err := w.ends(ctx)
	if err != nil {
		return err
	}
	if err := w.find(ctx, ends); err != nil {
		return err
	}
	var behind int64
	var oldest time.Time
	for p, end := range ends {
		u := w.known[p]
		if u.first.None && u.to < end {
			return nil // not settled in a moment; the next look goes on
		}
		if u.first.None {
			continue
		}
		behind += end - u.first.Offset
		if oldest.IsZero() || u.first.Time.Before(oldest) {
			oldest = u.first.Time
		}
	}
	w.Failures.waits(stageName(w.Stage, w.Name), behind > 0)
	w.Metrics.Behind.WithLabelValues(w.Stage, w.Name).Set(float64(behind))
	seconds := w.Metrics.Lag.WithLabelValues(w.Stage, w.Name)
	switch {
	case behind > 0:
		seconds.Set(max(0, w.Now().Sub(oldest).Seconds()))
		w.raised = true
	case w.raised || w.Next != nil:
		seconds.Set(0)
		w.raised = false
	}
	return nil
}

func (w *watcher) ends(ctx context.Context) (map[place]int64, error) {
	ends, err := kafka.Ends(ctx, w.client, w.Watch.Topics...)
	if err != nil {
		return nil, err
	}
	out := make(map[place]int64)
	for t, parts := range ends {
		for p, end := range parts {
			out[place{t, p}] = end
		}
	}
	return out, nil
}

// offsets says where the reader stands in each partition.
func (w *watcher) offsets(ctx context.Context) (func(place) int64, error) {
	if w.Next != nil {
		next := w.Next()
		return func(place) int64 { return next }, nil
	}
	at, err := kafka.Offsets(ctx, w.client, w.Group)
	return func(p place) int64 { return at[p.topic][p.partition].Offset }, err
}

// find learns the first unread record of each partition. One that was found is
// not asked for again while the reader stays where it is, nor what was found empty.
func (w *watcher) find(ctx context.Context, ends map[place]int64) error {
	at, err := w.offsets(ctx)
	if err != nil {
		return err
	}
	spans := make(map[string]map[int32]kafka.Span)
	for p, end := range ends {
		from := at(p)
		u, ok := w.known[p]
		if !ok || u.at != from {
			u = unread{at: from, to: from, first: kafka.First{None: true}}
		}
		w.known[p] = u
		if u.first.None && u.to < end {
			if spans[p.topic] == nil {
				spans[p.topic] = make(map[int32]kafka.Span)
			}
			spans[p.topic][p.partition] = kafka.Span{From: u.to, To: end}
		}
	}
	found, err := w.Cluster.Firsts(ctx, spans)
	if err != nil {
		return err
	}
	for topic, parts := range found {
		for p, f := range parts {
			u := w.known[place{topic, p}]
			u.to, u.first = spans[topic][p].To, f
			w.known[place{topic, p}] = u
		}
	}
	return nil
}
