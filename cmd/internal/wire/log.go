package wire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/audit"
	"lethe/audit/verify"
	"lethe/cmd/internal/config"
	"lethe/stream"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

func (w *Workspace) openLog() error {
	witnesses, err := Witnesses(w.folder)
	if err != nil {
		return err
	}
	rotation, err := w.rotation()
	if err != nil {
		return err
	}
	w.feed = &feed{cluster: w.base.Cluster, topic: w.base.Topics.Audit(), log: w.folder.Rel(w.folder.Log), began: make(chan struct{})}
	w.follower, err = audit.NewFollower(audit.Config{Dir: w.folder.Log, Signer: w.signer, Name: "run", Feed: w.feed, Now: w.base.Now, Witnesses: witnesses, Rotation: rotation,
		Appended: func(b audit.Batch) { w.base.Logged(b.Entries, b.Bytes, b.Began) }})
	if err != nil {
		return err
	}
	if w.rewritten {
		w.log.Warn("the log is gone: it is written anew from the broker, as far as that keeps the entries", "log", w.folder.Rel(w.folder.Log),
			"next", "restore the log from its backup where there is one; else verify with a checkpoint that you kept: only that shows that nothing is missing")
	}
	w.gauges = newGauges(w.registry, w.follower, w.base.Now, witnesses != nil)
	w.registry.MustRegister(failingMetrics{w.base.Failures, w.base.Now})
	if w.folder.Mirror.Bucket != "" {
		w.mirrored = newMirrored(w.registry, w.follower.Status, w.base.Now)
	}
	return nil
}

// WitnessForm says what a policy of witnesses looks like.
const WitnessForm = "write a line each: log VKEY (of log.pub; none for any log), witness NAME VKEY URL, group NAME any|all|N MEMBER…, quorum NAME; lethe witness shows a witness's line"

// Witnesses reads the folder's policy of witnesses; nil without one.
func Witnesses(folder *config.Folder) ([]byte, error) {
	path := folder.Witnesses
	if path == "" {
		return nil, nil
	}
	text, err := config.ReadFile(folder.Rel(path), path)
	var policy *verify.WitnessPolicy
	if err == nil {
		policy, err = verify.ReadWitnessPolicy(text)
	}
	if err == nil {
		err = audit.CheckWitnesses(text)
	}
	if err == nil {
		// One without log lines is for any log, whose public key need not be there.
		key, _ := os.ReadFile(folder.PublicKeyFile())
		err = policy.For(strings.TrimSpace(string(key)))
	}
	if err != nil {
		return nil, &stream.Fault{Code: "config.witnesses", Path: folder.Rel(path), Msg: err.Error(), Hint: WitnessForm}
	}
	return text, nil
}

// openReader opens the log as far as its checkpoint covers it now.
func (w *Workspace) openReader() (*audit.Reader, error) {
	return audit.OpenReader(w.folder.Log, w.verifier)
}

// feed is the audit topic as the follower reads it.
type feed struct {
	cluster kafka.Cluster
	topic   string
	log     string        // directory, for messages
	began   chan struct{} // closed once the log and the topic were found to fit
	once    sync.Once
}

// Read implements audit.Feed.
func (f *feed) Read(ctx context.Context, from int64, emit func(int64, []byte) error) error {
	if err := f.fits(ctx, from); err != nil {
		return err
	}
	f.once.Do(func() { close(f.began) })
	return f.cluster.Tail(ctx, f.topic, from, emit)
}

