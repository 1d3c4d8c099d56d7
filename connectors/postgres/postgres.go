// Package postgres reads a PostgreSQL database by logical replication: the rows
// that are there, then every change, in the order in which they were committed.
//
// Its words are PostgreSQL's: publication, slot, LSN, replica identity. It knows
// no policy and never writes to a table; what it makes on the server is a
// publication that names its tables, another one for tables of which only
// inserts can be had, a slot, and messages in the log.
//
// # Life of a row
//
//  1. The publications are made, then the slot: from here on nothing is lost.
//  2. For each chunk of each table a message goes into the log (its commit is
//     the chunk's low watermark). Only then the chunk is read, by primary key.
//  3. The stream is read from the slot. At a low watermark it waits for that
//     chunk and gives its rows (op r) with the watermark's place in the order.
//     Whatever happened to a row meanwhile comes later and has a higher seq.
//  4. A batch is given with the position that it leads to. When the caller has
//     made that durable, Commit lets the slot move on, and never further.
//
// A transaction that was decoded before a low watermark must be visible to the
// chunk's snapshot. PostgreSQL writes a commit to the log a moment before it
// shows it, so each chunk is compared with the transactions decoded lately and
// read again under a new watermark if one is missing (L2).
//
// A crash continues from the last committed position: within a transaction by
// counting its records, within a table's snapshot after the last primary key. A
// table without a primary key is read in one go under one watermark; changes
// that its snapshot already shows are left out of the stream, and after a crash
// it is read again, after a record that empties it downstream (op t), and the old
// rows are named in Batch.Void. A snapshot's id is
// the first 24 hex digits of lethe-seq, which all its rows share.
//
// # Values
//
// The server's own text, under settings that make snapshot and stream agree
// (DateStyle ISO, TimeZone UTC, IntervalStyle postgres, extra_float_digits 3):
//
//	bool                           true, false
//	int2 int4 int8 oid             number
//	float4 float8                  number; "NaN" "Infinity" "-Infinity"
//	numeric                        string, also NaN and infinity
//	bytea                          string, base64
//	date                           string, 2024-01-31Z
//	time                           string, 12:30:00.5Z
//	timestamp                      string, 2024-01-31T12:30:00Z
//	timestamptz                    string, 2024-01-31T12:30:00Z in UTC
//	infinity, BC in the above      string, as the server writes it
//	json jsonb                     the JSON value itself, embedded, so that a
//	                               policy reaches inside (Debezium: a string)
//	arrays                         array, nested for each dimension
//	domains                        as their base type
//	text varchar bpchar uuid enum inet cidr macaddr timetz interval money bit
//	xml tsvector, ranges, geometric, composite and all other types
//	                               string, as the server writes it
//
// before is what the replica identity gives: null on an update under the
// default identity, the key's columns on a delete, the whole row under FULL. A
// TOAST value that did not change is left out of after and named in
// Record.Unchanged. A change of the key is a delete and a create.
//
// # Rows that move
//
// Where a key is changed and a TOAST value is not, the log has no such value, and
// the create names it in Record.Unchanged: whoever reads must take it for unknown,
// not for that of a row that had this key before. The table may give this key to
// another row at any moment, within one transaction too, so what it shows at once
// is not believed. The row is read as a whole, a message goes into the log, and
// when the stream comes to it without a change of that row in between, the row is
// given there (op r): it is what was read. Otherwise it is read again. So the row
// is whole as soon as the stream has caught up, and no row ever gets another's
// value. Rows that are still owed are part of the position; there are at most
// 1000, and a table that owes more is read again by a snapshot (snapshot: false:
// its rows stay without, and the log says so). Nothing waits meanwhile. REPLICA
// IDENTITY FULL has the values in the log and needs none of this.
//
// Both ts_ms of the envelope are the time of the commit, so that reading again
// gives the same bytes.
//
// # Limits
//
// The log does not tell of values that ALTER TABLE … ADD COLUMN … DEFAULT gives
// to rows that are there, of generated columns, nor of TRUNCATE, DETACH or DROP
// of a single partition. A table that is made while reading is read from the next
// start on. A table that may not begin ([connectors.Env]) is in no publication of
// ours, and its snapshot begins once it may; with snapshot: false it is read at
// once. A table that is renamed is a stream of another name; if streams does not
// select that, its changes are not read any more. Rows of a table that is dropped
// stay downstream. The log of the process says so.
//
// # Tables that are read again
//
// Changes are missed where somebody alters a publication of ours, though it be put
// right later; where a table is left out of streams for a while; and the rows that
// a partition had when it was attached are in no change. Where another table takes
// a name, the rows of the one before are void. So the position holds, for each
// stream, which table it is, the publication as it was last altered, the table's
// entry there, and its partitions. What differs has the table read again: a record
// that empties the stream (op t), then its rows. So it is where a snapshot of a
// table without a key is begun again. The publications are put right where create
// is true; the log of the process says so. This is looked at when reading begins,
// every ten seconds, and when the server sends a table's shape again; what it finds
// then begins reading again.
//
// # Replica identity
//
// A table whose updates are published and whose rows the server cannot name cannot
// be updated by anybody. So only a table that has a primary key or an index of
// identity, not deferrable, or REPLICA IDENTITY FULL, is published with updates; and
// a partitioned one only if each partition names rows alike, since a change is the
// partition's. One that is made later without, as under FULL every new one is, takes
// its table out as soon as it is seen: until then its rows cannot be updated. Give
// it REPLICA IDENTITY FULL in the transaction that makes it.
//
// # Servers
//
// Lethe cannot be a synchronous standby: a commit would wait until lethe has
// stored it, and for ever while lethe is down. A synchronous_standby_names that
// fits application_name lethe, as * does, is refused.
//
// Everything is tested on PostgreSQL 15. By the documentation of the others,
// which were not at hand: the output plugin is asked for its protocol 1 with
// messages, which 14 to 18 speak alike; 14 has no row filters and column lists in
// publications, and is not asked for them. 17 can carry a slot over to a standby:
// make it yourself, SELECT pg_create_logical_replication_slot(…, 'pgoutput', false,
// false, true), and it is used as it is; one that is made here is lost in a
// failover, which Read says. 18 can publish stored generated columns: leave
// publish_generated_columns as it is, since the rows that are there are read
// without them.
//
// Promises: L2 once (positions, watermarks, skipping by ordinal), L7 unprintable
// (labels, errors and messages in the log hold no value).
package postgres

