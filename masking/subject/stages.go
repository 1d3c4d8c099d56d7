package subject

import (
	"errors"
	"fmt"
	"time"
)

// Stage is how far an erasure is.
type Stage int

// Stages of an erasure, in order.
const (
	Restricted     Stage = iota // nothing new is written under the subject's key
	Punctured                   // the subject's secret is in no cover that is used
	KeyDestroyed                // the root key of the covers before is destroyed
	WorkersFenced               // nobody has a lease on a cover before
	RowsDeleted                 // rows without a subject's key are deleted or files rewritten
	BackupsExpired              // no backup holds what was deleted
	stageCount
)

var stageNames = [stageCount]string{"restricted", "punctured", "old key destroyed", "workers fenced",
	"rows deleted or files rewritten", "backups expired"}

func (s Stage) String() string {
	if s < 0 || s >= stageCount {
		return fmt.Sprintf("stage %d", int(s))
	}
	return stageNames[s]
}

// Stages are the dates on which an erasure reached its stages, as a certificate
// shows them; the zero time where it did not yet.
type Stages [stageCount]time.Time

// Reach dates a stage. A date that is set stays, and no stage is reached before the
// one before it.
func (s *Stages) Reach(stage Stage, at time.Time) error {
	if stage < 0 || stage >= stageCount || at.IsZero() {
		return fmt.Errorf("%v: not dated", stage)
	}
	if !s[stage].IsZero() {
		return nil
	}
	if stage > 0 && (s[stage-1].IsZero() || at.Before(s[stage-1])) {
		return fmt.Errorf("%v: %v was not reached", stage, stage-1)
	}
	s[stage] = at
	return nil
}

// Fence dates WorkersFenced if a lease's time has passed since the old key was
// destroyed, and says when it will have otherwise.
func (s *Stages) Fence(now time.Time) (at time.Time, err error) {
	if s[KeyDestroyed].IsZero() {
		return time.Time{}, errors.New("workers fenced: old key destroyed was not reached")
	}
	at = s[KeyDestroyed].Add(leaseTime)
	if now.Before(at) {
		return at, nil
	}
	return at, s.Reach(WorkersFenced, at)
}
