// Package stream moves records from sources to sinks through topics, one topic
// per classification, and commits every batch exactly once.
//
// It holds the words that all rooms share: Kafka's (record, batch, offset,
// transaction) and the Airbyte protocol's (source, sink, stream, check,
// discover, read). It knows no SQL, no YAML, no policy and no HTTP; the root
// package imports the standard library only.
//
// Promises, each upheld where its label stands in the code and borne by a test
// of that name:
//
//	L1 closed       a value that no policy decided on leaves raw and quarantine
//	                topics (both encrypted) only masked
//	L2 once         every change that a source gave ends exactly once per
//	                connection: delivered, quarantined, filtered or shredded
//	L3 together     masked records, their receipt and the consumer offsets
//	                commit in one transaction; so do raw records and the
//	                source's position
//	L4 provable     every receipt is a leaf in a Merkle log; chains are unbroken
//	L7 unprintable  no clear value reaches output, logs, errors, metrics or
//	                receipts
package stream
