// Package parquet writes masked records as Parquet objects that are created
// once, never overwritten, and listed in a manifest, so that its readers see
// each row once.
//
// Its words are Apache Parquet's (row group, column chunk, page, logical type).
// It knows no Kafka client, no policy and no audit log: it is told a range of
// offsets, a schema and a policy's revision, and says what it wrote.
//
// Promises it upholds:
//
//	L2 once         an object's name holds its range and hash; a new owner that
//	                computes the same bytes adopts the object, and the manifest
//	                lists one object per position
//	L4 provable     the row root that Load returns can be recomputed from the
//	                object alone, by code that shares nothing with this package
//	L6 same again   the same batch gives the same object on any machine that
//	                begins with an empty lake, and always the same in one lake
//	L7 unprintable  an error names stream, column and offset, never a value
//
// # Objects
//
// An object is <topic>-<p>-<from>-<to>-<generation>-<sha8>.parquet in the
// sink's directory: the range of masked offsets [from, to), the topic's g<n>,
// and the first 8 hex digits of the SHA-256 of the object's bytes. A reader
// begins at _manifest/<topic>-<p>-<from>.json and ignores what no manifest
// names. A manifest is one line of JSON, written once, after offsets and
// receipt are committed: object, sha256 and row_root (hex), rows, from and to
// (64-bit integers as strings), topic, partition.
//
// A load that a crash cuts short leaves a hidden .tmp file, which the next
// owner removes, or an object without manifest, which the next owner adopts if
// it computes the same bytes and otherwise leaves alone.
//
// The key-value metadata of the footer holds, in this order:
//
//	lethe-row-hash    lethe-row-v1
//	lethe-topic       masked topic
//	lethe-partition   decimal
//	lethe-from        decimal, first offset of the range
//	lethe-to          decimal, the offset after the range
//	lethe-policy      revision of the policy that masked the rows
//	lethe-file-salt   64 hex digits
//	lethe-columns     JSON: [[name, type], ...], one per column, in file order
//
// Columns are those of the stream's schema, then those that only records have
// (type string), then
//
//	_lethe_op         string         c u d r t as the envelope has it
//	_lethe_key        string         the record's key as JSON text, or null
//	_lethe_partition  int32
//	_lethe_offset     int64
//	_lethe_seq        string         order of the source, hex
//	_lethe_unchanged  array<string>  columns left out as unchanged, or null
//
// A row of op d holds the key's columns (all of before where there is no key),
// a row of op t none; what is not there is null. Tombstones are no rows. Rows
// are in offset order, in row groups of 131,072.
//
// The i-th top-level field of the Parquet schema is the i-th entry of
// lethe-columns, which holds the true name. The Parquet name is the true name
// with control characters and invalid UTF-8 written as -XX in hex, and _2, _3, …
// appended where readers that fold case or derive identifiers would take it for
// another column of the topic, then __v2, __v3, …: read by position.
//
// # Columns that change
//
// A reader that unites the objects of a stream by name never meets one name with
// two types that it cannot make one. The first type of a column keeps the name;
// a type of the same kind widens it in place (int16 to int32 to int64, float32 to
// float64, more digits of a decimal), also for columns that are narrower again
// later; any other type makes it <name>__v2, then __v3, and a type that comes
// back has the name that it had. A column that is new is null in older objects,
// one that was dropped is null in newer ones: it is not there. Types that are
// stored as text (string, decimal without precision) are one type.
//
// Which name and type a column was given lies in _columns/<topic>-<n>.json, n from
// 1, files that are created once: owners on all machines decide one after the
// other, and the same batch gives the same object under each of them. Where the
// folder is lost, the footers of the listed objects tell it again.
//
// # Row leaves (lethe-row-v1)
//
// The row root is the RFC 6962 root over the row leaves in offset order. Numbers
// are big-endian, len is u32, the null marker is FF FF FF FF:
//
//	leaf   = SHA-256(0x00 ‖ salt[16] ‖ partition u32 ‖ offset u64 ‖ column …)
//	column = type byte ‖ (null marker | len, value bytes)
//	salt   = first 16 bytes of HMAC-SHA-256(file salt, offset u64)
//
// with one column for each entry of lethe-columns, the _lethe_ ones included.
// Partition and offset are those of the row's _lethe_ columns.
//
//	type              byte  stored as                           value bytes
//	string            1     BYTE_ARRAY, STRING                  the bytes
//	bool              2     BOOLEAN                             00 or 01
//	int16             3     INT32, INT(16, signed)              8: two's complement
//	int32             3     INT32                               8: two's complement
//	int64             3     INT64                               8: two's complement
//	float32           4     FLOAT                               4: the IEEE 754 bits as stored
//	float64           5     DOUBLE                              8: the IEEE 754 bits as stored
//	decimal(p,s)      6     DECIMAL(p,s): INT32 up to p=9,      17: s as one byte, then the
//	                        INT64 up to p=18, then              unscaled value in 16 bytes,
//	                        FIXED_LEN_BYTE_ARRAY(16)            two's complement
//	bytes             7     BYTE_ARRAY                          the bytes
//	date              8     INT32, DATE                         8: days since 1970-01-01
//	time              9     INT64, TIME(micros, not adjusted)   8: microseconds since midnight
//	timestamp         10    INT64, TIMESTAMP(micros, not adj.)  8: microseconds since 1970-01-01
//	timestamptz       11    INT64, TIMESTAMP(micros, UTC)       8: microseconds since 1970-01-01 UTC
//	json              12    BYTE_ARRAY, JSON                    the bytes (JSON text)
//	array<T>          13    LIST, three levels, elements        T's type byte, then for each element
//	                        optional                            the null marker or len, T's value bytes
//	any other decimal 1     BYTE_ARRAY, STRING                  the bytes
//
// decimal(p,s) with 1 ≤ p ≤ 38 and 0 ≤ s ≤ p has byte 6; decimal without
// precision and every other decimal(p,s) is text. Example: array<int32> holding
// {7, null} is 03 ‖ 00000008 0000000000000007 ‖ FFFFFFFF, 17 bytes, behind
// 0D 00000011; an empty array is 03 behind 0D 00000001.
//
// # Reading with xitongsys/parquet-go
//
// Objects use data pages of version 1, PLAIN and RLE_DICTIONARY, zstd, which
// xitongsys/parquet-go v1.6.2 decodes. What a reader built on it must know:
//
//   - Use NewParquetColumnReader and ReadColumnByIndex: index counts leaf
//     columns in file order, and a LIST, nested or not, has one leaf. Values
//     come with repetition and definition levels.
//   - A leaf's greatest definition level: 0 for the required columns (_lethe_op,
//     _lethe_partition, _lethe_offset, _lethe_seq), 1 for other plain ones, 3
//     for array<T>, 5 for array<array<T>>. In an array column level 0 is a null
//     array, 1 an empty one, 2 a null element, 3 an element.
//   - BYTE_ARRAY and FIXED_LEN_BYTE_ARRAY come as Go strings, INT32 as int32.
//   - ReadRows swallows errors and pads with nulls at a short read: compare the
//     number of rows read of every column with the footer's.
//   - An object without rows has no row group, and ReadRows panics on it: look
//     at the footer's NumRows first.
//   - It overwrites the names in its footer with Go identifiers: true names come
//     from lethe-columns.
package parquet

