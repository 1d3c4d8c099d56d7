package audit

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Newest calls each with the entries under the log's checkpoint, newest first,
// until it returns false: their audit offsets and bytes. An entry that is not the
// one that the checkpoint covers, or a checkpoint that v does not verify, is an
// error wrapping [ErrDamaged] (L4). A log that never had a checkpoint has no entries.
func Newest(ctx context.Context, dir string, v note.Verifier, each func(offset int64, entry []byte) (more bool)) error {
	raw, err := os.ReadFile(filepath.Join(dir, layout.CheckpointPath))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if _, err := note.Open(raw, note.VerifierList(v)); err != nil {
		return fmt.Errorf("log: checkpoint: no valid signature of the log's key: %w", ErrDamaged)
	}
	t := &tree{dir: dir, origin: v.Name()}
	found, cp, err := t.readCheckpoint()
	if err != nil || !found {
		return err
	}
	hashes := tlog.TileHashReader(cp, tiles{t})
	for i := (cp.N - 1) / layout.EntryBundleWidth; i >= 0; i-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		leaves, err := t.bundle(i, min(layout.EntryBundleWidth, cp.N-i*layout.EntryBundleWidth))
		if err != nil {
			return fmt.Errorf("log: bundle %d: %w", i, err)
		}
		for k := len(leaves) - 1; k >= 0; k-- {
			n := i*layout.EntryBundleWidth + int64(k)
			want, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
			if err != nil || want[0] != tlog.RecordHash(leaves[k]) {
				return fmt.Errorf("log: leaf %d: %w", n, errors.Join(err, ErrDamaged))
			}
			var l struct {
				Entry json.RawMessage `json:"entry"`
			}
			offset, err := offsetOf(leaves[k])
			if err == nil {
				err = json.Unmarshal(leaves[k], &l)
			}
			if err != nil {
				return fmt.Errorf("log: leaf %d: %w", n, err)
			}
			if !each(offset, l.Entry) {
				return nil
			}
		}
	}
	return nil
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
