package pipeline

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"lethe/stream"
)

// Failures remembers which stages of a process are in failure. The zero value is
// ready, and nil remembers nothing.
type Failures struct {
	mu sync.Mutex
	of map[string]*failing
}

// Failing is a stage that fails: since when, and how often. It holds no error
// text: whoever asks may be anybody on the network (L7).
type Failing struct {
	Stage string // as the log calls it
	Since time.Time
	Times int
}

type failing struct {
	Failing
	opened time.Time // again, since the last failure; zero if it is not
	waits  bool      // there are records that it has not read
}

// steady is after how long a stage that was opened again and has nothing to
// commit counts as mended.
const steady = time.Minute

func (s *failing) steady(now time.Time) bool {
	return !s.waits && !s.opened.IsZero() && now.Sub(s.opened) >= steady
}

// Now lists the stages that have failed and committed no transaction since. One
// that has nothing to commit is mended once it has run for a minute.
func (f *Failures) Now(now time.Time) []Failing {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []Failing
	for name, s := range f.of {
		if s.steady(now) {
			delete(f.of, name)
			continue
		}
		out = append(out, s.Failing)
	}
	slices.SortFunc(out, func(a, b Failing) int { return cmp.Compare(a.Stage, b.Stage) })
	return out
}

func (f *Failures) failed(name string, now time.Time) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = make(map[string]*failing)
	}
	s := f.of[name]
	if s == nil || s.steady(now) {
		s = &failing{Failing: Failing{Stage: name, Since: now}}
		f.of[name] = s
	}
	s.Times++
	s.opened = time.Time{}
}

// opened says that a stage is tried again.
func (f *Failures) opened(name string, now time.Time) {
	f.change(name, func(s *failing) { s.opened = now })
}

// waits says whether records wait for a stage.
func (f *Failures) waits(name string, waits bool) {
	f.change(name, func(s *failing) { s.waits = waits })
}

func (f *Failures) change(name string, change func(*failing)) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.of[name]; s != nil {
		change(s)
	}
}

// mended says that a stage committed, or is no longer this process's to run.
func (f *Failures) mended(name string) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of, name)
}

// stageName is what logs and answers call the stage of a source or connection,
// and a job that is of neither. Whoever runs a stage, and whoever tells of its
// commits, has to call it the same.
func stageName(stage, of string) string {
	switch stage {
	case stream.StageIngest:
		return "source " + of
	case stream.StageDelete:
		return of
	case StageLog:
		return LogJob
	}
	return stage + " " + of
}
