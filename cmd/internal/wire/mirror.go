package wire

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lethe/audit"
	"lethe/audit/mirror"
	"lethe/stream"
	"lethe/stream/pipeline"
)

// mirrorEvery is how often the log is copied while it grows: each checkpoint that is
// copied is a version of an object, which is kept for years.
const mirrorEvery = time.Minute

// mirrorJob is what messages call the copying.
const mirrorJob = "mirror"

// mirrored is how far the mirror is, for metrics.
type mirrored struct {
	status atomic.Pointer[mirror.Status]
	whole  atomic.Pointer[time.Time] // when it last held what there was to copy; when the process began if it has not
}

func newMirrored(reg prometheus.Registerer, log func() audit.Status, now func() time.Time) *mirrored {
	m, began := new(mirrored), now()
	m.status.Store(new(mirror.Status))
	m.whole.Store(&began)
	gauge := func(name, help string, value func(mirror.Status) float64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "lethe", Name: name, Help: help},
			func() float64 { return value(*m.status.Load()) }))
	}
	gauge("log_mirror_entries", "Entries in full bundles that lie in the mirror of the log.", func(s mirror.Status) float64 { return float64(s.Entries) })
	gauge("log_mirror_behind_entries", "Entries of the log that are not under a checkpoint in its mirror.",
		func(s mirror.Status) float64 { return max(0, float64(log().Size)-float64(s.Size)) })
	gauge("log_mirror_behind_seconds", "Time since the mirror held what there was to copy, while entries of the log are not under a checkpoint in it; 0 if all are.", func(s mirror.Status) float64 {
		if log().Size <= uint64(s.Size) {
			return 0
		}
		return now().Sub(*m.whole.Load()).Seconds()
	})
	gauge("log_mirror_age_seconds", "Time since this process wrote to the mirror; 0 if it has not.", func(s mirror.Status) float64 {
		if s.At.IsZero() {
			return 0
		}
		return now().Sub(s.At).Seconds()
	})
	return m
}

// mirror copies the log until ctx ends.
func (w *Workspace) mirror(ctx context.Context) error {
	r, err := w.openReader()
	if err != nil {
		return w.unmirrored(err)
	}
	for of := make(mirrors); ; {
		if err := w.copyLog(ctx, of, r); err != nil {
			return w.unmirrored(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(mirrorEvery):
		}
	}
}

// mirrorRest copies what the log holds at the end of a run.
func (w *Workspace) mirrorRest(ctx context.Context) error {
	r, err := w.openReader()
	if err == nil {
		err = w.copyLog(ctx, make(mirrors), r)
	}
	return w.unmirrored(err)
}

// mirrors are those of a log's shards, by origin.
type mirrors map[string]*mirror.Mirror

// copyLog copies what the shards of the log hold. Each lies below the mirror's prefix as
// it lies in the log's directory.
func (w *Workspace) copyLog(ctx context.Context, of mirrors, r *audit.Reader) error {
	if err := r.Refresh(); err != nil {
		return err
	}
	var sum mirror.Status
	for _, s := range r.Shards() {
		if s.Checkpoint() == nil {
			break
		}
		if of[s.Origin] == nil {
			to := w.folder.Mirror
			m, err := mirror.Open(ctx, mirror.Config{Endpoint: to.Endpoint, Region: to.Region, Bucket: to.Bucket, Prefix: audit.ShardDir(to.Prefix, s.Origin),
				AccessKey: to.AccessKey, SecretKey: to.SecretKey, Retain: to.Retain, Governance: to.Governance, Now: w.base.Now})
			if err != nil {
				return err
			}
			of[s.Origin] = m
		}
		err := of[s.Origin].Sync(ctx, s)
		at := of[s.Origin].Status()
		sum.Entries, sum.Size = sum.Entries+at.Entries, sum.Size+at.Size
		if at.At.After(sum.At) {
			sum.At = at.At
		}
		told := sum
		w.mirrored.status.Store(&told)
		if err != nil {
			return err
		}
	}
	now := w.base.Now()
	w.mirrored.whole.Store(&now)
	return nil
}

// unmirrored says what to do about a log that cannot be copied.
func (w *Workspace) unmirrored(err error) error {
	at := fmt.Sprintf("s3://%s/%s", w.folder.Mirror.Bucket, w.folder.Mirror.Prefix)
	switch {
	case errors.Is(err, mirror.ErrUnlocked):
		return &stream.Fault{Code: "mirror.unlocked", Path: at, Msg: err.Error(), Exit: stream.ExitEnvironment,
			Hint: "make a bucket with object lock: it is enabled when a bucket is made (aws s3api create-bucket --object-lock-enabled-for-bucket)"}
	case errors.Is(err, mirror.ErrDiffers):
		return &stream.Fault{Code: "mirror.differs", Path: at, Msg: err.Error(), Exit: stream.ExitEnvironment,
			Hint: "fetch the checkpoint that lies there, and type lethe verify --checkpoint FILE " + w.folder.Dir + ": it says whether this log was changed;\na log that was begun anew needs another prefix"}
	}
	return err
}

// untiring is the base of a job that is tried again for ever.
func (w *Workspace) untiring() pipeline.Base {
	b := w.base
	b.Tries = 0
	return b
}
