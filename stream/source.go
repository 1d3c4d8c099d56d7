package stream

import "context"

// Source reads the changes of an outside system.
//
// Read, Check and Discover are never called at the same time; Commit may be
// called while Read runs. A source retries transient faults itself where it can
// do so without giving a change twice or skipping one; an error that it returns
// ends this Read, and the caller opens a new Source at the last committed
// position.
type Source interface {
	// Check says whether Read can work: reachable, enough rights, nothing that
	// would break the source. Every fault found is told at once, as Faults
	// joined by errors.Join.
	Check(ctx context.Context) error

	// Discover lists the streams that the configuration selects.
	Discover(ctx context.Context) ([]Schema, error)

	// Read calls emit with the changes after from, in order, until ctx ends.
	// The zero position means the beginning: a snapshot, then changes. Reading
	// twice from one position gives the same changes in the same order, or rows
	// of a snapshot again under a new snapshot id, which Batch.Void tells.
	//
	// What the batch holds may be reused once emit returns. An error of emit
	// ends Read, which returns it.
	Read(ctx context.Context, from Position, emit func(Batch) error) error

	// Commit tells the source that everything up to p is durable, so that it
	// may forget it (a replication slot moves on).
	Commit(ctx context.Context, p Position) error

	Close() error
}

// Sampler is a Source that shows values of its streams without reading changes.
type Sampler interface {
	// Sample gives about n rows of a stream that Discover listed, spread over the
	// table, or all where it has fewer: of each the named columns in that order, as
	// text, nil for null. It changes nothing in the source, and asks an unchanged
	// table for the same rows again. A row may be overwritten once row returns.
	Sample(ctx context.Context, stream string, columns []string, n int, row func(values [][]byte)) error
}

// Batch is a run of records that a source gives, in order, and the place that it
// leads to.
type Batch struct {
	Records []Record

	// Position is where the source stands after the last record. It commits with
	// the records, in one transaction (L3). A batch without records may move it.
	Position Position
	// Changes is how many changes of the source the records stand for: a key
	// change is one change in two records (a delete and a create).
	Changes int
	// Schemas are the streams whose shape is new or changed with this batch.
	Schemas []Schema
	// Void names snapshots whose rows were given before and are given again.
	Void []Void
	// CaughtUp says that the source had nothing more at that moment.
	CaughtUp bool
}

// Void tells that a snapshot without a key to resume by was begun again.
type Void struct {
	Stream   string
	Snapshot string // id of the snapshot whose rows are void
}
