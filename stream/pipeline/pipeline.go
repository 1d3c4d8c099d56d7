// Package pipeline runs the stages between source and sink: ingest, mask and
// sink, each in transactions that hold what it made, the receipt and the place
// that was reached; and deletion behind them.
//
// Its words are Kafka's. It knows no connector, no policy and no file format;
// those come through the interfaces of package stream.
//
// # Life of a record
//
//  1. A source emits a batch. Ingest encrypts each record, produces it to the
//     raw topic of its stream's class (one too large for a topic as a digest and
//     a size, a truncate once in every partition), and commits records, receipt
//     and the source's position in one transaction (L3). Only then is the source
//     told, so that it may forget. A crash before the commit leaves an aborted
//     transaction; the source is read again from the last committed position
//     (L2). Whoever starts fences the earlier owner before it reads that position.
//  2. A changed policy is a control record in every raw partition, before the
//     transaction's first record: all workers change at the same offset. A raw
//     topic that is new to the source begins with those of all its connections.
//     The workspace's key vouches for it, for positions and for what is committed
//     with offsets: who may only write to topics changes no policy (L1).
//  3. Mask reads raw records read-committed, decrypts and masks them under the
//     revision that stands there, and produces them to the masked topic of their
//     stream, same partition, with a tombstone after a delete. What cannot be
//     masked, and what nobody decided on, goes to quarantine, encrypted, and
//     later records of that key follow it there (L1); a stream without a masked
//     topic is filtered, and what no key opens any more is shredded: both are
//     counted. Outputs are flushed, so that their offsets are known; the receipt
//     is produced; masked records, receipt and offsets commit in one transaction
//     (L3), while the keys that they were masked under still may be used: else
//     it is aborted, and the records are masked again (L5).
//  4. Sink holds masked records until a load is due, has the sink make them
//     durable, and commits offsets and receipt in one transaction. After it,
//     readers are shown the object; an owner that comes later shows it again, if
//     the last one was killed in between. A crash between object and commit
//     leaves an object that the next owner computes again and adopts if it is
//     equal (L2).
//  5. Deletion moves the start of raw topics up to what every connection has
//     committed, and then writes the receipt, since no transaction holds a
//     deletion: after a crash the next receipt covers it. Raw keys that nothing
//     is left under and that no source says it writes under, whatever a clock
//     says, and those of quarantine after 30 days, are destroyed after the
//     receipt that says so. Every connection and source that the brokers know
//     counts, whether this process names it or not, unless it was given up.
//  6. Trim does the same to what is older than a broker keeps: masked records
//     that their sink has loaded, details, leaves, and entries that the log holds.
//
// Before a transaction commits its worker's key is asked about, once the entries have
// their offsets: where that is being revoked the transaction is aborted, and made
// again under the next key (L2, L4).
//
// Every part of a receipt carries the hash of the part before it on its input
// partition. A new owner finds that hash in the metadata of the offset commit;
// ingest, deletion and trim, which commit no offsets, in the positions topic (L4).
//
// What the stages tell of themselves, metrics and failures, holds names and
// counts, never a value (L7).
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
	Keyring    stream.Keyring
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
	Failures *Failures // nil to remember none
	Now      func() time.Time
	Tries    int // failures in a row after which a stage is given up; 0 for never
}

func (b Base) time() string { return b.Now().UTC().Format(time.RFC3339Nano) }
