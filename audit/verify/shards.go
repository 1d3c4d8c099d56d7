package verify

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// shard is one tree of the log: a directory, an origin and a key of its own. The last
// entry of one names the key of the next, the first of the next the checkpoint of the one
// before: whoever trusts one key trusts the others.
type shard struct {
	name     string // of its directory below the log's; "" for the first
	dir      string
	vkey     string
	key      ed25519.PublicKey
	verifier note.Verifier
	first    int64  // its first entry, counted over the whole log
	raw      []byte // checkpoint
	cp       checkpoint
	hashes   *treeHashes
	begin    *beginning // nil if its first entry is none of its key's
	closed   *closing   // nil if none of its entries ends it
}

// beginning is the body of an entry that begins a later shard.
type beginning struct {
	PreviousKey string `json:"previous_key"`
	Checkpoint  string `json:"checkpoint"`
}

// closing is the body of an entry that ends a shard.
type closing struct {
	Origin  string `json:"origin"`
	NextKey string `json:"next_key"`
	leaf    int64
}

// maxShards bounds how many a log has.
const maxShards = 1000

// laterShard is the last part of the origin of a shard that is not a log's first, which
// names a workspace before it.
var laterShard = regexp.MustCompile(`^[^/]+/.+/([0-9]{4}(?:-[0-9]+)?)$`)

// newShard is the shard of a verifier key.
func newShard(log, vkey string) (*shard, error) {
	s := &shard{dir: log, vkey: vkey, hashes: &treeHashes{}}
	var err error
	if s.verifier, err = note.NewVerifier(vkey); err != nil {
		return nil, ErrKey
	}
	if s.key, err = ed25519Of(vkey); err != nil {
		return nil, ErrKey
	}
	if m := laterShard.FindStringSubmatch(s.verifier.Name()); m != nil {
		s.name = m[1]
		s.dir = filepath.Join(log, s.name)
	}
	return s, nil
}

// at is a file of the shard, as findings call it.
func (s *shard) at(file string) string { return filepath.ToSlash(filepath.Join(s.name, file)) }

// signed reads the checkpoint. The log may be reached over a link, and nothing below it.
func (s *shard) signed() error {
	log := s.dir
	if s.name != "" {
		log = filepath.Dir(s.dir)
	}
	if err := unlinked(log, path.Join(s.name, "checkpoint")); err != nil {
		return err
	}
	raw, err := ReadFile(filepath.Join(s.dir, "checkpoint"), MaxCheckpoint)
	if err != nil {
		return cause(err)
	}
	s.raw = raw
	s.cp, err = openCheckpoint(raw, s.verifier)
	return err
}

// log checks all shards: each that comes before that of the key which was given, and
// each that comes after it. It returns false if nobody signed a checkpoint: without it
// there is no size to read up to, and nothing that an entry could be held against.
func (c *checker) log(ctx context.Context, keys []string) (bool, error) {
	s, err := c.newest(keys)
	if err != nil {
		return false, err
	}
	c.shards = c.before(s)
	if s := c.shards[0]; s.name != "" {
		if s.signed() != nil {
			return c.shard(ctx, s)
		}
		c.fail(CodeShardMissing, s.name, whole, "its first entry names no shard before it that is here; nothing else was checked")
		return false, nil
	}
	for i := 0; i < len(c.shards); i++ {
		if signed, err := c.shard(ctx, c.shards[i]); err != nil || !signed {
			return false, err
		}
		if i > 0 {
			c.linked(c.shards[i-1], c.shards[i])
		}
		if i == len(c.shards)-1 && i < maxShards {
			if next := c.after(c.shards[i]); next != nil {
				c.shards = append(c.shards, next)
			}
		}
	}
	c.strangers(keys)
	if c.opts.Remembered != nil {
		c.remembered()
	}
	c.cosigned()
	return true, ctx.Err()
}

// newest is the shard of the last key that has one here. Keys after it are of shards
// that are gone, or were not begun when this copy of the log was made.
func (c *checker) newest(keys []string) (*shard, error) {
	last, err := newShard(c.opts.Log, keys[len(keys)-1])
	if err != nil {
		return nil, err
	}
	for _, k := range slices.Backward(keys) {
		s, err := newShard(c.opts.Log, k)
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(filepath.Join(s.dir, "checkpoint")); err != nil {
			continue
		}
		if s.vkey != last.vkey {
			c.fail(CodeShardMissing, last.name, whole, "the public keys tell of it, and it is not here: this is an older copy of the log, or it was removed")
		}
		return s, nil
	}
	return last, nil
}

// before finds the shards before one. What their entries say is not yet held against
// anything: [checker.linked] does that once they are read.
func (c *checker) before(s *shard) []*shard {
	all := []*shard{s}
	for s.name != "" && len(all) < maxShards && s.signed() == nil && s.cp.tree.N > 0 {
		b := readBundle(s.dir, 0, int(min(bundleWidth, s.cp.tree.N)))
		if len(b.entries) == 0 || b.entries[0].kind != entryBegin {
			break
		}
		var begin beginning
		if json.Unmarshal(b.entries[0].body, &begin) != nil {
			break
		}
		p, err := newShard(c.opts.Log, begin.PreviousKey)
		if err != nil || slices.ContainsFunc(all, func(o *shard) bool { return o.name == p.name }) {
			break
		}
		all, s = slices.Insert(all, 0, p), p
	}
	return all
}

