package stream

import (
	"context"
	"errors"
)

// ErrRevoked says that a worker's key signs entries that count no more: what it signed
// is not to be committed. Another Ledger may be under the next key.
var ErrRevoked = errors.New("the worker's key is revoked")

// Kinds of audit entries and their bodies.
const (
	EntryReceipt      = "receipt"       // Receipt
	EntryChain        = "chain"         // Chain
	EntryStream       = "stream"        // StreamEvent
	EntrySnapshotVoid = "snapshot-void" // SnapshotVoid
	EntryPolicy       = "policy"        // PolicyEvent
	EntryAnnounce     = "announce"      // Announcement
	EntryForged       = "forged"        // Forged
	EntryIntent       = "intent"        // Intent
	EntryOutcome      = "outcome"       // Outcome
	EntryShred        = "shred"         // Shred
	EntryEnrol        = "enrol"         // a worker's key, signed by the log's: package audit has its body
	EntryRevoke       = "revoke"        // a worker's key counts no longer, likewise
	EntryClose        = "close"         // the last of a shard of the log, likewise
	EntryBegin        = "begin"         // the first of a later shard, likewise
)

// Chain starts or hands over the chain of parts of one input partition. It is
// the body of a chain entry and stands before the first part that its worker
// writes.
type Chain struct {
	Event      string `json:"event"` // ChainStart, ChainOwner
	Stage      string `json:"stage"`
	Connection string `json:"connection,omitempty"`
	Source     string `json:"source,omitempty"`
	Topic      string `json:"topic"`
	Partition  int32  `json:"partition"`
	Worker     string `json:"worker"`
	Head       Hash   `json:"head"` // hash of the last part; zero at start
	From       string `json:"from"`
}

// Events of a Chain.
const (
	ChainStart = "start" // no part stands before it
	ChainOwner = "owner" // another run goes on where the last one ended
)

