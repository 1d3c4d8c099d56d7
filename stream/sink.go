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
// for this batch.
type Sink interface {
	// Load makes b durable and says what it wrote. Loading the same range with
	// the same records again is a no-op that returns the same Loaded. It
	// returns an error wrapping [ErrConflict] if another owner loaded beyond.
	Load(ctx context.Context, b Batch) (Loaded, error)

	// Position says where a load that began at r.From has ended, if one was
	// made durable there and its offsets were perhaps not committed; r.From if
	// there is none. The caller loads exactly that range first.
	Position(ctx context.Context, r Range) (int64, error)

	// Publish lets readers see what a committed Load wrote. It may be called
	// again, also by a new owner.
	Publish(ctx context.Context, l Loaded) error

	Close() error
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
	// Schema numbers the object's columns for readers: name and type each.
	Columns []Column `json:"-"`
}

// Column is a column of a loaded object.
type Column struct{ Name, Type string }