// after finds the shard that the last entry of one names; nil for none.
func (c *checker) after(s *shard) *shard {
	if s.closed == nil {
		return nil
	}
	n, err := newShard(c.opts.Log, s.closed.NextKey)
	if err != nil || slices.ContainsFunc(c.shards, func(o *shard) bool { return o.name == n.name }) {
		c.fail(CodeShardMissing, s.at("checkpoint"), leafRange(s.closed.leaf), "it ends the shard and names no key of another")
		return nil
	}
	_, err = os.Stat(filepath.Join(n.dir, "checkpoint"))
	switch {
	case err == nil:
		return n
	case c.opts.Running:
		c.remark(CodeShardMissing, n.name, whole, "entry %d names it, and it has no checkpoint yet", s.closed.leaf)
	default:
		c.fail(CodeShardMissing, n.name, whole, "entry %d says that the log goes on there, and it is not there: it was removed, or lethe was stopped before it began, and begins it when it runs again", s.closed.leaf)
	}
	return nil
}

// linked holds what two shards say of each other against what they are.
func (c *checker) linked(p, s *shard) {
	if p.closed == nil || p.closed.NextKey != s.vkey {
		c.fail(CodeShardUnannounced, s.name, whole, "no entry of the shard before it, %s, ends that and names its key", p.cp.origin)
	}
	if s.begin == nil || s.begin.PreviousKey != p.vkey {
		c.fail(CodeShardBegin, s.name, leafRange(s.first), "its first entry does not go on from %s", p.cp.origin)
		return
	}
	at, err := openCheckpoint([]byte(s.begin.Checkpoint), p.verifier)
	if err != nil || at.tree != p.cp.tree {
		c.fail(CodeShardBegin, s.name, leafRange(s.first), "it goes on from a checkpoint of %s of %d entries, which is not that of the %d that are there: they were changed, cut off or added", p.cp.origin, at.tree.N, p.cp.tree.N)
	}
}

// strangers finds what lies beside the shards as if it were one, and keys of none.
func (c *checker) strangers(keys []string) {
	for _, k := range keys {
		if c.counts[CodeShardMissing] > 0 {
			break // it is told
		}
		if !slices.ContainsFunc(c.shards, func(s *shard) bool { return s.vkey == k }) {
			name, _, _ := strings.Cut(k, "+")
			c.fail(CodeShardUnannounced, name, whole, "the public key that was given for it is that of no shard of this log")
		}
	}
	entries, err := os.ReadDir(c.opts.Log)
	if err != nil {
		return // there is a checkpoint in it
	}
	for _, e := range entries {
		if _, err := os.Lstat(filepath.Join(c.opts.Log, e.Name(), "checkpoint")); err != nil {
			continue
		}
		if !slices.ContainsFunc(c.shards, func(s *shard) bool { return s.name == e.Name() }) {
			c.fail(CodeShardUnannounced, e.Name(), whole, "it lies there as a shard, and none of the log names it")
		}
	}
}

// begins takes the entry that a later shard begins with.
func (c *checker) begins(e *entry) {
	s, b := c.of, new(beginning)
	switch {
	case !ed25519.Verify(s.key, e.plain, e.sig):
		c.fail(CodeShardBegin, e.id, leafRange(e.leaf), "not signed by the shard's key")
	case e.leaf != s.first || s.name == "":
		c.fail(CodeShardBegin, e.id, leafRange(e.leaf), "says that a shard begins, and is not the first entry of a later one")
	case json.Unmarshal(e.body, b) != nil:
		c.fail(CodeEntryMalformed, e.id, leafRange(e.leaf), "names no shard before it")
	default:
		s.begin = b
	}
}

// closes takes an entry that ends a shard: from there on its key counts no longer.
func (c *checker) closes(e *entry) {
	s, b := c.of, &closing{leaf: e.leaf}
	if err := json.Unmarshal(e.body, b); err != nil {
		c.fail(CodeEntryMalformed, e.id, leafRange(e.leaf), "%v", err)
		return
	}
	switch {
	case slices.ContainsFunc(c.shards[:c.number], func(o *shard) bool {
		return b.Origin == o.cp.origin && ed25519.Verify(o.key, e.plain, e.sig)
	}):
		delete(c.runs, e.run)
		c.remark(CodeShardClosed, e.id, leafRange(e.leaf), "ends %s, which was ended before", b.Origin)
	case b.Origin != s.cp.origin || !ed25519.Verify(s.key, e.plain, e.sig):
		c.fail(CodeCloseSignature, e.id, leafRange(e.leaf), "does not end this shard: another's, or not signed by its key")
	default:
		s.closed = b
		c.ends(logWorker, enrolled{s.key, s.first - 1}, e.leaf)
	}
}
