package report

import (
	"fmt"
	"time"
)

// Reaches reports whether what goes from a source to a sink was exposed.
func (s Scope) Reaches(from, to string) bool {
	return (s.Sink == "" || s.Sink == to) && (s.Credential == "" || s.Credential == from || s.Credential == to || s.Credential == Keys)
}

// Reach tells how much of what was delivered the index of subjects covers.
type Reach struct {
	Gone      int   // batches whose index was deleted for its age, or lost
	Unindexed int64 // records that were delivered without an index
}

// whole reports whether the index covers everything.
func (r Reach) whole() bool { return r.Gone == 0 && r.Unindexed == 0 }

// Counted is how many persons delivered records are about.
type Counted struct {
	Reach
	Distinct int
	Streams  map[string]int
}

// Whereabouts is where records about a person are.
type Whereabouts struct {
	Reach
	Batches []Batch
	Acts    []Act
}

// Batch is a person's records in a transaction.
type Batch struct {
	Leaf                        int64
	Time                        time.Time
	Connection, Purpose, Stream string
	Records                     int64
	Ranges                      []Range // of masked topics, among records of others
}

// Range is offsets of a partition of a masked topic.
type Range struct {
	Topic       string
	Partition   int32
	First, Last int64
}

// String writes it for people.
func (r Range) String() string {
	return fmt.Sprintf("%s/%d %d-%d", r.Topic, r.Partition, r.First, r.Last)
}

// Act is what somebody did that concerned the person.
type Act struct {
	Leaf int64
	Kind string
	Time time.Time
}

// Scope is what was exposed in a breach; empty members do not narrow it. With none the
// whole range is meant.
type Scope struct {
	Credential string // of a source or sink, or [Keys]
	Sink       string
	File       string    // an object of a sink
	Aware      time.Time // when somebody became aware; zero if nobody said
}
