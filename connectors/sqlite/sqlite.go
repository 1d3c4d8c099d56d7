// Package sqlite reads SQLite databases by polling.
//
// It speaks SQLite's words (table, rowid, declared type, affinity) and turns
// rows into Debezium envelopes; it knows no policy and no other connector. The
// user's database is opened read-only and never written to; in WAL mode SQLite
// itself may make its -wal and -shm files beside it.
//
// A poll reads what changed since the last one and compares it with a state
// database in the state directory, which holds keyed digests of keys and rows
// and the keys themselves, sealed (L7). New and changed rows are op r, rows that
// are gone are op d with the key's columns as before. What a row went through
// between two polls is not seen. A database at which nobody wrote costs one
// PRAGMA a poll.
//
// # How changes are found
//
// A table with a cursor column, such as updated_at, is asked for rows whose
// cursor is at or above the highest seen, or null; rows given before are
// recognised by their digest, so equal cursors are never missed. A table without
// one is compared whole. Gone rows, and rows that came late with a lower cursor,
// are found by comparing keys and cursors of the whole table: at each poll, but in
// at most a quarter of the time (a million rows take about two seconds), or as
// often as option deletes says. A change that leaves the cursor as it was is not
// seen below the highest one: a cursor must move with every change.
//
// # Lag
//
// SQLite does not say when a row was written. A change counts as made when its
// cursor says, if that is a TIMESTAMP, DATETIME or TIMESTAMPTZ between the polls,
// and otherwise as soon as the poll before it had begun: lag_seconds is then at
// most so much too large as polls lie apart, and never too small. The rows of the
// first poll count as made when it began, and so does what was written while
// nothing ran. lethe_sqlite_complete_timestamp_seconds is the Unix time up to
// which everything was found, deleted and late rows too: with nothing to read it
// moves on, and only a database that cannot be polled leaves it behind.
//
// In WAL mode a poll reads one consistent view, which is renewed after ten
// seconds so that the WAL can be checkpointed. In other modes a view would keep
// writers waiting, so each chunk of rows is read by itself, and only the
// comparison for deletes holds a view; what moves between is found by the next
// poll.
//
// # Keys
//
// The key is the primary key. A table without one has no key: each row stands
// for itself, a changed row is a delete of the old row, whole, and a new one, and
// the copies of equal rows are counted. Sinks cannot replace such rows, only
// append them. Keys that differ in SQLite may be written alike: 1, '1' and x'31'
// in a column without type, or one instant in two notations. The first such row
// has the key; another is given with the storage class in it, {"id":{"text":"1"}},
// which no contract takes, so that it goes to quarantine. SQLite allows null in most primary keys; such a row is told apart
// by its content.
//
// # Types
//
//	INTEGER, anything with INT in it     int64
//	REAL, FLOAT, DOUBLE                  float64
//	NUMERIC, DECIMAL, with (p,s)         decimal, decimal(p,s), as string
//	BOOLEAN, BOOL                        bool from 0 and 1
//	DATE                                 date
//	DATETIME, TIMESTAMP                  timestamp; an offset is applied, as datetime() does
//	TIMESTAMPTZ                          timestamptz
//	TIME                                 time
//	JSON, JSONB                          json, embedded where the text is valid JSON
//	BLOB                                 bytes; text in it as its bytes
//	TEXT, CHAR, CLOB, none, others       string; numbers as text, blobs in base64
//
// SQLite checks no types. A value that does not fit its declared type, or a date
// that does not parse, is written as what it is, and validation downstream
// quarantines it.
//
// # Promises
//
// L2 once: each batch has a number that rises by one. Digests are stored before
// a batch is given, with what they replaced; a Read from an earlier position
// undoes what was stored after it and so gives the same rows again. If the state
// is gone, or is not the one that the position was made with, the source begins
// again under a higher incarnation: the snapshots before are void, each stream
// is truncated, and every row is given once more.
package sqlite

import (
	"time"

	"lethe/connectors"
)

// Connector describes SQLite for lethe.yaml.
func Connector() connectors.Connector {
	return connectors.Connector{
		Name: "sqlite",
		Help: "Reads a SQLite database by polling: new, changed and deleted rows.",
		Source: []connectors.Option{
			{Name: "path", Type: connectors.Path, Required: true, Help: "the database file; it is opened read-only"},
			{Name: "tables", Type: connectors.List, Help: "tables to read, * matches any characters; all by default"},
			{Name: "cursor", Type: connectors.Map, Help: "by table: the column that rises with every change, such as updated_at"},
			{Name: "cursor_column", Type: connectors.Text, Help: "cursor of every table that has a column of this name and none in cursor"},
			{Name: "poll", Type: connectors.Duration, Default: 2 * time.Second, Help: "time between polls"},
			{Name: "deletes", Type: connectors.Duration, Default: time.Duration(0), Help: "time between comparisons that find deleted and late rows of tables with a cursor; by default each poll, in at most a quarter of the time"},
			{Name: "chunk_rows", Type: connectors.Number, Default: int64(defaultChunk), Help: "rows read at a time"},
		},
		OpenSource: openSource,
	}
}
