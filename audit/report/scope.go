package report

import "time"

// Scope is what was exposed in a breach; empty members do not narrow it. With none the
// whole range is meant.
type Scope struct {
	Credential string // of a source or sink, or [Keys]
	Sink       string
	File       string    // an object of a sink
	Aware      time.Time // when somebody became aware; zero if nobody said
}
