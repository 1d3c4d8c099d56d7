// Package sourcetest holds the tests that every [stream.Source] passes against
// the real system that it reads.
//
// A driver's test gives [Run] a function that makes an empty table and opens
// sources on it; the suite writes rows, reads them back by way of the source,
// stops it at every place and compares what the records add up to with what the
// table holds. It speaks the words of stream and knows no system.
//
// It checks L2 (every change once: nothing lost, nothing doubled, wherever the
// reading was cut) and L7 (labels of positions and errors hold no value).
package sourcetest

import (
	"testing"

	"lethe/stream"
)

// Row is a row of the harness's table: column id, a whole number and the
// primary key, and column name, text.
type Row struct {
	ID   int64
	Name string
}

// Harness is one empty table in a running system and the ways to write it. Put
// and Delete may be called while a source reads, from any goroutine.
type Harness struct {
	// Stream is the table's stream: <source>.<schema>.<table>.
	Stream string
	// Open opens a source as a restarted process would: the same configuration
	// and the same state on disk each time. The suite closes it, and never has
	// two open at once.
	Open func() (stream.Source, error)
	// Put inserts rows, or updates those whose id is there, in one transaction.
	Put func(rows ...Row) error
	// Delete deletes rows by id in one transaction.
	Delete func(ids ...int64) error
	// Again has sources that are opened from then on be told that all rows of the
	// stream are needed once more, under this number.
	Again  func(number int64)
	Traits Traits
}

// Traits are what a source can tell of its system.
type Traits struct {
	// Deletes: a deleted row is told by a record with op d.
	Deletes bool
	// Every: each change is given by a record of its own, with op c, u or d,
	// and reading again from a position gives the same bytes again. A source
	// that polls gives what a row became between two looks instead.
	Every bool
}

// Run runs the suite. Each test gets a Harness of its own.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"a configuration that works passes the check", testCheck},
		{"discover names the stream with its columns and key", testDiscover},
		{"a sample is of rows that are there, spread over the table", testSample},
		{"an empty table is caught up without a record", testEmpty},
		{"TestL2 the rows that are there are given once each", testSnapshot},
		{"TestL2 changes follow in the order they were made", testChanges},
		{"TestL2 rows written while the snapshot is read end as the table does", testConcurrent},
		{"TestL2 reading resumes after every batch", testResume},
		{"TestL2 rows that are needed again are given once more behind a truncate", testAgain},
		{"TestL2 what was committed is not given again", testCommit},
		{"TestL2 a receiver that is slow loses nothing", testSlow},
		{"the shape of a stream is told before its records", testSchemas},
		{"an error of emit ends Read, which returns it", testEmitError},
		{"Read ends with its context", testCancel},
		{"TestL7 the label of a position holds no value", testLabels},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}
