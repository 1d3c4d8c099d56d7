// Package masking finds sensitive values and replaces them, and fails rather
// than let one through.
//
// Its words are Presidio's and ISO/IEC 20889's: operator, detector, finding. It
// does not know who may see what, which table a field belongs to, or what time
// it is, and it logs nothing.
//
// [Compile] makes a [Rewriter] of a [Plan]: one trie of paths. The Rewriter
// walks the bytes of a record's key and of its Debezium envelope once, copies
// what is kept as it was written, and writes in the place of everything else.
// Beside that it looks up the subject's column of each row where a plan asks whose
// a row is, reads a record's values where fake must invent none of them, and gives
// those of a column with rules of a schema to package conform. It decodes nothing
// into maps and allocates nothing per record. Members whose names are listed and
// whose values are plain scalars are found many at a time; every other one is read
// by itself, and masked alike.
//
// What it delivers is valid JSON. In rows and keys, members that no field names
// become "_unknown_<n>": "[redacted]"; around rows, members that Debezium's
// envelope does not have are dropped, and so are headers. Names are unescaped
// before they are matched.
//
// What it refuses is a stream.Rejection with one of these reasons:
//
//	malformed  no JSON by RFC 8259, or by the points in which package
//	           stream/scan is stricter; not an envelope
//	operation  op is not one of c u d r t, or does not go with the row and kind
//	duplicate  a known name twice in one object
//	required   a column that must be there, or a column of the key, is missing
//	null       a null where the contract has none; not in before, which shows
//	           only the key of a row whose table has the default replica identity
//	type       a value that is not of its column's type
//	operator   a value that the operator cannot hide or that it means nothing for:
//	           partial of a short text, the year of a text that is no date,
//	           hmac of an object
//	normal     a key column's value that is not in its normal form, so that two
//	           rows would become one
//	schema.…    what the plan's RowSchema asks for: package conform's keywords
//
// Promises it upholds:
//
//	L1 closed       what no field of the plan names is redacted, its name too;
//	                what cannot be parsed or masked is a rejection
//	L5 forgettable  who gives keys of subjects ([subject.Subjects]) gives none of one that
//	                was erased, and none without a lease
//	L6 same again   the same bytes, plan and keys give the same masked bytes on
//	                any machine
//	L7 unprintable  errors name codes and paths, never a value
package masking
