package pipeline_test

import (
	"testing"
	"time"
)

func TestL2ChangesThatWaitedForLongArrive(t *testing.T) { onBoth(t, longAgo) }

// longAgo has changes that the source committed hours before they are masked:
// masked records carry that time.
func longAgo(t *testing.T, r *rig) {
	for range 50 {
		r.source.add("k", "v")
	}
	for i := range r.source.changes {
		r.source.changes[i].Time = time.Now().Add(-3 * time.Hour).UnixMilli()
	}
	stop := r.run(t)
	defer stop()
	r.wait(t, 50)
}
