// Package verify checks an audit log and a lake offline, with the log's public
// key and nothing else.
//
// Its words are C2SP's (checkpoint, tile, bundle) and those of the receipts
// (chain, part, run). It shares no code with those who write: neither with
// package audit, nor with the pipeline, nor with the Parquet writer; a test says
// so. What it reads may be hostile, and the worst it may do is to report.
//
// Promises it proves or refutes, each finding under its label:
//
//	L2 once      the counts add up at every hop, and rows in files are those
//	             that were masked
//	L4 provable  the checkpoint is signed; entries, bundles and tiles give its
//	             root; runs, signatures and chains are unbroken; files and rows
//	             are those that receipts name
//
// And it keeps one itself:
//
//	L7 unprintable  a finding names files, entries, offsets and columns, never a
//	                value
//
// What it cannot prove: that masking was right, that the source gave everything,
// and, without a remembered checkpoint, that the log was not rolled back.
package verify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Options say what to check.
type Options struct {
	Log string // directory of the log
	// PublicKey is the verifier key <name>+<hash>+<key> of any shard of the log, or those
	// of several, a line each.
	PublicKey string
	// Lakes are the directories of Parquet sinks. Nil leaves files unchecked; an
	// empty list says that there is no lake, so that every file is missing.
	Lakes []string
	// Remembered is a checkpoint of the same log, seen before: the log must be
	// an extension of it. Nil if there is none.
	Remembered []byte
	// AsRemembered says to count as it was then: receipts behind the remembered checkpoint
	// are held against the tree and their runs, and count for nothing.
	AsRemembered bool
	// Witnesses is whose cosignatures the checkpoint must bear: with them the log was not
	// forked, nor rolled back until the times that they tell. An older copy of the log
	// bears older times, and nothing else shows it. Nil for nobody's.
	Witnesses *WitnessPolicy
	// Since is the time before which a cosignature says nothing: an old checkpoint was
	// cosigned, too, when it was new. Zero takes any.
	Since time.Time
	// Builds are the SHA-256 of executables that may have worked, in hex, and their names;
	// nil for any.
	Builds map[string]string
	// Running says that a sink is at work: what is newer than the log's checkpoint,
	// or not yet listed, is then noted and counted as incomplete instead of found.
	// Nothing vouches for it.
	Running bool
	// Coverage is the range of which [Report].Coverage is told; nil for none.
	Coverage *Window
	// Progress hears how far the check is; nil to ignore.
	Progress func(what string, done, total int64)
}

// Finding is one thing that is wrong. It holds no value of any record (L7).
type Finding struct {
	Promise Promise `json:"promise"` // "" for a note
	Code    Code    `json:"code"`
	Kind    Kind    `json:"kind,omitempty"`
	Object  string  `json:"object"` // file, entry, run or chain
	Range   string  `json:"range"`  // entries, offsets or rows; "all of it" where they cannot be told apart
	Msg     string  `json:"msg"`

	leaf int64 // of the entry that it is about; nowhere where that is none alone
}

// nowhere is the leaf of what is not about one entry.
const nowhere = -1

func (f Finding) String() string {
	return fmt.Sprintf("%s %s: %s %s: %s", f.Promise, f.Code, f.Object, f.Range, f.Msg)
}

// Report is what was checked and found.
type Report struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"` // leaves under the checkpoint
	Root   string `json:"root"` // standard base64, as the checkpoint has it
	// CheckpointFile is when the checkpoint's file was written. A checkpoint
	// itself holds no time; LastEntry is the time in the newest receipt.
	CheckpointFile time.Time `json:"checkpoint_file"`
	LastEntry      string    `json:"last_entry,omitempty"`

	// Shards are the trees of the log, oldest first; Root is that of the newest.
	Shards []ShardReport `json:"shards"`

	Entries  map[string]int64 `json:"entries"` // by kind
	Workers  []string         `json:"workers"` // enrolled
	Runs     int64            `json:"runs"`
	Chains   int64            `json:"chains"`
	Files    int64            `json:"files"`              // that receipts name
	Rows     int64            `json:"rows"`               // decoded and hashed
	Cosigned []Cosignature    `json:"cosigned,omitempty"` // by witnesses of the policy
	// Extends is the size of the remembered checkpoint, if the log was shown to be
	// an extension of it.
	Extends *int64 `json:"extends,omitempty"`
	// Incomplete is what the check could say no more of.
	Incomplete Incomplete `json:"incomplete"`

	Sources     []SourceCount     `json:"sources,omitempty"`
	Connections []ConnectionCount `json:"connections,omitempty"`
	Streams     []StreamCount     `json:"streams,omitempty"`
	Topics      []TopicCount      `json:"topics,omitempty"`

	// Coverage is there where [Options] asked for it.
	Coverage *Coverage `json:"coverage,omitempty"`

	Findings []Finding `json:"findings"`
	// Notes are worth knowing and no fault: files that no receipt names, snapshots
	// begun again, actions of which nobody knows what became.
	Notes []Finding `json:"notes,omitempty"`

	as State // what the counts rest on
}

