package report

import (
	"time"

	"lethe/stream"
)

// Facts are what the log says about a range of time: what was observed.
//
// L7: they are names, counts and times; entries hold no value.
type Facts struct {
	From, To    time.Time // as asked for; zero for open
	First, Last time.Time // of the receipts in range
	Checkpoint  Checkpoint
	Workspace   string

	Receipts int64
	Refused  int64 // leaves that are no entry, or one of which nothing can be read
	Sums     map[Hop]*Sum
	Loads    map[Delivery]*Load
	Lags     map[Hop]*Lag // by day and connection
	Details  map[stream.Hash]Hop
	Ruled    map[Ruled]bool // of receipts in range
	Objects  []Object
	Deleted  []Cited[Deletion]

	Policies  []Cited[stream.PolicyEvent]
	Announced []Cited[stream.Announcement]
	Intents   []Cited[stream.Intent]
	Outcomes  map[string]stream.Outcome // by id of the intent
	Shreds    []Cited[stream.Shred]
	Forged    []Cited[stream.Forged]
	Enrolled  []Cited[Enrolment]
	Shapes    []Cited[stream.StreamEvent]
	Builds    map[string]int64 // receipts by the build that wrote them
	Workers   map[string]int64

	// Masks and Sinks hold the detail records of receipts in range that could be read,
	// summed up by day, connection and stream.
	Masks map[Hop]*stream.MaskCount
	// DetailsRead is how many of Details were found; the others are trimmed.
	DetailsRead int

	Counted *Counted     // persons, from the index of subjects; nil where it was not asked
	Found   *Whereabouts // of one person, likewise

	// Check is what verification says of the log; nil where it was not asked.
	Check *Check

	// Prove gives the proof of a leaf up to the checkpoint; nil where there is none.
	Prove func(index int64) (Proof, error)
	// Body is what the log's checkpoint at an earlier size says without signatures (C2SP
	// tlog-checkpoint); nil likewise.
	Body func(size int64) (string, error)
}

// Check is how verification of the log ended.
type Check struct {
	Size     int64          // leaves
	Findings map[string]int // by code; empty if nothing is wrong
}

// Checkpoint is the signed tree head that a report rests on.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   string // base64
	Note   string // signed
}

// Proof is an inclusion proof of a leaf (RFC 9162 §2.1.3).
type Proof struct {
	Index int64    `json:"index"`
	Leaf  string   `json:"leaf"` // hash, base64
	Path  []string `json:"path"` // hashes, base64
	Shard *Shard   `json:"shard,omitempty"`
}

// Shard is the tree that a proof is of, where a log has several.
type Shard struct {
	Origin     string `json:"origin"`
	Number     int64  `json:"number"`     // of the leaf in it
	Checkpoint string `json:"checkpoint"` // signed
}

// Hop is a stream's way through one stage on one day.
type Hop struct {
	Day    string // 2006-01-02, UTC
	Stage  string // of stream.Receipt
	Owner  string // connection, or source for ingest
	Stream string
}

// Sum is what became of records.
type Sum struct{ In, Delivered, Quarantined, Filtered, Shredded int64 }

// Delivery is what a sink loaded of a masked topic on one day.
type Delivery struct{ Day, Connection, Topic string }

// Load is how much that was.
type Load struct {
	Rows, Objects int64
	First, Last   time.Time
}

// Lag is how long after masking the sink had loaded parts.
type Lag struct {
	Parts    int64
	Sum, Max time.Duration
}

// Object is what a sink wrote of a range of a masked topic: a file, or rows of a table,
// which have no name.
type Object struct {
	Name, Connection, Topic string
	Partition               int32
	From, To                int64  // offsets, To is not in it
	SHA256                  string // of a file
	Rows                    int64
	Time                    time.Time
	Leaf                    int64 // of the receipt
}

// Deletion is evidence that something was deleted.
type Deletion struct {
	Topic     string
	Partition int32
	To        string
	Evidence  string
}

// Enrolment is a worker's key.
type Enrolment struct {
	Worker     string `json:"worker"`
	EnrolledAt string `json:"enrolled_at"`
}

// Cited is an entry that a report names.
type Cited[T any] struct {
	Index int64
	ID    string
	Time  time.Time // as the entry says; else that of the last entry before it that does
	Body  T
}
