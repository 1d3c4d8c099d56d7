package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"

	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Reader reads a log on disk as far as one checkpoint covers it. What it gives was
// held against the checkpoint: anything else is an error wrapping [ErrDamaged] (L4).
// It may be used beside the follower, by one goroutine at a time.
type Reader struct {
	tree     *tree
	verifier note.Verifier
	note     []byte
	at       tlog.Tree
	hashes   tlog.HashReader
}

// Leaf is an entry with its place.
type Leaf struct {
	Index  int64  // in the log
	Offset int64  // in the audit topic
	Entry  []byte // canonical JSON
	Raw    []byte // as the log holds it: entry and offset
	Hash   tlog.Hash
}

// OpenReader opens a log at its newest checkpoint, which v must verify. A log
// that never had one is of size 0.
func OpenReader(dir string, v note.Verifier) (*Reader, error) {
	r := &Reader{tree: &tree{dir: dir, origin: v.Name()}, verifier: v}
	return r, r.Refresh()
}

// Refresh goes on to the checkpoint that is there now.
func (r *Reader) Refresh() error {
	raw, err := os.ReadFile(filepath.Join(r.tree.dir, layout.CheckpointPath))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if _, err := note.Open(raw, note.VerifierList(r.verifier)); err != nil {
		return fmt.Errorf("log: checkpoint: no valid signature of the log's key: %w", ErrDamaged)
	}
	at, err := r.tree.parseCheckpoint(raw)
	if err != nil {
		return err
	}
	r.note, r.at = raw, at
	r.hashes = tlog.TileHashReader(at, tiles{r.tree})
	return nil
}

// SignedByLog reports whether the log's key signed an entry.
func (r *Reader) SignedByLog(entry []byte) bool { return SignedByLog(entry, r.verifier) }

// Size is how many leaves the checkpoint covers.
func (r *Reader) Size() int64 { return r.at.N }

// Checkpoint is the signed note, with whatever cosignatures it bears; nil for a log
// that has none.
func (r *Reader) Checkpoint() []byte { return r.note }

// Hashes reads the hashes of the log's tree, each checked against the checkpoint,
// as package tlog makes proofs from them.
func (r *Reader) Hashes() tlog.HashReader { return r.hashes }

// Extends is the size of an older checkpoint that the log goes on from, or is at. It
// returns an error wrapping [ErrDamaged] unless it does.
func (r *Reader) Extends(older []byte) (size int64, err error) {
	if _, err := note.Open(older, note.VerifierList(r.verifier)); err != nil {
		return 0, fmt.Errorf("older checkpoint: no valid signature of the log's key: %w", ErrDamaged)
	}
	at, err := r.tree.parseCheckpoint(older)
	if err != nil {
		return 0, err
	}
	if at.N > r.at.N {
		return 0, fmt.Errorf("log of %d leaves, and an older checkpoint of %d: %w", r.at.N, at.N, ErrDamaged)
	}
	root, err := tlog.TreeHash(at.N, r.hashes)
	if err != nil {
		return 0, fmt.Errorf("log: %w", errors.Join(err, ErrDamaged))
	}
	if root != at.Hash {
		return 0, fmt.Errorf("log at %d leaves: another root than the older checkpoint's: %w", at.N, ErrDamaged)
	}
	return at.N, nil
}

// Scan calls each with the leaves from index from on, oldest first, until it
// returns an error, which Scan returns. What a Leaf holds is the caller's to keep.
func (r *Reader) Scan(ctx context.Context, from int64, each func(Leaf) error) error {
	for i := from / layout.EntryBundleWidth; i*layout.EntryBundleWidth < r.at.N; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		leaves, err := r.bundle(i)
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

// Newest calls each with the leaves, newest first, until it returns false.
func (r *Reader) Newest(ctx context.Context, each func(Leaf) (more bool)) error {
	for i := (r.at.N - 1) / layout.EntryBundleWidth; i >= 0 && r.at.N > 0; i-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		leaves, err := r.bundle(i)
		if err != nil {
			return err
		}
		for k := len(leaves) - 1; k >= 0; k-- {
			if !each(leaves[k]) {
				return nil
			}
		}
	}
	return nil
}

// Leaf reads one leaf.
func (r *Reader) Leaf(index int64) (Leaf, error) {
	if index < 0 || index >= r.at.N {
		return Leaf{}, fmt.Errorf("log: leaf %d of %d: %w", index, r.at.N, fs.ErrNotExist)
	}
	leaves, err := r.bundle(index / layout.EntryBundleWidth)
	if err != nil {
		return Leaf{}, err
	}
	return leaves[index%layout.EntryBundleWidth], nil
}

// IndexOf is the index of the first leaf whose audit offset is at least offset: the
// log's size if there is none.
func (r *Reader) IndexOf(offset int64) (int64, error) {
	var failed error
	n := sort.Search(int(r.at.N), func(i int) bool {
		l, err := r.Leaf(int64(i))
		failed = errors.Join(failed, err)
		return err != nil || l.Offset >= offset
	})
	return int64(n), failed
}

// bundle reads the leaves of one bundle that the checkpoint covers, and holds each
// against the tree.
func (r *Reader) bundle(i int64) ([]Leaf, error) {
	first := i * layout.EntryBundleWidth
	raws, err := r.tree.bundle(i, min(layout.EntryBundleWidth, r.at.N-first))
	if err != nil {
		return nil, fmt.Errorf("log: bundle %d: %w", i, err)
	}
	indexes := make([]int64, len(raws))
	for k := range raws {
		indexes[k] = tlog.StoredHashIndex(0, first+int64(k))
	}
	want, err := r.hashes.ReadHashes(indexes)
	if err != nil {
		return nil, fmt.Errorf("log: bundle %d: %w", i, errors.Join(err, ErrDamaged))
	}
	leaves := make([]Leaf, len(raws))
	for k, raw := range raws {
		n := first + int64(k)
		if tlog.RecordHash(raw) != want[k] {
			return nil, fmt.Errorf("log: leaf %d: %w", n, ErrDamaged)
		}
		entry, offset, err := parseLeaf(raw)
		if err != nil {
			return nil, fmt.Errorf("log: leaf %d: %w", n, err)
		}
		leaves[k] = Leaf{Index: n, Offset: offset, Entry: entry, Raw: raw, Hash: want[k]}
	}
	return leaves, nil
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