// ShardReport is one tree of the log.
type ShardReport struct {
	Origin string `json:"origin"`
	First  int64  `json:"first"` // its first entry, counted over the whole log
	Size   int64  `json:"size"`
	Root   string `json:"root"` // standard base64
}

// Incomplete counts objects that a sink at work has not finished, which is no
// fault where [Options].Running allows it, and files that were not looked for.
type Incomplete struct {
	Newer    int64 `json:"newer"`    // listed for readers, and newer than the log's checkpoint: no receipt vouches for them
	Unlisted int64 `json:"unlisted"` // of a sink's last transaction, and not yet listed for readers
	// Unchecked are files that receipts name, where no lake was given.
	Unchecked int64 `json:"unchecked"`
}

// SourceCount is what a source gave.
type SourceCount struct {
	Source      string `json:"source"`
	Changes     int64  `json:"changes"`
	Ingested    int64  `json:"ingested"`    // records, into raw topics and quarantine
	Quarantined int64  `json:"quarantined"` // of those, at ingest
	Voided      int64  `json:"voided_snapshots"`
}

// ConnectionCount is what became of one raw topic in one connection:
// In = Delivered + Quarantined + Filtered + Shredded.
type ConnectionCount struct {
	Connection  string `json:"connection"`
	Raw         string `json:"raw"` // topic
	In          int64  `json:"in"`
	Delivered   int64  `json:"delivered"`
	Quarantined int64  `json:"quarantined"`
	Filtered    int64  `json:"filtered"`
	Shredded    int64  `json:"shredded"` // their key was destroyed before they were read
	Pending     int64  `json:"pending"`  // not yet read
}

// Empty reports whether nothing was ever in the topic: every source has one for
// streams that nobody decided on.
func (c ConnectionCount) Empty() bool { return c.In == 0 && c.Pending == 0 }

// StreamCount is what became of the records of one stream in one connection:
// In = Delivered + Quarantined + Filtered + Shredded, and In + Pending = Ingested
// where Pending, which is of raw topics that hold several streams, is 0.
type StreamCount struct {
	Connection  string `json:"connection"`
	Stream      string `json:"stream"`   // <source>.<schema>.<table>; "" for records that nobody can decrypt
	Ingested    int64  `json:"ingested"` // records, by the source's receipts
	In          int64  `json:"in"`
	Delivered   int64  `json:"delivered"`
	Quarantined int64  `json:"quarantined"`
	Filtered    int64  `json:"filtered"`
	Shredded    int64  `json:"shredded"`
	InFiles     int64  `json:"in_files"`
}

// TopicCount is what became of the records of one masked topic:
// Delivered = InFiles + Pending.
type TopicCount struct {
	Connection string `json:"connection"`
	Stream     string `json:"stream"` // <source>.<schema>.<table>
	Label      string `json:"label"`
	Generation string `json:"generation"`
	Delivered  int64  `json:"delivered"` // tombstones apart
	Tombstones int64  `json:"tombstones"`
	InFiles    int64  `json:"in_files"`
	Files      int64  `json:"files"`
	Pending    int64  `json:"pending"` // not yet in a file
}

// OK reports whether nothing is wrong.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

// maxFindings bounds the findings of one code: a broken log breaks everywhere.
const maxFindings = 20

// checker holds one check. Only the goroutine of Run touches it.
type checker struct {
	opts   Options
	report *Report
	at     int64        // leaf that is applied; nowhere when all are
	counts map[Code]int // findings by code
	noted  map[Code]int // notes by code

	shards []*shard // those that are known
	of     *shard   // that is being read
	number int      // of it
	size   int64    // entries of the shards that were read
	until  int64    // how many of them count
	keys   keysOf
	runs   map[string]*run
	flow   *flow

	revoked map[string]int64 // leaf of the revocation, by public key
	actions actions
}