// StreamEvent tells that a stream was seen in a shape that is new or changed, that its
// first records come, or that its source lists it no more.
type StreamEvent struct {
	Event   string `json:"event"` // StreamShape and so on
	Source  string `json:"source"`
	Stream  string `json:"stream"`
	Columns int    `json:"columns,omitempty"`
	// Unlisted counts those of the columns that no policy knows: they are redacted.
	Unlisted int `json:"unlisted,omitempty"`
	// Shape is the HMAC-SHA-256 of columns and types under the routing key, in
	// hex: names that no contract lists stay out of the log (L1), and whoever has
	// the key can tell whether a shape was there before.
	Shape string `json:"shape,omitempty"`
	// Of those that open or close it, who says so, when and, of closing, why.
	Worker string `json:"worker,omitempty"`
	Time   string `json:"time,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Events of a StreamEvent. An open stands before the first receipt of records of the
// stream, in their transaction.
const (
	StreamShape = "shape"
	StreamOpen  = "open"
	StreamClose = "close"
)

// ReasonUnlisted is why a stream is closed: it was taken from the source's configuration,
// or dropped there.
const ReasonUnlisted = "unlisted"

// SnapshotVoid tells that a snapshot was begun again: its rows count once per
// snapshot.
type SnapshotVoid struct {
	Source   string `json:"source"`
	Stream   string `json:"stream"`
	Snapshot string `json:"snapshot"` // id of the snapshot whose rows are void
}

// PolicyEvent tells that a connection got a policy revision that is new. It
// stands in the log before any record is masked under it.
type PolicyEvent struct {
	Connection string   `json:"connection"`
	Revision   string   `json:"revision"`
	Keys       string   `json:"keys"`  // epoch of the masking keys that it masks with
	Packs      []string `json:"packs"` // their names
	Shown      *Shown   `json:"shown,omitempty"`
	Time       string   `json:"time"` // RFC 3339 UTC
}

// Announcement tells at which offsets of a raw topic a policy revision was put in
// force for a connection: it masks the records from there on. It stands in the log
// before any of them is masked.
type Announcement struct {
	Source     string `json:"source"`
	Connection string `json:"connection"`
	Revision   string `json:"revision"`
	Keys       string `json:"keys,omitempty"` // epoch of the masking keys that it masks with
	Number     Int64  `json:"number"`         // as PolicyChange.Number
	Topic      string `json:"topic"`
	// Partition is that of the first offset; those of the next ones follow.
	Partition int32   `json:"partition"`
	Offsets   []Int64 `json:"offsets"`
	Worker    string  `json:"worker"`
}

// Forged tells of control records that a connection's workers refused, in one
// transaction, on one partition: somebody without the workspace's keys wrote them,
// or wrote an old one again.
type Forged struct {
	Connection string `json:"connection"`
	Topic      string `json:"topic"`
	Partition  int32  `json:"partition"`
	N          Int64  `json:"n"`
	First      Int64  `json:"first"` // offset of the first
	Last       Int64  `json:"last"`
	Worker     string `json:"worker"`
}

// Actions of an Intent.
const (
	ActionStart  = "start"  // of the workspace, under a configuration
	ActionRead   = "read"   // of audit data
	ActionErase  = "erase"  // of subjects
	ActionReveal = "reveal" // of values
	ActionRotate = "rotate" // of keys
	ActionRevoke = "revoke" // of a worker's key
)

// Roles of who acts.
const (
	RoleOperator = "operator" // has the folder and its keys
	RoleRevealer = "revealer" // may have values opened, as the folder says
)

// Intent tells that a person is about to do something. It stands on the audit topic
// before that takes effect. What could name a person is a commitment: HMAC-SHA-256
// of the value under 32 random bytes, which lie with the value in the topic openings,
// under the entry's id. Without them the entry stays what it is and tells no more.
type Intent struct {
	Action    string `json:"action"` // ActionErase and so on
	Count     Int64  `json:"count"`  // of subjects, values, connections or documents
	Role      string `json:"role"`   // RoleOperator and so on
	Principal Hash   `json:"principal"`
	Address   Hash   `json:"address"` // machine, and where they came from
	Object    Hash   `json:"object"`  // stream, stream/field, workspace or document
	Reason    Hash   `json:"reason"`
	Ticket    Hash   `json:"ticket"`
	Subjects  Hash   `json:"subjects"` // [Commitment] to each of those concerned, one after the other; zeros for one without a key
	// Before and After are keyed hashes of what the action changes, where that has one:
	// of start the configuration, of rotate the epoch, of revoke the worker. After stands in the outcome where
	// the action itself makes it.
	Before *Hash `json:"before,omitempty"`
	After  *Hash `json:"after,omitempty"`
	// Approval is the SHA-256 of the approval that a second person signed.
	Approval *Hash  `json:"approval,omitempty"`
	Worker   string `json:"worker"`
	Time     string `json:"time"` // RFC 3339 UTC
}

// Outcome tells what became of an intent.
type Outcome struct {
	Of     string `json:"of"`     // id of the intent
	Result string `json:"result"` // OutcomeDone and so on
	Count  Int64  `json:"count"`  // of what it was done to
	After  *Hash  `json:"after,omitempty"`
	Worker string `json:"worker"`
	Time   string `json:"time"`
}

// Results of an Outcome.
const (
	OutcomeDone    = "done"
	OutcomeRefused = "refused" // it took no effect
	OutcomeFailed  = "failed"  // it may have taken effect in part
)

// Shred tells that the subjects of the shreds from First to Last were erased: their
// keys are gone.
type Shred struct {
	Of     string `json:"of"` // id of the intent
	First  Int64  `json:"first"`
	Last   Int64  `json:"last"`
	Worker string `json:"worker"`
	Time   string `json:"time"` // when the root key of the covers before was destroyed
}

// Ledger makes audit entries. The entries of one Ledger are a run: each names
// the one before it, so that a checked signature covers all before it. One
// goroutine uses a Ledger.
type Ledger interface {
	// Worker is the id of the key that signs.
	Worker() string
	// Entry returns the signed canonical bytes of an entry of kind.
	Entry(kind string, body any) ([]byte, error)
	// Signed gives what tells whether a key that counts there signed the entry at an
	// offset of the audit topic, in whichever run.
	Signed(ctx context.Context) (func(offset int64, entry []byte) bool, error)
	// Stands returns an error wrapping [ErrRevoked] once the key that signs is being
	// revoked. It is asked when entries have their offsets, before they are committed:
	// if it returns nil, the revocation comes after them.
	Stands(ctx context.Context) error
	// Settle says whether the entries made since the last Settle were
	// committed. Those that were not leave the run.
	Settle(committed bool)
}
