package stream

import (
	"errors"
	"time"
)

// ErrStale says that what was processed may not be committed any more, and would
// come out otherwise now: process it again.
var ErrStale = errors.New("keys changed since")

// Processor makes a raw record safe under one revision of a policy. One
// Processor is used by one goroutine at a time.
type Processor interface {
	// Process writes the masked key and value of r to out. It keeps nothing of
	// r. An error wrapping *Rejection quarantines the record; any other error
	// stops the worker.
	//
	// What it delivers is whole after the next Finish, so that many values are
	// hashed side by side. Until then Key and Value have their length, but bytes of
	// them may be missing: whoever holds out leaves those bytes where they are, and
	// lets nobody read them. After an error nothing is written to out any more.
	Process(r *Record, out *Masked) error
	// Finish completes everything that Process delivered. Memory does not depend on
	// how often it is called: once every few dozen records is best.
	Finish()
	// Counts calls add once for every field and operator that was applied since
	// the last call, over the records that Process delivered, and begins anew.
	// Whoever aborts a transaction calls it too, and forgets what it adds.
	Counts(add func(c FieldCount, n int64))
	// Quality adds to to what Process saw in rows since the last call, and begins
	// anew, as Counts does.
	Quality(to *Quality)
	// Subjects appends to to whom the records are about that Process delivered since
	// the last call, in any order, and begins anew; of streams that are about nobody,
	// or where nobody asked for it, nothing. An error stops the worker.
	Subjects(to *Concerned) error
	// Holds says whether what Process delivered since the last call may be
	// committed by a commit that takes no longer than within, and begins anew. Any
	// error forbids it; one wrapping [ErrStale] asks to process the records again.
	Holds(within time.Duration) error
}

// Masked is the masked form of a record. Its slices are written over from their
// beginning as far as they have room, and replaced where they have not.
type Masked struct {
	Key       []byte // nil where the record has no key
	Value     []byte
	Unchanged []string // as Record.Unchanged, names that no contract lists replaced
	Delete    bool     // op is d: a tombstone follows
}

// FieldCount says that an operator was applied to a field. It never holds a
// value or an unknown name.
type FieldCount struct {
	Field    string // path in the row, [] for array elements; unknown members are _unknown
	Operator string
}

// Rejection is why a record cannot be masked. It names codes and paths, never a
// value (L7).
type Rejection struct {
	Reason string // one of the Reason constants
	Field  string // path in the row, as contracts name it; "" for the whole record
}

func (r *Rejection) Error() string {
	if r.Field == "" {
		return "record rejected: " + r.Reason
	}
	return "record rejected: " + r.Reason + " at " + r.Field
}

// PolicyChange is the body of a control record with header lethe-control: policy.
// From the record on, Revision masks what Connection reads of the partition.
type PolicyChange struct {
	Connection string `json:"connection"`
	Revision   string `json:"revision"`
	// Number is greater than that of any announcement before it, so that an old
	// record is not believed again.
	Number Int64 `json:"number"`
}

// ControlPolicy is the value of header lethe-control for a PolicyChange.
const ControlPolicy = "policy"

// Revision is a compiled policy as workers use it.
type Revision interface {
	// ID is the SHA-256 in hex of everything that decides about a byte: policy,
	// packs, contracts, element table.
	ID() string
	// Keys names the epoch of the keys that its processors mask with.
	Keys() string
	// Route says what happens to the records of a stream; false for a stream
	// that nobody decided on, whose records are quarantined (L1).
	Route(stream string) (Route, bool)
}

// Route is where a stream's records go and who masks them. The zero value is
// that of a stream which the connection leaves out on purpose: its records are
// filtered.
type Route struct {
	Topic string // masked topic; "" for none
	// NewProcessor returns a processor for one worker.
	NewProcessor func() (Processor, error)
}
