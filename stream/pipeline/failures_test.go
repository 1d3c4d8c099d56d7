package pipeline

import (
	"testing"
	"time"
)

func TestAStageWithNothingToCommitIsMendedOnceItHasRunForAMinute(t *testing.T) {
	var f Failures
	at := time.Unix(1700000000, 0)
	now := func() int { return len(f.Now(at)) }
	f.failed("sink lake", at)
	at = at.Add(2 * time.Minute)
	if now() != 1 {
		t.Fatal("a stage that is not open again is not mended by time")
	}
	f.opened("sink lake", at)
	f.waits("sink lake", true)
	at = at.Add(2 * steady)
	if now() != 1 {
		t.Fatal("a stage that records wait for is not mended by time")
	}
	f.waits("sink lake", false)
	if now() != 0 {
		t.Fatal("a stage that nothing waits for stays in failure")
	}
	f.failed("sink lake", at)
	f.failed("sink lake", at.Add(time.Second))
	if got := f.Now(at); len(got) != 1 || got[0].Times != 2 || !got[0].Since.Equal(at) {
		t.Errorf("failures are %v", got)
	}
	f.mended("sink lake")
	if now() != 0 {
		t.Error("a commit mends")
	}
}
