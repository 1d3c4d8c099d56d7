package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Reader reads a log on disk as far as one checkpoint covers it, over all its shards: the
// indexes of leaves go on from one to the next. What it gives was held against the
// checkpoint of its shard, and that of each older shard against the first leaf of the
// next: anything else is an error wrapping [ErrDamaged] (L4). It may be used beside the
// follower, by one goroutine at a time.
type Reader struct {
	dir    string
	shards []*Shard // oldest first, at least one
}

// Leaf is an entry with its place.
type Leaf struct {
	Index  int64  // in the log
	Offset int64  // in the audit topic
	Entry  []byte // canonical JSON
	Raw    []byte // as the log holds it: entry and offset
	Hash   tlog.Hash
	Shard  *Shard // that holds it
}

// Number is the leaf's index in its shard.
func (l Leaf) Number() int64 { return l.Index - l.Shard.First }

// SignedByLog reports whether the key of the leaf's shard signed its entry.
func (l Leaf) SignedByLog() bool { return SignedByLog(l.Entry, l.Shard.verifier) }

// OpenReader opens a log at its newest checkpoint. v is the key of any of its shards. A
// log that never had a checkpoint is of size 0.
func OpenReader(dir string, v note.Verifier) (*Reader, error) {
	s, err := openShard(dir, v)
	if err != nil {
		return nil, err
	}
	r := &Reader{dir: dir, shards: []*Shard{s}}
	for p := s; p != nil; {
		if p, err = p.previous(dir); err != nil {
			return nil, err
		}
		if p != nil {
			r.shards = slices.Insert(r.shards, 0, p)
		}
	}
	for i, s := range r.shards[1:] {
		s.First = r.shards[i].First + r.shards[i].Size
	}
	return r, r.onward()
}

// Refresh goes on to the checkpoint that is there now.
func (r *Reader) Refresh() error {
	if err := r.Head().refresh(); err != nil {
		return err
	}
	return r.onward()
}

// onward goes on to the shards after the newest.
func (r *Reader) onward() error {
	for {
		n, err := r.Head().next(r.dir)
		if err != nil || n == nil {
			return err
		}
		r.shards = append(r.shards, n)
	}
}

// Shards are the shards of the log, oldest first.
func (r *Reader) Shards() []*Shard { return r.shards }

// Head is the newest shard, which grows.
func (r *Reader) Head() *Shard { return r.shards[len(r.shards)-1] }

// ShardOf is the shard that holds a leaf; the newest for one that there is not.
func (r *Reader) ShardOf(index int64) *Shard {
	for _, s := range r.shards {
		if index < s.First+s.Size {
			return s
		}
	}
	return r.Head()
}

// Size is how many leaves the checkpoint covers, those of older shards among them.
func (r *Reader) Size() int64 { return r.Head().First + r.Head().Size }

// Checkpoint is that of the newest shard.
func (r *Reader) Checkpoint() []byte { return r.Head().note }

// Root is the root of the shard that ends at a size of the log, or is cut there: it
// commits to every leaf below.
func (r *Reader) Root(size int64) (tlog.Hash, error) {
	s := r.ShardOf(size - 1)
	if s.hashes == nil || size <= s.First || size > s.First+s.Size {
		return tlog.Hash{}, fmt.Errorf("log: root of %d of %d leaves: %w", size, r.Size(), fs.ErrNotExist)
	}
	return tlog.TreeHash(size-s.First, s.hashes)
}

// Extends is the size of the log at an older checkpoint of any shard, from which it goes
// on, or at which it is. It returns an error wrapping [ErrDamaged] unless it does.
func (r *Reader) Extends(older []byte) (size int64, err error) {
	origin, _, err := ReadCheckpoint(older)
	if err != nil {
		return 0, fmt.Errorf("older checkpoint: %w: %w", err, ErrDamaged)
	}
	s := r.Head()
	for _, each := range r.shards {
		if each.Origin == origin {
			s = each
		}
	}
	n, err := s.Extends(older)
	return s.First + n, err
}

// Scan calls each with the leaves from index from on, oldest first, until it
// returns an error, which Scan returns. What a Leaf holds is the caller's to keep.
func (r *Reader) Scan(ctx context.Context, from int64, each func(Leaf) error) error {
	for _, s := range r.shards {
		if from >= s.First+s.Size {
			continue
		}
		if err := s.scan(ctx, max(0, from-s.First), each); err != nil {
			return err
		}
	}
	return nil
}

// Newest calls each with the leaves before an index, newest first, until it returns false.
func (r *Reader) Newest(ctx context.Context, before int64, each func(Leaf) (more bool)) error {
	for _, s := range slices.Backward(r.shards) {
		if more, err := s.newest(ctx, before-s.First, each); err != nil || !more {
			return err
		}
	}
	return nil
}

// Leaf reads one leaf.
func (r *Reader) Leaf(index int64) (Leaf, error) {
	if index < 0 || index >= r.Size() {
		return Leaf{}, fmt.Errorf("log: leaf %d of %d: %w", index, r.Size(), fs.ErrNotExist)
	}
	s := r.ShardOf(index)
	return s.leaf(index - s.First)
}

// IndexOf is the index of the first leaf whose audit offset is at least offset: the
// log's size if there is none.
func (r *Reader) IndexOf(offset int64) (int64, error) {
	var failed error
	n := sort.Search(int(r.Size()), func(i int) bool {
		l, err := r.Leaf(int64(i))
		failed = errors.Join(failed, err)
		return err != nil || l.Offset >= offset
	})
	return int64(n), failed
}

// bundle gives the first leaves of a bundle.
func (t *tree) bundle(i, want int64) ([][]byte, error) {
	raw, err := os.ReadFile(filepath.Join(t.dir, layout.EntriesPath(uint64(i), uint8(want%layout.EntryBundleWidth))))
	if errors.Is(err, fs.ErrNotExist) { // the log has grown since
		raw, err = os.ReadFile(filepath.Join(t.dir, layout.EntriesPath(uint64(i), 0)))
	}
	if err != nil {
		return nil, err
	}
	var leaves [][]byte
	for range want {
		if len(raw) < bundlePrefix || len(raw) < bundlePrefix+int(binary.BigEndian.Uint16(raw)) {
			return nil, fmt.Errorf("it ends early: %w", ErrDamaged)
		}
		n := bundlePrefix + int(binary.BigEndian.Uint16(raw))
		leaves, raw = append(leaves, raw[bundlePrefix:n]), raw[n:]
	}
	return leaves, nil
}

// tiles reads a log's tiles as package tlog asks for them.
type tiles struct{ of *tree }

// Height implements tlog.TileReader.
func (tiles) Height() int { return layout.TileHeight }

// ReadTiles implements tlog.TileReader.
func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(list))
	for i, tile := range list {
		var err error
		if out[i], err = t.of.readTile(tile); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SaveTiles implements tlog.TileReader.
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
