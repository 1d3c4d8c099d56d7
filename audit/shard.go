package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lethe/stream"
)

// Shard is one tree of a log, read as far as one checkpoint covers it. Only the newest
// shard grows.
type Shard struct {
	Origin string // of its checkpoints
	Dir    string
	First  int64 // index in the log of its first leaf
	Size   int64 // leaves under its checkpoint
	Closed bool  // the log goes on in another: this one grows no more

	tree     *tree
	verifier note.Verifier
	note     []byte
	root     tlog.Hash
	hashes   tlog.HashReader
}

// openShard opens the shard whose checkpoints v verifies; one that never had a
// checkpoint is of size 0.
func openShard(log string, v note.Verifier) (*Shard, error) {
	s := &Shard{Origin: v.Name(), Dir: ShardDir(log, v.Name()), verifier: v}
	s.tree = &tree{dir: s.Dir, origin: s.Origin}
	return s, s.refresh()
}

// refresh goes on to the checkpoint that is there now.
func (s *Shard) refresh() error {
	raw, err := s.tree.readNote()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	at, err := s.opened(raw)
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	hashes := tlog.TileHashReader(at, tiles{s.tree})
	// L4: whoever reads on sees a log that was written anew under it.
	if s.Size > 0 && at.Hash != s.root {
		if root, err := tlog.TreeHash(min(s.Size, at.N), hashes); err != nil || at.N < s.Size || root != s.root {
			return fmt.Errorf("log: %d leaves do not go on from the %d that were read before: %w", at.N, s.Size, ErrDamaged)
		}
	}
	s.note, s.Size, s.root, s.hashes = raw, at.N, at.Hash, hashes
	return nil
}

// opened is what a checkpoint of the shard says.
func (s *Shard) opened(raw []byte) (tlog.Tree, error) {
	if _, err := note.Open(raw, note.VerifierList(s.verifier)); err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: no valid signature of the log's key: %w", ErrDamaged)
	}
	return s.tree.parseCheckpoint(raw)
}

// Checkpoint is the signed note, with whatever cosignatures it bears; nil for a shard
// that has none.
func (s *Shard) Checkpoint() []byte { return s.note }

// Hashes reads the hashes of the shard's tree, each checked against the checkpoint, as
// package tlog makes proofs from them.
func (s *Shard) Hashes() tlog.HashReader { return s.hashes }

// Extends is the size of an older checkpoint that the shard goes on from, or is at. It
// returns an error wrapping [ErrDamaged] unless it does.
func (s *Shard) Extends(older []byte) (size int64, err error) {
	at, err := s.opened(older)
	if err != nil {
		return 0, fmt.Errorf("older %w", err)
	}
	if at.N > s.Size {
		return 0, fmt.Errorf("log of %d leaves, and an older checkpoint of %d: %w", s.Size, at.N, ErrDamaged)
	}
	root, err := tlog.TreeHash(at.N, s.hashes)
	if err != nil {
		return 0, fmt.Errorf("log: %w", errors.Join(err, ErrDamaged))
	}
	if root != at.Hash {
		return 0, fmt.Errorf("log at %d leaves: another root than the older checkpoint's: %w", at.N, ErrDamaged)
	}
	return at.N, nil
}

// Began is when the shard began, as its first entry tells; zero where it tells no time.
func (s *Shard) Began() (time.Time, error) {
	l, err := s.leaf(0)
	if err != nil {
		return time.Time{}, err
	}
	e, _ := ReadEntry(l.Entry)
	at, _ := e.Time()
	return at, nil
}

// leaf reads one leaf.
func (s *Shard) leaf(number int64) (Leaf, error) {
	leaves, err := s.bundle(number / layout.EntryBundleWidth)
	if err != nil {
		return Leaf{}, err
	}
	return leaves[number%layout.EntryBundleWidth], nil
}

