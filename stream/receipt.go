package stream

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Stages of a receipt.
const (
	StageIngest = "ingest"
	StageMask   = "mask"
	StageSink   = "sink"
	StageDelete = "delete"
)

// Evidence of a deletion.
const (
	EvidenceLogStart     = "log-start"     // the partition begins at To
	EvidenceKeyDestroyed = "key-destroyed" // the key of period To is gone
)

// Hash is a SHA-256, written in hex.
type Hash [32]byte

func (h Hash) String() string               { return hex.EncodeToString(h[:]) }
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads 64 hex digits.
func (h *Hash) UnmarshalText(b []byte) error {
	if len(b) != 64 {
		return fmt.Errorf("hash: %d characters, want 64", len(b))
	}
	_, err := hex.Decode(h[:], b)
	return err
}

// Int64 is a 64-bit integer that canonical JSON carries as a string.
type Int64 int64

func (i Int64) MarshalJSON() ([]byte, error) {
	return []byte(`"` + strconv.FormatInt(int64(i), 10) + `"`), nil
}

// UnmarshalJSON reads a decimal string.
func (i *Int64) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("64-bit integer: want a string: %w", err)
	}
	v, err := strconv.ParseInt(s, 10, 64)
	*i = Int64(v)
	return err
}

// Receipt says what one transaction did. It holds no value of any record; see
// FORMAT.md, "Receipts". Where a transaction has more parts than fit
// an entry, it writes several receipts with disjoint parts.
//
// An ingest receipt names no policy, since none is applied before the raw topic:
// what it holds is encrypted whole. Its keys are the period that the records'
// session key is wrapped under: the delete receipt of that period is the
// evidence that they cannot be read any more.
type Receipt struct {
	Stage      string `json:"stage"`
	Connection string `json:"connection,omitempty"`
	Source     string `json:"source,omitempty"`
	Worker     string `json:"worker"`           // id of the enrolled worker key
	Build      string `json:"build"`            // SHA-256 of the executable, hex
	Policy     string `json:"policy,omitempty"` // revision id
	Keys       string `json:"keys,omitempty"`   // ingest: period of the keys; mask: epoch of the masking keys
	Time       string `json:"time"`             // RFC 3339 UTC
	// Detail is the SHA-256 of the record in details with more of the transaction's
	// counts by stream: [MaskDetail] or [SinkDetail]. The first of several receipts
	// names it.
	Detail *Hash `json:"detail,omitempty"`
	// Subjects is the SHA-256 of whom the transaction's records are about: what
	// [AppendConcerned] makes of it. The first of several mask receipts names it. It needs no
	// salt, since each commitment in it is a secret's.
	Subjects *Hash `json:"subjects,omitempty"`
	// Streams are what ingest and mask did by stream. Those of one transaction may
	// stand in several of its receipts. Deletions have none: what they delete is
	// ciphertext of whichever streams share a topic.
	Streams []StreamCount `json:"streams,omitempty"`
	Parts   []Part        `json:"parts"`
}

// StreamCount is what became of a stream's records in a transaction:
// In = Delivered + Quarantined + Filtered + Shredded (L2). Stream is "" for
// records whose stream is ciphertext that no key opens.
type StreamCount struct {
	Stream      string `json:"stream"`
	In          Int64  `json:"in"`
	Delivered   Int64  `json:"delivered,omitempty"`
	Quarantined Int64  `json:"quarantined,omitempty"`
	Filtered    Int64  `json:"filtered,omitempty"`
	Shredded    Int64  `json:"shredded,omitempty"`
}

// Part is one input partition's share of a receipt. From is the last part's To,
// Prev the hash of its canonical JSON.
type Part struct {
	Topic     string `json:"topic"` // for ingest: the source's name
	Partition int32  `json:"partition"`
	Prev      Hash   `json:"prev"`
	From      string `json:"from"` // offset in decimal; for ingest: position label
	To        string `json:"to"`
	In        Int64  `json:"in"`      // data records read committed, tombstones and control records apart
	Changes   Int64  `json:"changes"` // changes of the source that they stand for
	Out       []Out  `json:"out,omitempty"`
	Filtered  Int64  `json:"filtered"` // records of streams that the connection leaves out
	Shredded  Int64  `json:"shredded"` // records whose key was destroyed before they were read

	// A sink's share.
	Object  string `json:"object,omitempty"`
	SHA256  *Hash  `json:"sha256,omitempty"`
	Rows    *Int64 `json:"rows,omitempty"`
	RowRoot *Hash  `json:"row_root,omitempty"`
	// A deletion's share.
	Evidence string `json:"evidence,omitempty"`
}

// Offsets are those of a part of a topic: it begins at from, and ends before to.
func (p Part) Offsets() (from, to int64, err error) {
	from, err = strconv.ParseInt(p.From, 10, 64)
	to, err2 := strconv.ParseInt(p.To, 10, 64)
	if errors.Join(err, err2) != nil {
		return 0, 0, fmt.Errorf("part of %s/%d: its ends are no offsets", p.Topic, p.Partition)
	}
	return from, to, nil
}

// Out is what a part wrote to one output partition. N counts every record in
// [First, Last], tombstones included; markers and control records lie between
// them uncounted.
type Out struct {
	Topic      string `json:"topic"`
	Partition  int32  `json:"partition"`
	First      Int64  `json:"first"`
	Last       Int64  `json:"last"`
	N          Int64  `json:"n"`
	Tombstones Int64  `json:"tombstones"`
	Root       Hash   `json:"root"` // RFC 6962 root over the record leaves, in offset order
}
