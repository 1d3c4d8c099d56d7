package pipeline_test

import (
	"errors"
	"log/slog"
	"testing"

	"lethe/stream"
	"lethe/stream/broker"
	"lethe/stream/pipeline"
)

func TestWhatAStageFailedOfNamesItOnce(t *testing.T) {
	b, err := broker.Start(t.Context(), broker.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	r := newRig(t, b.Addrs())
	r.base.Tries = 1
	why := errors.New("no route")
	ingest := r.ingest()
	ingest.Open = func(func(string) int64) (stream.Source, error) { return nil, why }
	err = r.base.Lease(t.Context(), []pipeline.Job{{Name: "src", Run: ingest.Run}})
	if err == nil || err.Error() != "source src: open: no route" {
		t.Errorf("ingest: %v", err)
	}
	sink := &pipeline.Sink{Base: r.base, Connection: "lake", Topics: []string{r.masked()}, Open: func() (stream.Sink, error) { return nil, why }}
	err = r.base.Keep(t.Context(), sink.Title(), sink.Run)
	if err == nil || err.Error() != "sink lake: open: no route" {
		t.Errorf("sink: %v", err)
	}
}