// scan calls each with the leaves from a number on.
func (s *Shard) scan(ctx context.Context, from int64, each func(Leaf) error) error {
	for i := from / layout.EntryBundleWidth; i*layout.EntryBundleWidth < s.Size; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		leaves, err := s.bundle(i)
		if err != nil {
			return err
		}
		for _, l := range leaves[max(0, from-i*layout.EntryBundleWidth):] {
			if err := each(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// newest calls each with the leaves before a number, newest first, and reports whether it
// wants more.
func (s *Shard) newest(ctx context.Context, before int64, each func(Leaf) (more bool)) (bool, error) {
	for end := min(before, s.Size); end > 0; {
		i := (end - 1) / layout.EntryBundleWidth
		first := i * layout.EntryBundleWidth
		if err := ctx.Err(); err != nil {
			return false, err
		}
		leaves, err := s.bundle(i)
		if err != nil {
			return false, err
		}
		for _, l := range slices.Backward(leaves[:end-first]) {
			if !each(l) {
				return false, nil
			}
		}
		end = first
	}
	return true, nil
}

// bundle reads the leaves of one bundle that the checkpoint covers, and holds each
// against the tree.
func (s *Shard) bundle(i int64) ([]Leaf, error) {
	first := i * layout.EntryBundleWidth
	raws, err := s.tree.bundle(i, min(layout.EntryBundleWidth, s.Size-first))
	if err != nil {
		return nil, fmt.Errorf("log: bundle %d: %w", i, err)
	}
	indexes := make([]int64, len(raws))
	for k := range raws {
		indexes[k] = tlog.StoredHashIndex(0, first+int64(k))
	}
	want, err := s.hashes.ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("log: bundle %d: %w", i, errors.Join(err, ErrDamaged))
	}
	leaves := make([]Leaf, len(raws))
	for k, raw := range raws {
		n := s.First + first + int64(k)
		if tlog.RecordHash(raw) != want[k] {
			return nil, fmt.Errorf("log: leaf %d: %w", n, ErrDamaged)
		}
		entry, offset, err := parseLeaf(raw)
		if err != nil {
			return nil, fmt.Errorf("log: leaf %d: %w", n, err)
		}
		leaves[k] = Leaf{Index: n, Offset: offset, Entry: entry, Raw: raw, Hash: want[k], Shard: s}
	}
	return leaves, nil
}

// previous is the shard before this one, as its first leaf names it; nil for the first
// of a log, and of one that has no checkpoint yet.
func (s *Shard) previous(log string) (*Shard, error) {
	if shardName(s.Origin) == "" || s.Size == 0 {
		return nil, nil
	}
	l, err := s.leaf(0)
	if err != nil {
		return nil, err
	}
	var b Beginning
	e, ok := ReadEntry(l.Entry, stream.EntryBegin)
	if !ok || json.Unmarshal(e.Body, &b) != nil || !SignedByLog(l.Entry, s.verifier) {
		return nil, fmt.Errorf("log %s: its first leaf does not say what it goes on from: %w", s.Origin, ErrDamaged)
	}
	v, err := note.NewVerifier(b.PreviousKey)
	if err != nil {
		return nil, fmt.Errorf("log %s: key of the shard before: %w", s.Origin, errors.Join(err, ErrDamaged))
	}
	p, err := openShard(log, v)
	if err != nil {
		return nil, err
	}
	// L4: nothing of it was changed since, nor added.
	if at, err := p.opened([]byte(b.Checkpoint)); err != nil || at.N != p.Size || at.Hash != p.root {
		return nil, fmt.Errorf("log %s: it is not at the checkpoint that %s goes on from: %w", p.Origin, s.Origin, errors.Join(err, ErrDamaged))
	}
	p.Closed = true
	return p, nil
}

// next is the shard after this one, as its last leaf names it; nil where it is not
// closed, or the next has no checkpoint yet.
func (s *Shard) next(log string) (*Shard, error) {
	if s.Size == 0 {
		return nil, nil
	}
	l, err := s.leaf(s.Size - 1)
	if err != nil {
		return nil, err
	}
	c := ReadClosing(l.Entry, s.verifier)
	if c == nil {
		return nil, nil
	}
	v, err := note.NewVerifier(c.NextKey)
	if err != nil {
		return nil, fmt.Errorf("log %s: key of the next shard: %w", s.Origin, errors.Join(err, ErrDamaged))
	}
	n, err := openShard(log, v)
	if err != nil || n.Size == 0 {
		return nil, err
	}
	n.First, s.Closed = s.First+s.Size, true
	return n, nil
}
