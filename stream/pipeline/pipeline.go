// Package pipeline runs the stages between source and sink: ingest, mask, sink
// and deletion, each in transactions that hold the records, their receipt and
// the place that was reached.
//
// Its words are Kafka's. It knows no connector, no policy and no file format;
// those come through the interfaces of package stream.
//
// # Life of a record
//
//  1. A source emits a batch. Ingest encrypts each record, produces it to its
//     raw topic, and commits records, receipt and the source's position in one
//     transaction (L3). Only then is the source told, so that it may forget.
//     A crash before the commit leaves an aborted transaction; the source is
//     read again from the last committed position (L2).
//  2. Mask reads raw records read-committed, decrypts and masks them, and
//     produces them to the masked topic of their stream, same partition.
//     What cannot be masked goes to quarantine, encrypted, and later records
//     of that key follow it there (L1). Outputs are flushed, so that their
//     offsets are known; the receipt is produced; masked records, receipt and
//     offsets commit in one transaction (L3).
//  3. Sink reads masked records, has the sink make a range of them durable, and
//     commits offsets and receipt in one transaction. After it, readers are
//     shown the object. A crash between object and commit leaves an object that
//     the next owner computes again and adopts if it is equal (L2).
//  4. Deletion moves the start of raw topics up to what every connection has
//     committed, and destroys the hourly keys that nothing is left under.
//
// Every part of a receipt carries the hash of the part before it on its input
// partition; the hash of the last one travels as the offset commit's metadata,
// so that a new owner finds the head (L4).
package pipeline

import (
	"log/slog"
	"time"

	"lethe/stream"
	"lethe/stream/kafka"
)

// Base is what all stages of a process share.
type Base struct {
	Cluster    kafka.Cluster
	Topics     stream.Topics
	Partitions int32
	Vault      stream.Vault
	// Ledger opens the ledger of a stage's run. Each opening of a stage takes a
	// new one, so that a transaction of unknown fate breaks no chain.
	Ledger func() (stream.Ledger, error)
	Build  string // SHA-256 of the executable, hex
	// Instance tells this process's folder on this machine from every other, and
	// stays the same when it is started again: a new start fences at once what
	// the old one left open.
	Instance string
	Log      *slog.Logger
	Metrics  *Metrics
	Now      func() time.Time
	Tries    int // failures in a row after which a stage is given up; 0 for never
}

func (b Base) time() string { return b.Now().UTC().Format(time.RFC3339Nano) }