import (
	"time"

	"lethe/connectors"
	"lethe/connectors/parquet/internal/rows"
)

// What Load returns when records do not make an object wraps one of these. The
// error names stream, column and offset; it comes back however often the batch
// is loaded.
var (
	// ErrValue says that a value does not fit the type that the schema gives
	// its column: of another type, out of range, or with digits that would be
	// lost. Nothing is rounded or dropped instead.
	ErrValue = rows.ErrValue
	// ErrRecord says that a record is no masked envelope, or out of place.
	ErrRecord = rows.ErrRecord
)

// Connector describes the parquet sink.
func Connector() connectors.Connector {
	return connectors.Connector{
		Name: "parquet",
		Help: "Writes Parquet objects and a manifest of them into a directory.",
		Sink: []connectors.Option{
			{Name: "url", Type: connectors.Path, Required: true,
				Help: "Directory that the objects lie in: a path, or a file:// URL."},
			{Name: "region", Type: connectors.Text,
				Help: "Where the directory is, such as TH; policies check it before any record moves."},
			{Name: "roll_bytes", Type: connectors.Size, Default: int64(128 << 20),
				Help: "An object is ended when the records for it hold this many bytes."},
			{Name: "roll_every", Type: connectors.Duration, Default: 60 * time.Second,
				Help: "An object is ended this long after its first record, at the latest."},
		},
		OpenSink: open,
	}
}
