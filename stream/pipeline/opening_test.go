package pipeline_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

func TestL3L4AStreamOpensWithItsFirstRecordsAndClosesWhenItsSourceListsItNoMore(t *testing.T) {
	onBoth(t, opened)
}

func opened(t *testing.T, r *rig) {
	const other = "src.public.other"
	r.source.add("1", "v")
	r.source.addTo(other, "2", "v")
	told := func() []string { return r.lives(t) }
	done := r.run(t)
	r.wait(t, 2)
	done()
	want := []string{"open " + other, "open " + person}
	if got := told(); !slices.Equal(got, want) {
		t.Fatalf("told %q", got)
	}
	// Both are listed still.
	r.source.add("again", "v")
	done = r.run(t)
	r.wait(t, 3)
	done()
	if got := told(); !slices.Equal(got, want) {
		t.Fatalf("told %q", got)
	}
	// What the source cannot list now is not closed.
	r.source.unlisted, r.source.mute = other, errors.New("a table has no key")
	r.source.add("once more", "v")
	done = r.run(t)
	r.wait(t, 4)
	done()
	if got := told(); !slices.Equal(got, want) || !strings.Contains(r.log.String(), "does not list its streams") {
		t.Fatalf("told %q", got)
	}
	// Another run closes the one that somebody took out, before it reads, and opens it if
	// records come all the same.
	r.source.mute = nil
	done = r.run(t)
	want = append(want, "close "+other)
	until(t, "it is closed", func() bool { return slices.Equal(told(), want) })
	r.source.addTo(other, "3", "v")
	r.wait(t, 5)
	done()
	if got := told(); !slices.Equal(got, append(want, "open "+other)) {
		t.Fatalf("told %q", got)
	}
}

// lives reads which streams entries opened and closed, each before the receipt of its
// records.
func (r *rig) lives(t *testing.T) (out []string) {
	t.Helper()
	open := make(map[string]bool)
	err := r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Audit(), 0, 0, func(rec *kgo.Record) error {
		var e struct {
			Kind string          `json:"kind"`
			Body json.RawMessage `json:"body"`
		}
		if err := json.Unmarshal(rec.Value, &e); err != nil {
			return err
		}
		switch e.Kind {
		case stream.EntryStream:
			var b stream.StreamEvent
			if err := json.Unmarshal(e.Body, &b); err != nil || b.Event == stream.StreamShape {
				return err
			}
			open[b.Stream] = b.Event == stream.StreamOpen
			out = append(out, b.Event+" "+b.Stream)
			if b.Worker == "" || b.Time == "" || b.Source != "src" || (b.Reason != "") != (b.Event == stream.StreamClose) {
				t.Errorf("%+v", b)
			}
		case stream.EntryReceipt:
			var b stream.Receipt
			if err := json.Unmarshal(e.Body, &b); err != nil {
				return err
			}
			for _, s := range b.Streams {
				if b.Stage == stream.StageIngest && !open[s.Stream] {
					t.Errorf("records of %s, which is not open", s.Stream)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
