package wire

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lethe/cmd/internal/config"
	"lethe/connectors"
	"lethe/masking"
	"lethe/stream"
	"lethe/stream/pipeline"
)

// deleteEvery is how often raw records that all connections committed are
// deleted.
const deleteEvery = 2 * time.Second

// stages are the pipeline's stages of a folder.
type stages struct {
	w      *Workspace
	jobs   []pipeline.Job
	masks  []*pipeline.Mask
	sinks  []*pipeline.Sink
	mu     sync.Mutex
	behind map[string]bool // sources that have not yet said that they caught up
}

func (w *Workspace) stages() *stages {
	s := &stages{w: w, behind: make(map[string]bool)}
	readers := make(map[string][]string)
	for _, c := range w.folder.Connections {
		for _, raw := range w.rawTopics(c.From) {
			readers[raw] = append(readers[raw], c.Name)
		}
		s.masks = append(s.masks, w.mask(c))
		s.sinks = append(s.sinks, w.sink(c))
	}
	var sources []string
	for _, src := range w.folder.Sources {
		if len(w.rawTopics(src.Name)) == 0 {
			continue // no connection reads it
		}
		s.behind[src.Name], sources = true, append(sources, src.Name)
		s.jobs = append(s.jobs, pipeline.Job{Name: src.Name, Run: s.ingest(src).Run})
	}
	deletion := &pipeline.Deletion{Base: w.base, Sources: sources, Connections: readers, GivenUp: w.folder.GivenUp,
		Every: deleteEvery, MaxAge: w.folder.RawMaxAge, Window: w.folder.Sampling.Window}
	s.jobs = append(s.jobs, pipeline.Job{Name: pipeline.DeletionJob, Run: deletion.Run})
	if w.folder.Keep > 0 {
		w.log.Info("what is masked, loaded and in the log is deleted from the broker when it is this old", "keep", w.folder.Keep.String())
	}
	if w.folder.Keep > 0 || w.folder.Index.Keep > 0 {
		s.jobs = append(s.jobs, pipeline.Job{Name: pipeline.TrimJob, Run: w.trim().Run})
	}
	return s
}

// trim keeps what brokers hold to the time that the folder says. The audit topic
// is trimmed on the embedded broker only: elsewhere another machine's log may
// still be written from it.
func (w *Workspace) trim() *pipeline.Trim {
	every := 15 * time.Minute
	for _, keep := range []time.Duration{w.folder.Keep, w.folder.Index.Keep} {
		if keep > 0 {
			every = min(every, max(keep/4, time.Second))
		}
	}
	t := &pipeline.Trim{Base: w.base, Keep: w.folder.Keep, Index: w.folder.Index.Keep, Sinks: make(map[string]string), Every: every}
	for _, c := range w.folder.Connections {
		for _, m := range w.masked[c.Name] {
			t.Sinks[m] = c.Name
		}
	}
	if w.broker != nil {
		t.Logged = w.logged()
	}
	return t
}

// logged gives the audit offset before which all entries are in the log and
// under a checkpoint that is published. Where the checkpoint is behind, it is
// asked again next time whether it has come so far.
func (w *Workspace) logged() func() int64 {
	var mu sync.Mutex
	var passed, next int64
	var size uint64
	return func() int64 {
		mu.Lock()
		defer mu.Unlock()
		s := w.follower.Status()
		if s.Published >= size {
			passed, next, size = next, s.Offset+1, s.Size
		}
		if s.Published >= size {
			passed = next
		}
		return passed
	}
}

