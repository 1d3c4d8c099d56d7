package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// Job is work that exactly one process of a workspace does at a time: ingest of
// a source, or the deletion.
type Job struct {
	Name string
	Run  func(ctx context.Context) error
}

// title is what messages call the job.
func (j Job) title() string {
	if j.Name == DeletionJob || j.Name == TrimJob {
		return stageName(stream.StageDelete, j.Name)
	}
	return stageName(stream.StageIngest, j.Name)
}

// Lease runs the jobs whose partition of the positions topic this process owns
// in the ingest group, until ctx ends. A job that fails is begun again after a
// pause; what a job leaves half done is fenced by its transactional id.
func (b Base) Lease(ctx context.Context, jobs []Job) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	l := &lessee{Base: b, jobs: jobs, stop: make(map[int32]context.CancelFunc), fail: fail}
	topic := b.Topics.Positions()
	cl, err := b.Cluster.Client(append(b.Cluster.Member(b.Topics.IngestGroup()), kgo.ConsumeTopics(topic),
		kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, m map[string][]int32) { l.start(ctx, m[topic]) }),
		kgo.OnPartitionsRevoked(func(_ context.Context, _ *kgo.Client, m map[string][]int32) { l.end(m[topic]) }),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, m map[string][]int32) { l.end(m[topic]) }))...)
	if err != nil {
		return err
	}
	defer l.wait()
	defer cl.Close()
	for {
		// Records are not needed; polling keeps the client's buffers empty.
		cl.PollFetches(ctx)
		if err := context.Cause(ctx); err != nil {
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		}
	}
}

type lessee struct {
	Base
	jobs []Job
	fail context.CancelCauseFunc // ends the lease when a job gives up

	mu   sync.Mutex
	stop map[int32]context.CancelFunc

	running sync.WaitGroup
}

func (l *lessee) start(ctx context.Context, partitions []int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range partitions {
		jctx, cancel := context.WithCancel(ctx)
		l.stop[p] = cancel
		for _, j := range l.jobs {
			if leasePartition(j.Name, l.Partitions) == p {
				l.running.Add(1)
				go func() {
					defer l.running.Done()
					if err := l.Keep(jctx, j.title(), j.Run); err != nil {
						l.fail(err)
					}
				}()
			}
		}
	}
}

func (l *lessee) end(partitions []int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range partitions {
		if cancel := l.stop[p]; cancel != nil {
			cancel()
			delete(l.stop, p)
		}
	}
}

func (l *lessee) wait() {
	l.mu.Lock()
	for _, cancel := range l.stop {
		cancel()
	}
	l.mu.Unlock()
	l.running.Wait()
}

// Keep runs a stage until ctx ends, and again after each failure with growing
// pauses. What it did is in transactions, so that a new run goes on at the last
// commit (L2). Where Tries is set, it gives up after so many failures in a row
// and returns the last. A newer owner of a sink is met again by an opening that
// begins at the last commit only if no second try helps: then it is a Fault, as is
// at once a policy in force that is newer than this process. A Fault that is Final
// ends it, too.
func (b Base) Keep(ctx context.Context, name string, run func(context.Context) error) error {
	defer b.Failures.mended(name)
	pause, conflicts := shortest, 0
	for failed := 1; ; failed++ {
		began := b.Now()
		b.Failures.opened(name, began)
		err := run(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil || errors.Is(err, context.Canceled) {
			err = errors.New("stage ended early")
		}
		// Under the next key it goes as before: where there is none that is a Fault.
		if b.Now().Sub(began) > time.Minute || errors.Is(err, stream.ErrRevoked) {
			pause, failed = shortest, 1
		}
		if conflicts = conflicts + 1; !errors.Is(err, stream.ErrConflict) {
			conflicts = 0
		}
		if conflicts == maxConflicts {
			return &stream.Fault{Code: "run.sink_conflict", Path: name, Msg: err.Error(), Exit: stream.ExitEnvironment,
				Hint: "stop whoever else loads into this sink; if nobody does, it is newer than the brokers' state:\nrestore state/ (or the brokers) from the backup that belongs to it, or name source and connection anew"}
		}
		if f := new(stream.Fault); errors.As(err, &f) && f.Final {
			return f
		}
		if errors.Is(err, errOlder) {
			return &stream.Fault{Code: "run.older_files", Path: name, Msg: err.Error(), Exit: stream.ExitEnvironment,
				Hint: "bring lethe.yaml, contracts, policies and the build of this machine up to those of the machine that changed them, then start it again"}
		}
		if b.Tries > 0 && failed >= b.Tries {
			return fmt.Errorf("%s: %w", name, err)
		}
		b.Failures.failed(name, b.Now())
		b.Log.Error("stage failed, opening it again", "stage", name, "error", err.Error(), "pause", pause.String())
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, longest)
	}
}

// maxConflicts is how often in a row a newer owner may be met: partitions that
// have just moved are one, and the next opening knows it.
const maxConflicts = 3

// Pauses before a stage is opened again.
const (
	shortest = 200 * time.Millisecond
	longest  = 15 * time.Second
)
