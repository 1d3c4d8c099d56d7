package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrDamaged says that the log on disk is not what was published: nothing is
// appended to it, so that no checkpoint is ever signed over it.
var ErrDamaged = errors.New("log on disk is not what its checkpoint says")

const (
	// A checkpoint follows an entry within twice this.
	publishEvery = 250 * time.Millisecond
	// An idle log's checkpoint is written again, so that its age tells that the
	// follower lives.
	republishEvery = time.Minute
	// Witnesses are asked over a network.
	witnessedEvery = 2 * time.Second
	witnessWithin  = 5 * time.Second
	never          = 100 * 365 * 24 * time.Hour
	closingTime    = 30 * time.Second
	bundlePrefix   = 2 // bytes before each leaf of a bundle: its length
)

// tree is the Merkle log on disk. One goroutine appends.
type tree struct {
	dir       string
	origin    string // of its checkpoints
	signer    note.Signer
	driver    tessera.Driver
	reader    tessera.LogReader
	witnesses *witnesses // whose quorum cosigns checkpoints; nil for none
	size      uint64     // leaves integrated
	leaves    uint64     // bytes of their bundles
}

// openTree opens the log, or makes an empty one, and begins to publish
// checkpoints until ctx ends, cosigned as a policy of witnesses asks; nil for none.
func openTree(ctx context.Context, dir string, signer note.Signer, witnesses *witnesses) (*tree, error) {
	t := &tree{dir: dir, origin: signer.Name(), signer: signer, witnesses: witnesses}
	if err := t.intact(); err != nil {
		return nil, err
	}
	var err error
	conf := posix.Config{Path: dir}
	if witnesses != nil {
		conf.HTTPClient = &http.Client{Transport: witnesses}
	}
	if t.driver, err = posix.New(ctx, conf); err != nil {
		return nil, err
	}
	opts := tessera.NewAppendOptions().WithCheckpointSigner(signer).
		WithCheckpointInterval(publishEvery).WithCheckpointRepublishInterval(republishEvery)
	if witnesses != nil {
		opts = t.witnessed(opts.WithCheckpointInterval(witnessedEvery))
	}
	if _, _, t.reader, err = tessera.NewAppender(ctx, t.driver, opts); err != nil {
		return nil, err
	}
	if t.size, err = t.reader.IntegratedSize(ctx); err != nil {
		return nil, err
	}
	t.leaves = t.bundles()
	return t, nil
}

// witnessed has an appender publish no checkpoint that the quorum has not seen.
func (t *tree) witnessed(o *tessera.AppendOptions) *tessera.AppendOptions {
	if t.witnesses == nil {
		return o
	}
	return o.WithWitnesses(t.witnesses.group, &tessera.WitnessOptions{Timeout: witnessWithin})
}

// whole is bytes of a shard that nobody appends to.
func (t *tree) whole() uint64 {
	t.leaves = t.bundles()
	return t.bytes()
}

// bundles adds up the sizes of the bundles that hold the leaves. One that is
// gone adds nothing: to find that is the work of verify.
func (t *tree) bundles() uint64 {
	var sum uint64
	for i := uint64(0); i*layout.EntryBundleWidth < t.size; i++ {
		if info, err := os.Stat(filepath.Join(t.dir, layout.EntriesPath(i, layout.PartialTileSize(0, i, t.size)))); err == nil {
			sum += uint64(info.Size())
		}
	}
	return sum
}

// bytes is the size of bundles and tiles, without partial ones that fuller ones
// replaced.
func (t *tree) bytes() uint64 {
	sum := t.leaves
	for n := t.size; n > 0; n >>= layout.TileHeight {
		sum += n * tlog.HashSize
	}
	return sum
}

// append sequences and integrates leaves: all of them or none.
//
// Each batch has an appender of its own whose batch size is the batch's and
// whose timer never fires, so that Tessera writes it in one step. With a shared
// appender the timer could cut a batch in two, and the second half could be
// integrated after the first half failed: a hole that no resume would see.
func (t *tree) append(ctx context.Context, leaves [][]byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// It publishes nothing: two publishers of one process would not exclude each
	// other, since POSIX locks belong to processes.
	opts := tessera.NewAppendOptions().WithCheckpointSigner(t.signer).
		WithBatching(uint(len(leaves)), never).
		WithCheckpointInterval(never).WithCheckpointRepublishInterval(0).
		WithGarbageCollectionInterval(0)
	// L4: where a log never published Tessera does so for the first appender, whichever it is.
	a, _, _, err := tessera.NewAppender(ctx, t.driver, t.witnessed(opts))
	if err != nil {
		return err
	}
	futures := make([]tessera.IndexFuture, len(leaves))
	for i, l := range leaves {
		futures[i] = a.Add(ctx, tessera.NewEntry(l))
	}
	for i, f := range futures {
		idx, err := f()
		if err != nil {
			return err
		}
		if idx.Index != t.size+uint64(i) {
			return fmt.Errorf("leaf %d was appended as %d: %w", t.size+uint64(i), idx.Index, ErrDamaged)
		}
	}
	t.size += uint64(len(leaves))
	for _, l := range leaves {
		t.leaves += uint64(bundlePrefix + len(l))
	}
	return nil
}