// fits holds the log, which goes on at offset from, against the topic. A topic
// that ends before the log's last entry, or begins after it, is not the one that
// the log was written from.
func (f *feed) fits(ctx context.Context, from int64) error {
	cl, err := f.cluster.Client()
	if err != nil {
		return err
	}
	defer cl.Close()
	ends, err := kafka.Ends(ctx, cl, f.topic)
	if err != nil {
		return err
	}
	starts, err := kafka.Starts(ctx, cl, f.topic)
	if err != nil {
		return err
	}
	switch start, end := starts[f.topic][0], ends[f.topic][0]; {
	case end < from:
		return &stream.Fault{Code: "run.state_lost", Path: f.log, Exit: stream.ExitEnvironment,
			Msg:  fmt.Sprintf("the log holds entries up to offset %d of the audit topic, which ends at %d: the broker is not the one that this log was written from", from-1, end),
			Hint: "restore state/ (or the brokers) from the backup that belongs to the log,\nor begin anew: move log/, state/ and the lake away together"}
	case start > from:
		return &stream.Fault{Code: "run.log_lost", Path: f.log, Exit: stream.ExitEnvironment,
			Msg:  fmt.Sprintf("the log goes on at offset %d of the audit topic, which begins at %d: the entries between were in the log, and the broker keeps them no more", from, start),
			Hint: "restore the newest log/ that there is;\nor begin anew: move log/, state/ and the lake away together"}
	}
	return nil
}

// with runs work beside the audit follower, once that has found the log to fit
// the audit topic, and lets the follower catch up after it. A fault of the
// follower that no second try mends ends the work.
func (w *Workspace) with(ctx context.Context, work func(context.Context) error) error {
	fctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		gaveUp := w.base.Keep(fctx, pipeline.LogJob, func(ctx context.Context) error {
			err := w.final(w.follower.Follow(ctx))
			var f *stream.Fault
			if errors.As(err, &f) {
				end(f)
				stop()
			}
			return err
		})
		if gaveUp != nil {
			end(gaveUp)
		}
	}()
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		if w.mirrored != nil {
			// It is tried for as long as the run lasts, whatever fails: data does not wait.
			w.untiring().Keep(ctx, mirrorJob, w.mirror)
		}
	}()
	defer w.feeds.halt()
	worked := make(chan error, 1)
	go func() {
		select {
		case <-w.feed.began:
			w.feeds.start(ctx)
			worked <- work(ctx)
		case <-ctx.Done():
			worked <- nil
		}
	}()
	var err error
	select {
	case err = <-worked:
	case <-w.brokerFailed():
		// Clients of a broker that is gone wait for ever: nothing is waited for.
		return fmt.Errorf("embedded broker: %w", w.broker.Close())
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		stop()
		<-done
		w.feeds.warn(ctx, cause)
		return cause
	}
	cctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if cerr := w.followed(cctx); cerr != nil && err == nil {
		err = cerr
	}
	stop()
	<-done
	end(nil)
	<-copied
	if w.mirrored != nil && err == nil {
		if merr := w.mirrorRest(cctx); merr != nil {
			w.log.Error("the mirror does not hold the end of the log", "err", merr)
		}
	}
	w.drainFeeds(ctx)
	return err
}

// final makes a Fault of what no second try mends: two followers that opened the
// log again would depose each other for ever, and nothing is appended to a log
// that was changed.
func (w *Workspace) final(err error) error {
	switch at := w.folder.Rel(w.folder.Log); {
	case errors.Is(err, audit.ErrDeposed):
		return &stream.Fault{Code: "run.log_deposed", Path: at, Exit: stream.ExitEnvironment,
			Msg: "another process has begun to write this audit log: " + err.Error(), Hint: "stop one of the two: a log has one writer"}
	case errors.Is(err, audit.ErrDamaged):
		return &stream.Fault{Code: codeDamaged, Path: at, Exit: stream.ExitEnvironment,
			Msg: err.Error(), Hint: "lethe verify tells what was changed; restore log/ and state/ from the backup that belongs to both"}
	}
	return err
}

// followed waits until every entry that is on the audit topic now is in the log, and
// under a checkpoint.
func (w *Workspace) followed(ctx context.Context) error {
	last := w.follower.Status().Offset
	err := w.base.Cluster.ReadRange(ctx, w.base.Topics.Audit(), 0, last+1, func(r *kgo.Record) error {
		last = r.Offset
		return nil
	})
	if err != nil || last < 0 {
		return err
	}
	if err := w.follower.Await(ctx, last); err != nil {
		return fmt.Errorf("audit log: wait for offset %d: %w", last, err)
	}
	return nil
}
