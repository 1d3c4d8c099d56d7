// Package sinktest holds the tests that every [stream.Sink] passes against the
// real system that it writes.
//
// A driver's test gives [Run] a function that makes an empty destination and
// opens sinks on it; the suite loads batches as owners do that die at any
// moment, and compares what readers of the destination see with what the
// batches hold. It speaks the words of stream and knows no system.
//
// It checks L2 (each record once, whoever loads it and however often), L6 (the
// same batch gives the same Loaded) and L7 (errors hold no value).
package sinktest

import (
	"testing"

	"lethe/stream"
)

// Row is what a reader sees of a record. ID and Name are the columns id (int64)
// and name (string) of [Schema]; nil is null.
type Row struct {
	Partition int32
	Offset    int64
	Op        string
	Key       string // JSON text, "" where the record has none
	Seq       string
	ID        *int64
	Name      *string
}

// Harness is one empty destination.
type Harness struct {
	// Open opens a sink as a restarted process would: the same configuration
	// each time. The suite closes it. It may have two open at once, one of which
	// is an owner that does not know yet that it lost its partitions.
	Open func() (stream.Sink, error)
	// Rows returns what a reader of the destination sees of a masked topic now,
	// in any order.
	Rows   func(topic string) ([]Row, error)
	Traits Traits
}

// Traits are what a sink promises beyond its interface.
type Traits struct {
	// Every: each record is a row of its own, with its partition and offset. A
	// sink without it keeps the newest row of each key.
	Every bool
	// Publishes: readers see nothing of a load before Publish.
	Publishes bool
}

// Topic is the masked topic that the suite loads; Schema is the shape of its
// rows.
const Topic = "lethe.test.masked.pii.crm-lake.crm.public.person.g1"

// Schema is the shape of the rows that the suite loads.
func Schema() *stream.Schema {
	return &stream.Schema{
		Stream: "crm.public.person",
		Key:    []string{"id"},
		Fields: []stream.Field{
			{Name: "id", Type: stream.Type{Base: stream.Int, Bits: 64}},
			{Name: "name", Type: stream.Type{Base: stream.String}, Nullable: true},
		},
	}
}

// Run runs the suite. Each test gets a Harness of its own.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"TestL2 what was loaded and published is read once", testLoad},
		{"TestL2 loading a batch again changes nothing", testAgain},
		{"TestL2 a new owner finds what a dead one left and loads it once", testHandover},
		{"TestL2 a new owner publishes what a dead one committed", testPublishLater},
		{"TestL2 an owner that was overtaken cannot load", testConflict},
		{"TestL2 a load that was interrupted is loaded whole by the next owner", testCancel},
		{"TestL2 partitions are loaded side by side", testPartitions},
		{"TestL6 another owner makes the same object of the same batch", testSame},
		{"TestL7 an error holds no value", testErrors},
		{"deletes, truncations and records without key are rows", testOps},
		{"gaps between offsets and tombstones are no rows", testGaps},
		{"a range without rows moves the position", testEmpty},
		{"a place where nothing was loaded has no end", testNothing},
		{"records may be reused after a load", testReuse},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}
