package wire

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"lethe/stream"
)

// Progress is how far a run has come, in records since it began.
type Progress struct {
	Ingested    int64 `json:"ingested"`
	Masked      int64 `json:"masked"` // or left out by a filter
	Quarantined int64 `json:"quarantined"`
	Shredded    int64 `json:"shredded,omitempty"` // their key was destroyed before they were read
	Loaded      int64 `json:"loaded"`
}

// once runs the stages one behind the other's end: ingest until every source
// has caught up, mask until nothing is left, then the sinks.
func (s *stages) once(ctx context.Context, progress func(Progress)) error {
	g, gctx := errgroup.WithContext(ctx)
	ictx, stopIngest := context.WithCancel(gctx)
	mctx, stopMasks := context.WithCancel(gctx)
	sctx, stopSinks := context.WithCancel(gctx)
	defer stopSinks()
	defer stopMasks()
	defer stopIngest()
	ingest, masks, sinks := new(errgroup.Group), new(errgroup.Group), new(errgroup.Group)
	ingest.Go(func() error { return s.w.base.Lease(ictx, s.jobs) })
	s.startMasks(mctx, masks)
	s.startSinks(sctx, sinks)
	for _, stage := range []*errgroup.Group{ingest, masks, sinks} {
		g.Go(stage.Wait) // a stage that gives up ends the others
	}
	g.Go(func() error {
		if err := s.poll(gctx, progress, s.caughtUp); err != nil {
			return err
		}
		stopIngest()
		ingest.Wait()
		if err := s.poll(gctx, progress, s.masked); err != nil {
			return err
		}
		stopMasks()
		masks.Wait()
		for _, sink := range s.sinks {
			sink.Hurry()
		}
		if err := s.poll(gctx, progress, s.loaded); err != nil {
			return err
		}
		stopSinks()
		return sinks.Wait()
	})
	err := g.Wait()
	stopIngest()
	stopMasks()
	stopSinks()
	ingest.Wait()
	masks.Wait()
	sinks.Wait()
	if progress != nil {
		progress(s.w.Progress())
	}
	return err
}

// poll asks done until it says yes.
func (s *stages) poll(ctx context.Context, progress func(Progress), done func(context.Context) (bool, error)) error {
	for {
		if progress != nil {
			progress(s.w.Progress())
		}
		ok, err := done(ctx)
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s *stages) caughtUp(context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.behind) == 0, nil
}

func (s *stages) masked(ctx context.Context) (bool, error) {
	for _, c := range s.w.folder.Connections {
		left, err := s.w.base.Cluster.Pending(ctx, s.w.base.Topics.MaskGroup(c.Name), s.w.rawTopics(c.From))
		if left || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (s *stages) loaded(ctx context.Context) (bool, error) {
	for _, c := range s.w.folder.Connections {
		left, err := s.w.base.Cluster.Pending(ctx, s.w.base.Topics.SinkGroup(c.Name), s.w.masked[c.Name])
		if left || err != nil {
			return false, err
		}
	}
	return true, nil
}

// Progress is how far the workspace has come since Open.
func (w *Workspace) Progress() Progress {
	m := w.base.Metrics
	p := Progress{Ingested: total(m.Records, stream.StageIngest), Loaded: total(m.Records, stream.StageSink),
		Quarantined: total(m.Quarantined, ""), Shredded: total(m.Shredded, "")}
	p.Masked = max(0, total(m.Records, stream.StageMask)-p.Quarantined-p.Shredded)
	return p
}
