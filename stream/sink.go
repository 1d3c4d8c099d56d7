package stream

import (
	"context"
	"errors"
)

// ErrConflict is what a sink returns when a newer owner has taken its place.
var ErrConflict = errors.New("a newer owner holds the sink")

// Sink is a destination that remembers how far it was loaded.
//
// Calls for one partition never overlap; calls for different partitions may run
// at once. Load retries transient faults itself; an error it returns is final
// for these rows.
type Sink interface {
	// Load makes r durable and says what it wrote. Loading the same range with
	// the same rows again is a no-op that returns the same Loaded. It returns an
	// error wrapping [ErrConflict] if another owner loaded beyond.
	Load(ctx context.Context, r Rows) (Loaded, error)

	// Position says where a load that began at r.From has ended, if one was
	// made durable there and its offsets were perhaps not committed; r.From if
	// there is none. The caller loads exactly that range first.
	Position(ctx context.Context, r Range) (int64, error)

	// Publish lets readers see what a committed Load wrote. It may be called
	// again, also by a new owner.
	Publish(ctx context.Context, l Loaded) error

	Close() error
}

// Rows are the masked rows of a range of one topic partition: of one shape, and
// masked under one policy.
type Rows struct {
	Range  Range
	Schema *Schema
	Policy string // first characters of the revision's id, as records carry it
	List   []Row  // in offset order; tombstones and markers in the range are left out
}

// Row is a masked record as a sink takes it. Its slices are valid until Load
// returns.
type Row struct {
	Offset    int64
	Key       []byte // nil where there is none
	Value     []byte // envelope: before, after, op, ts_ms, source
	Seq       Seq
	Unchanged []string // columns that the source left out because they did not change
}

// Loaded is what one Load wrote: the sink's share of its receipt. It travels as
// JSON in the offset commit's metadata, so that a new owner can publish it.
type Loaded struct {
	Object string `json:"object"`   // name below the sink's root
	SHA256 Hash   `json:"sha256"`   // of the object's bytes
	Rows   Int64  `json:"rows"`     // rows in the object
	Root   Hash   `json:"row_root"` // RFC 6962 root over the row leaves, in offset order
	Topic  string `json:"topic"`
	// Partition, From and To are the range of masked offsets in the object.
	Partition int32 `json:"partition"`
	From      Int64 `json:"from"`
	To        Int64 `json:"to"`
	// Deletes and Truncates say how many of the rows stand for one. They go into
	// the receipt's detail record and nowhere else.
	Deletes   Int64 `json:"-"`
	Truncates Int64 `json:"-"`
}
