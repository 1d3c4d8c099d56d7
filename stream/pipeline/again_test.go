package pipeline_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"lethe/stream"
)

func TestL2RowsThatAreNeededAgainAreRememberedWithTheAnnouncement(t *testing.T) {
	onBoth(t, neededAgain)
}

func neededAgain(t *testing.T, r *rig) {
	errGone := errors.New("the source is gone")
	inForce, n := "", stream.Int64(0)
	// start has a process put a revision in force, which changes where a stream's
	// rows go, and gives the number that its source was opened with. A process that
	// dies does so before anything is committed.
	start := func(own string, changes, dies bool) (number int64) {
		t.Helper()
		g := r.ingest()
		g.Revisions, g.Seen = map[string]string{"lake": strings.Repeat(own, 32)}, map[string]string{}
		if inForce != "" {
			g.Seen["lake"] = strings.Repeat(inForce, 32)
		}
		g.Again = func(from, to string) ([]string, error) {
			if from != strings.Repeat(inForce, 32) || to != strings.Repeat(own, 32) {
				t.Errorf("asked for %.4s after %.4s", to, from)
			}
			if changes {
				return []string{person}, nil
			}
			return nil, nil
		}
		g.Open = func(again func(string) int64) (stream.Source, error) {
			if number = again(person); again("src.public.other") != 0 {
				t.Error("a stream that nobody needs again has a number")
			}
			if dies {
				return nil, errGone
			}
			return r.source, nil
		}
		if dies {
			if err := g.Run(t.Context()); !errors.Is(err, errGone) {
				t.Fatal(err)
			}
			return number
		}
		r.source.add("k", "v")
		n++
		stop := goRun(func(ctx context.Context) error { return g.Run(ctx) })
		until(t, "the record is read", func() bool { return r.ingested(t) == n })
		stop()
		inForce = own
		return number
	}
	if got := start("aa", true, false); got != 0 {
		t.Errorf("the first revision needs rows again: %d", got)
	}
	first := start("bb", true, true)
	if first <= 0 || start("bb", true, true) != first {
		t.Errorf("what was never announced got number %d and then another", first)
	}
	if got := start("bb", true, false); got != first {
		t.Errorf("number %d, and %d once it is announced", first, got)
	}
	if got := start("bb", true, false); got != first {
		t.Errorf("number %d is %d after a restart", first, got)
	}
	if got := start("cc", false, false); got != first {
		t.Errorf("number %d is %d under a revision that changes nothing about it", first, got)
	}
	if got := start("dd", true, false); got <= first {
		t.Errorf("number %d is followed by %d", first, got)
	}
}
