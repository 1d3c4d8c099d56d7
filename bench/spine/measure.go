package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"lethe/bench"
	"lethe/stream"
)

// meter measures hops and profiles them.
type meter struct {
	profiles string // directory
	say      func(format string, args ...any)
}

// hop measures one: work does it and says how many rows it was.
func (m *meter) hop(ctx context.Context, name string, work func() (int64, error)) (bench.Hop, error) {
	// What the hop before it left behind is not this one's.
	runtime.GC()
	path := filepath.Join(m.profiles, name+".pprof")
	f, err := os.Create(path)
	if err != nil {
		return bench.Hop{}, fmt.Errorf("profile: %w", err)
	}
	defer f.Close()
	t, err := bench.Start()
	if err != nil {
		return bench.Hop{}, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return bench.Hop{}, fmt.Errorf("profile: %w", err)
	}
	rows, err := work()
	var h bench.Hop
	if err == nil {
		h, err = t.Stop(name, rows)
	}
	pprof.StopCPUProfile()
	if err = errors.Join(err, f.Close()); err != nil {
		return bench.Hop{}, fmt.Errorf("%s: %w", name, err)
	}
	h.Shares, err = bench.Profile(ctx, path, "")
	m.say("%s", line(h))
	return h, err
}

// snapshot measures the rows that are there, hop by hop, one after the other.
func (w *world) snapshot(ctx context.Context, m *meter, rows int64) ([]bench.Hop, error) {
	var all []bench.Hop
	add := func(name string, work func() (int64, error)) error {
		h, err := m.hop(ctx, name, work)
		all = append(all, h)
		return err
	}
	if err := add("ingest", func() (int64, error) {
		var caughtUp atomic.Bool
		r := begin(ctx, w.ingest(func() { caughtUp.Store(true) }).Run)
		defer r.stop()
		return rows, r.await(ctx, func() bool { return caughtUp.Load() && w.done(stream.StageIngest) >= rows })
	}); err != nil {
		return nil, err
	}
	if err := add("mask", func() (int64, error) {
		r := begin(ctx, w.mask().Run)
		defer r.stop()
		return rows, r.await(ctx, func() bool { return w.done(stream.StageMask) >= rows })
	}); err != nil {
		return nil, err
	}
	err := add("sink", func() (int64, error) {
		r := begin(ctx, w.load(rollBytes, time.Second).Run)
		defer r.stop()
		return rows, r.await(ctx, func() bool { return w.done(stream.StageSink) >= rows })
	})
	return append(all, bench.Sum("snapshot", all)), err
}

// rollBytes ends an object, as it does by default.
const rollBytes = 128 << 20

// writerBatch is how many inserts a transaction of the streaming workload has.
const writerBatch = 100

// live measures changes while all hops run, and then how long single ones take.
func (w *world) live(ctx context.Context, m *meter, load bench.Workload) (_ bench.Hop, l *bench.Latency, err error) {
	sink := w.load(rollBytes, 10*time.Second)
	r := begin(ctx, w.ingest(nil).Run, w.mask().Run, sink.Run, w.deletion().Run)
	defer r.stop()
	write := appendTo(ctx, w.url, load.Rows)
	base := w.done(stream.StageSink)
	// One change goes through first: from then on the groups have met and the
	// source is followed.
	one, err := write(1, 1, 0)
	if err != nil {
		return bench.Hop{}, nil, err
	}
	through := func(stage string, n int64) error {
		return r.await(ctx, func() bool { return w.done(stage) >= base+n })
	}
	if err := errors.Join(through(stream.StageMask, 1), one.wait()); err != nil {
		return bench.Hop{}, nil, err
	}
	hop, err := m.hop(ctx, "streaming", func() (int64, error) {
		all, err := write(load.Changes, writerBatch, 0)
		if err != nil {
			return 0, err
		}
		if err := through(stream.StageMask, 1+load.Changes); err != nil {
			return 0, err
		}
		sink.Hurry()
		return load.Changes, errors.Join(through(stream.StageSink, 1+load.Changes), all.wait())
	})
	if err != nil || load.Seconds == 0 {
		return hop, nil, err
	}
	d, err := delays(ctx, w.base.Cluster, w.masked(), load, r, write)
	return hop, &d, err
}
