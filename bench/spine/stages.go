package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"lethe/stream"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

// running is work that ends when it is told to; a failure ends whoever awaits
// something of it.
type running struct {
	cancel context.CancelFunc
	group  sync.WaitGroup
	failed chan error
}

func begin(ctx context.Context, work ...func(context.Context) error) *running {
	ctx, cancel := context.WithCancel(ctx)
	r := &running{cancel: cancel, failed: make(chan error, len(work))}
	for _, f := range work {
		r.group.Add(1)
		go func() {
			defer r.group.Done()
			if err := f(ctx); err != nil && ctx.Err() == nil {
				r.failed <- err
			}
		}()
	}
	return r
}

// await waits until done says yes.
func (r *running) await(ctx context.Context, done func() bool) error {
	for t := time.NewTicker(2 * time.Millisecond); ; {
		if done() {
			t.Stop()
			return nil
		}
		select {
		case err := <-r.failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

func (r *running) stop() {
	r.cancel()
	r.group.Wait()
}

func (w *world) ingest(caughtUp func()) *pipeline.Ingest {
	return &pipeline.Ingest{Base: w.base, Source: source, Open: func(func(string) int64) (stream.Source, error) { return w.source() }, RawTopics: []string{w.raw()},
		Class:     func(name string) (stream.Class, bool) { return w.class, name == table },
		Revisions: map[string]string{connection: w.revision.id}, Keys: map[string]string{connection: w.revision.keys}, CaughtUp: caughtUp}
}

func (w *world) mask() *pipeline.Mask {
	return &pipeline.Mask{Base: w.base, Connection: connection, RawTopics: []string{w.raw()}, Quarantine: w.refused(), Current: w.revision,
		Revision: func(id string) (stream.Revision, error) {
			return nil, fmt.Errorf("there is no other than %s", w.revision.id)
		}}
}

func (w *world) load(rollBytes int64, rollEvery time.Duration) *pipeline.Sink {
	return &pipeline.Sink{Base: w.base, Connection: connection, Topics: []string{w.masked()}, Open: w.sink, RollBytes: rollBytes, RollEvery: rollEvery,
		Shape: func(topic, id string) (*stream.Schema, error) {
			if topic != w.masked() || len(id) == 0 || len(id) > len(w.revision.id) || w.revision.id[:len(id)] != id {
				return nil, errors.New("the revision is not this run's")
			}
			return &w.revision.stream.Rows, nil
		}}
}

func (w *world) deletion() *pipeline.Deletion {
	return &pipeline.Deletion{Base: w.base, Sources: []string{source}, Connections: map[string][]string{w.raw(): {connection}}, Every: 2 * time.Second}
}

// deleteTopics deletes the topics whose names begin so.
func deleteTopics(ctx context.Context, c kafka.Cluster, prefix string) error {
	cl, err := c.Client()
	if err != nil {
		return err
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	all, err := adm.ListTopics(ctx)
	if err != nil {
		return err
	}
	var mine []string
	for _, name := range all.Names() {
		if len(name) > len(prefix) && name[:len(prefix)] == prefix {
			mine = append(mine, name)
		}
	}
	if len(mine) == 0 {
		return nil
	}
	_, err = adm.DeleteTopics(ctx, mine...)
	return err
}
