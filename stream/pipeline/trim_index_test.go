package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"lethe/stream/pipeline"
)

func TestTheIndexOfSubjectsIsKeptForATimeOfItsOwn(t *testing.T) { onBoth(t, indexTrimmed) }

func indexTrimmed(t *testing.T, r *rig) {
	topics := r.base.Topics
	stop := r.run(t)
	for n := range 20 { // so many transactions at least
		r.source.add(fmt.Sprint("k", n), "v")
		r.wait(t, n+1)
	}
	stop()
	later := r.base
	later.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	trim := &pipeline.Trim{Base: later, Index: 3 * time.Hour, Keep: time.Hour, Every: 20 * time.Millisecond, Sinks: map[string]string{r.masked(): "lake"}}
	stop = goRun(trim.Run)
	until(t, "details are trimmed", func() bool { return starts(t, r, topics.Details())[0] > 0 })
	stop()
	if at := starts(t, r, topics.Subjects())[0]; at != 0 {
		t.Errorf("the index begins at %d, and is to be kept for longer", at)
	}
	at := starts(t, r, topics.Details())[0]
	r.source.add("late", "v")
	stop = r.run(t)
	r.wait(t, 21)
	stop()
	trim = &pipeline.Trim{Base: later, Index: time.Hour, Every: 20 * time.Millisecond, Sinks: map[string]string{r.masked(): "lake"}}
	stop = goRun(trim.Run)
	until(t, "the index is trimmed", func() bool { return starts(t, r, topics.Subjects())[0] > 0 })
	stop()
	if now := starts(t, r, topics.Details())[0]; now != at {
		t.Errorf("details begin at %d after %d, and are kept for ever", now, at)
	}
	r.checkTrims(t)
}