// unlisted counts the columns of a stream that some connection reads and whose policy does
// not know.
func (w *Workspace) unlisted(source string, sc stream.Schema) (most int) {
	for _, c := range w.folder.Connections {
		if c.From != source {
			continue
		}
		known := make(map[string]bool)
		for _, s := range w.programs[c.Name].Streams {
			if s.Name != sc.Stream {
				continue
			}
			for _, f := range s.Plan.Fields {
				if column, _, err := masking.Column(f.Path); err == nil {
					known[column] = true
				}
			}
		}
		n := 0
		for _, f := range sc.Fields {
			if !known[f.Name] {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func (s *stages) ingest(src config.Source) *pipeline.Ingest {
	w := s.w
	classes := w.classes(src.Name)
	decided := func(name string) bool { _, ok := classes[name]; return ok }
	revisions, epochs := make(map[string]string), make(map[string]string)
	for _, c := range w.folder.Connections {
		if c.From == src.Name {
			revisions[c.Name], epochs[c.Name] = w.programs[c.Name].Revision, w.current[c.Name].keys
		}
	}
	return &pipeline.Ingest{Base: w.base, Source: src.Name, RawTopics: w.rawTopics(src.Name), Revisions: revisions, Keys: epochs, Again: w.again, Seen: w.seen[src.Name],
		Notice:   w.Notice,
		Unlisted: func(sc stream.Schema) int { return w.unlisted(src.Name, sc) },
		Auditor:  w.auditor,
		Class:    func(name string) (stream.Class, bool) { c, ok := classes[name]; return c, ok },
		CaughtUp: func() { s.mu.Lock(); delete(s.behind, src.Name); s.mu.Unlock() },
		Open: func(again func(string) int64) (stream.Source, error) {
			env, err := w.env(src.Name)
			if err != nil {
				return nil, err
			}
			env.Begin = decided // L1: what nobody decided on is not even read, where it was not before
			env.Again = again
			return src.Connector.OpenSource(env, src.Config)
		}}
}

// env is what a connector gets of this process.
func (w *Workspace) env(name string) (connectors.Env, error) {
	seal, err := pipeline.NewSeal(w.keys, "connector-"+name)
	return connectors.Env{Workspace: w.folder.Workspace, Name: name, StateDir: filepath.Join(w.folder.State, "connectors", name),
		Seal: seal, Secret: w.keys.Secret, Log: w.log.With("connector", name), Gauge: w.gauges.connector(name), Now: time.Now}, err
}

func (w *Workspace) mask(c config.Connection) *pipeline.Mask {
	return &pipeline.Mask{Base: w.base, Connection: c.Name, RawTopics: w.rawTopics(c.From), Quarantine: w.quarantine(c),
		Current:  w.current[c.Name],
		Revision: func(id string) (stream.Revision, error) { return w.revision(id) },
		Counted: func(name string, n stream.MaskCount) {
			if w.Masked != nil {
				w.Masked(c.Name, name, n)
			}
		}}
}

func (w *Workspace) sink(c config.Connection) *pipeline.Sink {
	sink, _ := w.folder.Sink(c.To)
	return &pipeline.Sink{Base: w.base, Connection: c.Name, Topics: w.masked[c.Name],
		RollBytes: sink.Config.Number("roll_bytes"), RollEvery: sink.Config.Duration("roll_every"),
		Open: func() (stream.Sink, error) {
			env, err := w.env(c.To)
			if err != nil {
				return nil, err
			}
			return sink.Connector.OpenSink(env, sink.Config)
		},
		Shape: func(topic, id string) (*stream.Schema, error) {
			r, err := w.revision(id)
			if err != nil {
				return nil, err
			}
			rows, ok := r.rows[topic]
			if !ok {
				return nil, fmt.Errorf("the revision has no stream for it")
			}
			return rows, nil
		}}
}

func (s *stages) start(ctx context.Context, g *errgroup.Group) {
	g.Go(func() error { return s.w.base.Lease(ctx, s.jobs) })
	s.startMasks(ctx, g)
	s.startSinks(ctx, g)
	g.Go(func() error { return s.w.base.WatchLag(ctx, 5*time.Second, s.watches()) })
}

// watches are the readers whose lag is a metric.
func (s *stages) watches() []pipeline.Watch {
	out := []pipeline.Watch{s.w.base.WatchLog(func() int64 { return s.w.follower.Status().Offset + 1 })}
	for _, c := range s.w.folder.Connections {
		t := s.w.base.Topics
		out = append(out, pipeline.Watch{Stage: stream.StageMask, Name: c.Name, Group: t.MaskGroup(c.Name), Topics: s.w.rawTopics(c.From)},
			pipeline.Watch{Stage: stream.StageSink, Name: c.Name, Group: t.SinkGroup(c.Name), Topics: s.w.masked[c.Name]})
	}
	return out
}

func (s *stages) startMasks(ctx context.Context, g *errgroup.Group) {
	for _, m := range s.masks {
		g.Go(func() error { return s.w.base.Keep(ctx, m.Title(), m.Run) })
	}
}

func (s *stages) startSinks(ctx context.Context, g *errgroup.Group) {
	for _, l := range s.sinks {
		g.Go(func() error { return s.w.base.Keep(ctx, l.Title(), l.Run) })
	}
}

// report logs the totals when the run begins, from time to time, and at the end.
func (s *stages) report(ctx context.Context) error {
	var last Progress
	say := func(what string) {
		p := s.w.Progress()
		s.w.log.Info(what, "ingested", p.Ingested, "masked", p.Masked, "quarantined", p.Quarantined, "loaded", p.Loaded)
		last = p
	}
	say("running")
	t := time.NewTicker(cmp.Or(s.w.Every, time.Minute))
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			say("stopping")
			return nil
		case <-t.C:
			if s.w.Every == 0 || s.w.Progress() != last {
				say("running")
			}
		}
	}
}
