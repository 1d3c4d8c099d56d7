package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
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

func TestAFinalFaultEndsTheStageAtOnce(t *testing.T) {
	base := pipeline.Base{Log: slog.New(slog.DiscardHandler), Now: time.Now}
	runs := 0
	err := base.Keep(t.Context(), "source crm", func(context.Context) error {
		runs++
		return fmt.Errorf("read: %w", &stream.Fault{Code: "postgres.slot_ahead", Hint: "…", Exit: stream.ExitEnvironment, Final: runs == 2})
	})
	if f := stream.Faults(err); len(f) != 1 || f[0].Code != "postgres.slot_ahead" || runs != 2 {
		t.Errorf("gave up after %d tries with %v", runs, err)
	}
}

func TestL1AMachineWhoseFilesAreOlderDoesNotTakeThePolicyBack(t *testing.T) { onBoth(t, olderFiles) }

func olderFiles(t *testing.T, r *rig) {
	// machine is a process that read its files while seen was in force.
	machine := func(own, seen string) *pipeline.Ingest {
		g := r.ingest()
		g.Revisions = map[string]string{"lake": strings.Repeat(own, 32)}
		if seen != "" {
			g.Seen = map[string]string{"lake": strings.Repeat(seen, 32)}
		}
		return g
	}
	n := stream.Int64(0)
	lease := func(ctx context.Context, g *pipeline.Ingest) error {
		return r.base.Lease(ctx, []pipeline.Job{{Name: "src", Run: g.Run}})
	}
	inForce := func(own string, g *pipeline.Ingest) {
		t.Helper()
		r.source.add("k", "v")
		n++
		stop := goRun(func(ctx context.Context) error { return lease(ctx, g) })
		until(t, "the record is read", func() bool { return r.ingested(t) == n })
		stop()
		if now, err := r.base.Announced(t.Context(), "src"); err != nil || now["lake"] != strings.Repeat(own, 32) {
			t.Fatalf("in force is %v, %v, want that of %s", now, err, own)
		}
	}
	refused := func(what string, g *pipeline.Ingest) {
		t.Helper()
		before, err := r.base.Announced(t.Context(), "src")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		f := stream.Faults(lease(ctx, g))
		if len(f) != 1 || f[0].Code != "run.older_files" || f[0].Path != "source src" || f[0].Hint == "" {
			t.Errorf("%s: ended with %v", what, f)
		}
		if now, err := r.base.Announced(t.Context(), "src"); err != nil || now["lake"] != before["lake"] {
			t.Errorf("%s: in force is %v, %v", what, now, err)
		}
	}
	old, same := machine("aa", ""), machine("aa", "")
	inForce("aa", old)
	inForce("aa", same) // the lease moves
	changed := machine("bb", "aa")
	inForce("bb", changed)
	refused("a machine that was never restarted", old)
	refused("one that never had the lease", machine("aa", "aa"))
	refused("one that was to change the same policy otherwise", machine("cc", "aa"))
	// Who starts anew has seen what is in force, and takes it back knowingly; who
	// had changed it does not change it again.
	inForce("aa", machine("aa", "bb"))
	refused("the machine that had changed it", changed)
	inForce("aa", old)

	unaware := machine("aa", "")
	unaware.Revisions = map[string]string{"other": strings.Repeat("aa", 32)}
	refused("a machine whose files lack a connection that another has added", unaware)
}