// last is the entry of the last integrated leaf and its audit offset, which is -1 for an
// empty shard. The POSIX driver integrates in the step that sequences: what is not
// integrated was never sequenced, and its bundle is written over.
func (t *tree) last() (entry []byte, offset int64, err error) {
	if t.size == 0 {
		return nil, -1, nil
	}
	i := int64(t.size - 1)
	leaves, err := t.bundle(i/layout.EntryBundleWidth, i%layout.EntryBundleWidth+1)
	if err == nil {
		entry, offset, err = parseLeaf(leaves[len(leaves)-1])
	}
	if err != nil {
		return nil, 0, fmt.Errorf("leaf %d: %w", i, err)
	}
	return entry, offset, nil
}

// published waits until every integrated leaf is under a checkpoint.
func (t *tree) published(ctx context.Context, now func() time.Time) error {
	for end := now().Add(closingTime); ; time.Sleep(publishEvery / 10) {
		size, _ := t.checkpoint()
		if size >= t.size {
			return nil
		}
		if now().After(end) {
			return fmt.Errorf("checkpoint of %d leaves: still at %d after %s", t.size, size, closingTime)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// checkpoint says how many leaves the published checkpoint covers and when it
// was written.
func (t *tree) checkpoint() (uint64, time.Time) {
	path := filepath.Join(t.dir, layout.CheckpointPath)
	info, err := os.Stat(path)
	if err != nil {
		return 0, time.Time{}
	}
	_, cp, err := t.readCheckpoint()
	if err != nil {
		return 0, time.Time{}
	}
	return uint64(cp.N), info.ModTime()
}

// readNote reads the signed checkpoint.
func (t *tree) readNote() ([]byte, error) {
	return os.ReadFile(filepath.Join(t.dir, layout.CheckpointPath))
}

// readCheckpoint returns false for a log that never published.
func (t *tree) readCheckpoint() (bool, tlog.Tree, error) {
	raw, err := t.readNote()
	if errors.Is(err, fs.ErrNotExist) {
		return false, tlog.Tree{}, nil
	}
	if err != nil {
		return false, tlog.Tree{}, err
	}
	cp, err := t.parseCheckpoint(raw)
	return err == nil, cp, err
}

// parseCheckpoint reads the body of a checkpoint of this log; it checks no signature.
func (t *tree) parseCheckpoint(raw []byte) (tlog.Tree, error) {
	origin, at, err := ReadCheckpoint(raw)
	if err == nil && origin != t.origin {
		err = fmt.Errorf("checkpoint: origin is not %s", t.origin)
	}
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("%w: %w", err, ErrDamaged)
	}
	return at, nil
}

// intact returns ErrDamaged unless the tiles give the root that was published.
func (t *tree) intact() error {
	found, cp, err := t.readCheckpoint()
	if err != nil || !found {
		return err
	}
	root, err := tlog.TreeHash(cp.N, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			tile := tlog.TileForIndex(layout.TileHeight, x)
			// The widest tile that this size of tree has.
			tile.W = int(min(math.MaxUint8+1, cp.N>>(layout.TileHeight*tile.L)-tile.N<<layout.TileHeight))
			raw, err := t.readTile(tile)
			if err != nil {
				return nil, err
			}
			if out[i], err = tlog.HashFromTile(tile, raw, x); err != nil {
				return nil, err
			}
		}
		return out, nil
	}))
	if err != nil {
		return fmt.Errorf("tiles of %d leaves: %w: %w", cp.N, ErrDamaged, err)
	}
	if root != cp.Hash {
		return fmt.Errorf("tiles of %d leaves: another root: %w", cp.N, ErrDamaged)
	}
	return nil
}

func (t *tree) readTile(tile tlog.Tile) ([]byte, error) {
	for _, p := range []uint8{uint8(tile.W), 0} {
		raw, err := os.ReadFile(filepath.Join(t.dir, layout.TilePath(uint64(tile.L), uint64(tile.N), p)))
		if err == nil && len(raw) >= tile.W*tlog.HashSize {
			return raw[:tile.W*tlog.HashSize], nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("tile level %d number %d: %w", tile.L, tile.N, fs.ErrNotExist)
}
