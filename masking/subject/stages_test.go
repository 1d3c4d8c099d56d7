package subject

import (
	"testing"
	"time"
)

func TestStagesAreReachedInOrderAndDatedOnce(t *testing.T) {
	var s Stages
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	if s.Reach(Punctured, noon) == nil || s.Reach(Restricted, time.Time{}) == nil || s.Reach(stageCount, noon) == nil {
		t.Error("a stage without the one before, or without a date")
	}
	if _, err := s.Fence(noon); err == nil {
		t.Error("fenced before the key was destroyed")
	}
	must(t, s.Reach(Restricted, noon))
	must(t, s.Reach(Punctured, noon.Add(time.Second)))
	must(t, s.Reach(Restricted, noon.Add(time.Hour)))
	if s.Reach(KeyDestroyed, noon) == nil {
		t.Error("a stage before the one before")
	}
	must(t, s.Reach(KeyDestroyed, noon.Add(time.Second)))
	fenced := noon.Add(time.Second + leaseTime)
	if at, err := s.Fence(fenced.Add(-1)); err != nil || !at.Equal(fenced) || !s[WorkersFenced].IsZero() {
		t.Errorf("fenced too early: %v %v", at, err)
	}
	if at, err := s.Fence(fenced.Add(time.Hour)); err != nil || !s[WorkersFenced].Equal(at) || !at.Equal(fenced) {
		t.Errorf("fenced at %v: %v", at, err)
	}
	if WorkersFenced.String() != "workers fenced" || !s[Restricted].Equal(noon) || !s[RowsDeleted].IsZero() {
		t.Errorf("reached %v", s)
	}
}
