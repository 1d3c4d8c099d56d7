package report

import "time"

// Scope is what was exposed in a breach; empty members do not narrow it. With none the
// whole range is meant.
type Scope struct {
	Sink       string
	File       string // an object of a sink
	Connection string // whose credential it was, or that of a source's name
	From, To   time.Time
}
