package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestL2WhatIsAppendedIsThereAndWhatMayNotBeIsNot(t *testing.T) { onBoth(t, appended) }

// Each is the first transaction of a client, and is over before the client knows of the
// topic what it needs for a commit.
func appended(t *testing.T, r *rig) {
	no := errors.New("it may not")
	var want, got []string
	for n := range 80 {
		v, refused := strconv.Itoa(n), n%4 == 3
		if !refused {
			want = append(want, v)
		}
		err := r.base.Cluster.Append(t.Context(), "appender", r.base.Topics.Details(), [][]byte{[]byte(v)}, func(context.Context) error {
			if refused {
				return no
			}
			return nil
		})
		if errors.Is(err, no) != refused || err != nil && !refused {
			t.Fatal(n, err)
		}
	}
	err := r.base.Cluster.ReadRange(t.Context(), r.base.Topics.Details(), 0, 0, func(rec *kgo.Record) error {
		got = append(got, string(rec.Value))
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%v are there, want %v; %v", got, want, err)
	}
}