import (
	"time"

	"lethe/connectors"
)

// Connector is PostgreSQL as a source.
func Connector() connectors.Connector {
	return connectors.Connector{
		Name: "postgres",
		Help: "Reads a PostgreSQL database (14 or newer) by logical replication: the rows that are there, then every change.",
		Source: []connectors.Option{
			{Name: "url", Type: connectors.Secret, Required: true,
				Help: "postgres://user:password@host:port/database?sslmode=verify-full"},
			{Name: "streams", Type: connectors.List, Required: true,
				Help: "tables as schema.table; * and ? stand for any characters: public.*"},
			{Name: "slot", Type: connectors.Text,
				Help: "replication slot; lethe_<workspace>_<source> if not given"},
			{Name: "publication", Type: connectors.Text,
				Help: "publication; lethe_<workspace>_<source> if not given. Tables of which only inserts can be had are in <publication>_inserts"},
			{Name: "create", Type: connectors.Flag, Default: true,
				Help: "make the slot and the publications, and keep the publications' tables as streams says"},
			{Name: "snapshot", Type: connectors.Flag, Default: true,
				Help: "read the rows that are there before the changes"},
			{Name: "chunk_rows", Type: connectors.Number, Default: int64(10000),
				Help: "rows of a table that the snapshot reads at once"},
			{Name: "heartbeat", Type: connectors.Duration, Default: 30 * time.Second,
				Help: "how often the slot moves on while none of the tables changes"},
			{Name: "resnapshot", Type: connectors.Flag,
				Help: "begin again with a snapshot when the slot or its log is lost, instead of stopping; each stream is emptied first"},
		},
		Keyless:    keyless,
		OpenSource: openSource,
	}
}
