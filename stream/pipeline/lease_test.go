package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"lethe/stream"
	"lethe/stream/pipeline"
)

func TestANewerOwnerOfTheSinkThatStaysEndsTheStage(t *testing.T) {
	base := pipeline.Base{Log: slog.New(slog.DiscardHandler), Now: time.Now}
	runs := 0
	err := base.Keep(t.Context(), "sink lake", func(context.Context) error {
		runs++
		if runs == 2 {
			return errors.New("something that passes")
		}
		return fmt.Errorf("load: %w", stream.ErrConflict)
	})
	if f := stream.Faults(err); len(f) != 1 || f[0].Code != "run.sink_conflict" || f[0].Hint == "" {
		t.Errorf("gave up with %v", err)
	}
	if runs != 5 {
		t.Errorf("tried %d times, want 3 in a row after another failure", runs)
	}
}
