package stream

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Names of the Kafka headers that Lethe writes. They hold no source values.
const (
	HeaderSeq       = "lethe-seq"       // Seq in hex
	HeaderSalt      = "lethe-salt"      // 16 bytes, salt of the record's leaf
	HeaderUnchanged = "lethe-unchanged" // JSON array of column names that the source left out
	HeaderStream    = "lethe-stream"    // stream name, on quarantine topics
	HeaderSession   = "lethe-session"   // session of the ciphertext, on raw and quarantine topics
	HeaderAuditor   = "lethe-auditor"   // session key of the ciphertext, sealed to an auditor, on raw topics
	HeaderControl   = "lethe-control"   // marks a control record; its value names the kind
	HeaderPolicy    = "lethe-policy"    // policy revision (hex) that masked the record
	HeaderReason    = "lethe-reason"    // reason code, on quarantine topics
	HeaderField     = "lethe-field"     // path that was refused, as the contract has it, on quarantine topics
)

// Kind tells what a record stands for.
type Kind uint8

const (
	KindData     Kind = iota // a row's change in a Debezium envelope
	KindTruncate             // the whole stream was emptied; has no key, goes to every partition
	KindOversize             // stands for a record that no topic takes: its value tells digest and size
)

// Record is one change of one row.
//
// Key and Value are JSON as Debezium writes it without schemas. Both are owned
// by whoever made the record and are valid until the call that carries it
// returns.
type Record struct {
	Stream    string   // <source>.<schema>.<table>
	Key       []byte   // object of the primary key's columns; nil where there is none
	Value     []byte   // envelope: before, after, op, ts_ms, source
	Seq       Seq      // the record's place in the source's order
	Unchanged []string // columns that the source left out because they did not change
	Kind      Kind
	Time      int64 // when the source committed the change, ms since 1970; 0 if unknown
	// Undecided says that the stream was first read before anybody decided on it.
	// Ingest says so, not the source.
	Undecided bool
}

// Seq is a record's place in its source's order: byte order is source order.
// It is incarnation u32 ‖ commit position u64 ‖ ordinal u64, big-endian.
type Seq [20]byte

// NewSeq builds a Seq. A failover raises incarnation; ordinal counts the
// records of one commit position from 0.
func NewSeq(incarnation uint32, commit, ordinal uint64) Seq {
	var s Seq
	binary.BigEndian.PutUint32(s[0:], incarnation)
	binary.BigEndian.PutUint64(s[4:], commit)
	binary.BigEndian.PutUint64(s[12:], ordinal)
	return s
}

// Incarnation is the first part of s.
func (s Seq) Incarnation() uint32 { return binary.BigEndian.Uint32(s[0:]) }

// Commit is the commit position in s.
func (s Seq) Commit() uint64 { return binary.BigEndian.Uint64(s[4:]) }

// Ordinal is the record's number within its commit position.
func (s Seq) Ordinal() uint64 { return binary.BigEndian.Uint64(s[12:]) }

// String is s in hex, as header lethe-seq holds it.
func (s Seq) String() string { return hex.EncodeToString(s[:]) }

// AppendHex appends the hex form of s to dst.
func (s Seq) AppendHex(dst []byte) []byte { return hex.AppendEncode(dst, s[:]) }

// ParseSeq reads the hex form of a Seq.
func ParseSeq(b []byte) (Seq, error) {
	var s Seq
	if len(b) != 2*len(s) {
		return s, fmt.Errorf("seq: %d characters, want %d", len(b), 2*len(s))
	}
	if _, err := hex.Decode(s[:], b); err != nil {
		return s, fmt.Errorf("seq: %w", err)
	}
	return s, nil
}

// Position says where a source stands. Only its connector understands it.
type Position struct {
	// Label is what receipts show: it identifies the position, compares for
	// equality only, and holds no value of any row (L7).
	Label string
	// State is what the connector resumes from. It may hold key values and is
	// stored encrypted.
	State []byte
}

// IsZero reports whether p is the beginning, before anything was read.
func (p Position) IsZero() bool { return p.Label == "" && len(p.State) == 0 }

// Range is a run of offsets [From, To) of one topic partition.
type Range struct {
	Topic     string
	Partition int32
	From, To  int64
}

// String is topic/partition[from,to).
func (r Range) String() string {
	return fmt.Sprintf("%s/%d[%d,%d)", r.Topic, r.Partition, r.From, r.To)
}