// What Run returns for options that are not what they should be.
var (
	ErrKey        = errors.New("not an Ed25519 verifier key <name>+<hash>+<key>")
	ErrRemembered = errors.New("not a checkpoint")
)

// Run checks everything that it can reach. What is wrong is in the report; the
// error says only that the check could not be made: [ErrKey], [ErrRemembered], a
// [BoundaryError], or the end of ctx.
func Run(ctx context.Context, opts Options) (*Report, error) {
	keys := strings.Fields(opts.PublicKey)
	if len(keys) == 0 {
		return nil, ErrKey
	}
	for _, k := range keys {
		if _, err := newShard(opts.Log, k); err != nil {
			return nil, err
		}
	}
	if opts.Remembered != nil {
		if _, err := readCheckpoint(string(opts.Remembered)); err != nil {
			return nil, ErrRemembered
		}
	}
	c := &checker{opts: opts, counts: make(map[Code]int), noted: make(map[Code]int), runs: make(map[string]*run), revoked: make(map[string]int64), until: math.MaxInt64,
		report: &Report{Entries: make(map[string]int64), Findings: []Finding{}}, keys: make(keysOf)}
	c.flow = newFlow(c)
	if opts.Coverage != nil {
		c.flow.cover = newCover(c.flow, *opts.Coverage)
	}
	if signed, err := c.log(ctx, keys); err != nil || !signed {
		return c.report, err
	}
	c.rest()
	c.endRuns()
	c.flow.end()
	c.actions.end(c)
	if c.flow.cover != nil {
		if err := c.flow.cover.end(); err != nil {
			return nil, err
		}
	}
	if err := c.lakes(ctx); err != nil {
		return nil, err
	}
	if c.flow.cover != nil {
		c.report.Coverage = c.flow.cover.report()
	}
	return c.report, nil
}

// told is how many entries of the log count.
func (c *checker) told() int64 { return min(c.size, c.until) }

// rest notes what the counts rest on: the newest checkpoint, or the remembered one.
func (c *checker) rest() {
	last := c.shards[len(c.shards)-1]
	c.report.as = State{Origin: last.cp.origin, Size: c.told(), Checkpoint: string(last.raw)}
	if c.opts.AsRemembered {
		seen, _ := readCheckpoint(string(c.opts.Remembered)) // it was read before
		c.report.as.Origin, c.report.as.Checkpoint = seen.origin, string(c.opts.Remembered)
	}
}

// built holds the build of a receipt against the list.
func (c *checker) built(e *entry) {
	if _, ok := c.opts.Builds[e.receipt.Build]; c.opts.Builds != nil && !ok {
		c.fail(CodeBuild, e.id, leafRange(e.leaf), "made by build %q, which is not in the list", e.receipt.Build)
	}
}

// fail records a finding; of one code only the first ones.
func (c *checker) fail(code Code, object, where, format string, args ...any) {
	c.failAs(code.kind(), c.at, code, object, where, format, args...)
}

// failAs is fail for a code that may be of several kinds, or about another entry than
// that which is applied.
func (c *checker) failAs(kind Kind, leaf int64, code Code, object, where, format string, args ...any) {
	c.counts[code]++
	switch n := c.counts[code]; {
	case n <= maxFindings:
		c.report.Findings = append(c.report.Findings, Finding{code.promise(), code, kind, object, where, fmt.Sprintf(format, args...), leaf})
	case n == maxFindings+1:
		c.report.Findings = append(c.report.Findings, Finding{code.promise(), code, kind, "more", fmt.Sprintf("findings from %d on", maxFindings+1), "further findings of this code are left out", nowhere})
	}
}

// remark records what is no fault.
func (c *checker) remark(code Code, object, where, format string, args ...any) {
	c.noted[code]++
	if c.noted[code] <= maxFindings {
		c.report.Notes = append(c.report.Notes, Finding{"", code, code.kind(), object, where, fmt.Sprintf(format, args...), c.at})
	}
}

func (c *checker) progress(what string, done, total int64) {
	if c.opts.Progress != nil {
		c.opts.Progress(what, done, total)
	}
}
