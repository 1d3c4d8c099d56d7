package verify

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkpoint is what a signed checkpoint says (C2SP tlog-checkpoint).
type checkpoint struct {
	origin string
	tree   tlog.Tree
}

// MaxCheckpoint is longer than any checkpoint, witnesses and all.
const MaxCheckpoint = 1 << 16

// log checks checkpoint, leaves and tiles, and gives each entry to its run and
// chain. It returns false if nobody signed the checkpoint: without it there is no
// size to read up to, and nothing that an entry could be held against.
func (c *checker) log(ctx context.Context, v note.Verifier) (bool, error) {
	at := filepath.Join(c.opts.Log, "checkpoint")
	raw, err := ReadFile(at, MaxCheckpoint)
	if err != nil {
		c.fail(CodeCheckpointMissing, "checkpoint", whole, "%v; nothing else was checked", cause(err))
		return false, nil
	}
	cp, err := openCheckpoint(raw, v)
	if err != nil {
		code := CodeCheckpointSignature
		if errors.As(err, new(originError)) {
			code = CodeCheckpointOrigin
		}
		c.fail(code, "checkpoint", whole, "%v; nothing else was checked", err)
		return false, nil
	}
	if info, err := os.Stat(at); err == nil {
		c.report.CheckpointFile = info.ModTime().UTC()
	}
	c.size = cp.tree.N
	c.report.Origin, c.report.Size, c.report.Root = cp.origin, cp.tree.N, cp.tree.Hash.String()
	t := &treeHashes{}
	if err := c.bundles(ctx, t); err != nil {
		return false, err
	}
	c.compare(t, cp, v)
	c.cosigned(raw)
	return true, ctx.Err()
}

// cosigned holds the checkpoint against the witness policy.
func (c *checker) cosigned(raw []byte) {
	if c.opts.Witnesses == nil {
		return
	}
	signed, met, err := c.opts.Witnesses.Check(raw, c.opts.Since)
	c.report.Cosigned = signed
	switch {
	case err != nil:
		c.fail(CodeWitnesses, "checkpoint", whole, "%v", err)
	case !met:
		c.fail(CodeWitnesses, "checkpoint", whole, "%d witnesses cosigned it%s, and the policy's quorum is not met: it may have been rolled back, or be shown to you alone", len(signed), since(c.opts.Since))
	}
}

func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + t.UTC().Format(time.RFC3339)
}

// openCheckpoint checks the signature of the log's key. Signature lines of
// other keys are ignored, as C2SP signed-note asks, but each line must be
// written in the one way that base64 has.
func openCheckpoint(raw []byte, v note.Verifier) (checkpoint, error) {
	n, err := note.Open(raw, note.VerifierList(v))
	if err != nil {
		// Nobody vouches for the name that is told here: it is a hint, no more. One
		// that a signature in the name of this key stands below was changed.
		text, sigs, _ := strings.Cut(string(raw), "\n\n")
		if cp, err := readCheckpoint(text + "\n"); err == nil && cp.origin != v.Name() && !strings.Contains("\n"+sigs, "\n— "+v.Name()+" ") {
			return checkpoint{}, originError{key: v.Name(), log: cp.origin}
		}
		return checkpoint{}, errors.New("no valid signature of the log's key")
	}
	for _, s := range append(n.Sigs, n.UnverifiedSigs...) {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return checkpoint{}, errors.New("signature is not canonical base64")
		}
	}
	cp, err := readCheckpoint(n.Text)
	if err == nil && cp.origin != v.Name() {
		err = originError{key: v.Name(), log: cp.origin}
	}
	return cp, err
}

// originError says that a checkpoint is of another log than the key.
type originError struct{ key, log string }

func (e originError) Error() string {
	return fmt.Sprintf("this key is for %s, the log is %s", e.key, e.log)
}

func readCheckpoint(text string) (checkpoint, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 {
		return checkpoint{}, errors.New("fewer than three lines")
	}
	n, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != lines[1] {
		return checkpoint{}, errors.New("size is not a number")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return checkpoint{}, errors.New("root is not a hash")
	}
	return checkpoint{lines[0], tlog.Tree{N: n, Hash: root}}, nil
}

// bundleWidth is how many entries a bundle, and hashes a tile, holds.
const bundleWidth = 256

// bundle is one file of entries, read and parsed.
type bundle struct {
	name    string
	hashes  []tlog.Hash
	entries []*entry
	missing bool
	err     error
}

// bundles reads all bundles on all processors and applies them in order. A
// bundle that cannot be read is a finding, and what follows is checked still; one
// that is not there ends the reading, whatever size the checkpoint claims.
func (c *checker) bundles(parent context.Context, t *treeHashes) error {
	ctx, stop := context.WithCancel(parent)
	defer stop()
	n := (c.size + bundleWidth - 1) / bundleWidth
	ready := make(chan chan *bundle, 4*runtime.GOMAXPROCS(0))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	go func() {
		defer close(ready)
		for i := range n {
			one := make(chan *bundle, 1)
			select {
			case ready <- one:
			case <-ctx.Done():
				return
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				one <- &bundle{missing: true}
				return
			}
			go func() {
				one <- readBundle(c.opts.Log, i, int(min(bundleWidth, c.size-i*bundleWidth)))
				<-slots
			}()
		}
	}()
	done := int64(0)
	for one := range ready {
		b := <-one
		if b.missing && parent.Err() == nil {
			c.fail(CodeBundle, b.name, entryRange(done, c.size), "%v; entries after it were not read", b.err)
		}
		if b.missing {
			break
		}
		if b.err != nil {
			c.fail(CodeBundle, b.name, entryRange(done, min(c.size, done+bundleWidth)), "%v", b.err)
		}
		for i := range min(bundleWidth, c.size-done) {
			// A leaf that is missing gets the hash of nothing, so that those
			// after it keep their places.
			h := tlog.Hash{}
			if int(i) < len(b.hashes) {
				h = b.hashes[i]
				c.apply(b.entries[i])
			}
			t.add(h)
		}
		done = min(c.size, done+bundleWidth)
		c.progress("entries", done, c.size)
	}
	return parent.Err()
}

func entryRange(from, to int64) string { return fmt.Sprintf("entries [%d,%d)", from, to) }

// readBundle reads the i-th bundle, of which the checkpoint covers want entries.
func readBundle(dir string, i int64, want int) *bundle {
	raw, name, err := readPart(dir, "tile/entries/"+tileNumber(i), want)
	b := &bundle{name: name}
	if err != nil {
		b.err, b.missing = cause(err), true
		return b
	}
	for k := range want {
		if len(raw) < 2 || len(raw) < 2+int(raw[0])<<8+int(raw[1]) {
			b.err = fmt.Errorf("ends in entry %d", i*bundleWidth+int64(k))
			return b
		}
		n := 2 + int(raw[0])<<8 + int(raw[1])
		b.hashes = append(b.hashes, tlog.RecordHash(raw[2:n]))
		b.entries = append(b.entries, parseLeaf(i*bundleWidth+int64(k), raw[2:n]))
		raw = raw[n:]
	}
	if strings.HasSuffix(name, fmt.Sprintf(".p/%d", want)) && len(raw) > 0 || want == bundleWidth && len(raw) > 0 {
		b.err = fmt.Errorf("%d bytes after its last entry", len(raw))
	}
	return b
}

// maxFile bounds a bundle: 256 entries of 64 KiB.
const maxFile = bundleWidth * (1<<16 + 1)

// readPart reads a file that is partial when the log ends in it: name.p/<width>,
// or the full one once the log has grown (C2SP tlog-tiles).
func readPart(dir, name string, width int) ([]byte, string, error) {
	names := []string{name}
	if width < bundleWidth {
		names = []string{fmt.Sprintf("%s.p/%d", name, width), name}
	}
	for _, n := range names {
		if err := unlinked(dir, n); err != nil {
			return nil, n, err
		}
		raw, err := ReadFile(filepath.Join(dir, filepath.FromSlash(n)), maxFile)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return raw, n, err
	}
	return nil, names[0], fs.ErrNotExist
}

// unlinked refuses a file that is reached over a link below dir: a few of them
// make a log without end.
func unlinked(dir, name string) error {
	for at := name; at != "."; at = path.Dir(at) {
		info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(at)))
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("%s is a link", at)
		}
	}
	return nil
}

// tileNumber writes n as tile paths do: 1234067 is x001/x234/067.
func tileNumber(n int64) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	return s
}

// treeHashes holds the hashes of a whole tree.
type treeHashes struct {
	leaves int64
	stored []tlog.Hash
}

func (t *treeHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x >= int64(len(t.stored)) {
			return nil, errors.New("beyond the tree")
		}
		out[i] = t.stored[x]
	}
	return out, nil
}

func (t *treeHashes) add(leaf tlog.Hash) {
	// The hashes that it reads were stored before, so it cannot fail.
	more, err := tlog.StoredHashesForRecordHash(t.leaves, leaf, t)
	if err != nil {
		panic(err)
	}
	t.stored = append(t.stored, more...)
	t.leaves++
}

// compare holds the leaves' tree against checkpoint, remembered checkpoint and
// tiles.
func (c *checker) compare(t *treeHashes, cp checkpoint, v note.Verifier) {
	if t.leaves < cp.tree.N {
		return // a bundle is not there, and was reported: nothing gives the root
	}
	if root, err := tlog.TreeHash(t.leaves, t); err != nil || root != cp.tree.Hash {
		c.fail(CodeTreeRoot, "checkpoint", entryRange(0, cp.tree.N), "the entries give root %s, the checkpoint says %s", root, cp.tree.Hash)
		// If the tiles give the checkpoint's root, they tell which entries do not.
		if signed := c.fromTiles(t.leaves); signed != nil {
			if root, err := tlog.TreeHash(signed.leaves, signed); err == nil && root == cp.tree.Hash {
				c.changed(t, signed)
				t = signed
			}
		}
	}
	if c.opts.Remembered != nil {
		c.extends(t, v)
	}
	for _, tile := range tlog.NewTiles(8, 0, t.leaves) {
		want, err := tlog.ReadTileData(tile, t)
		if err != nil {
			continue
		}
		span := int64(1) << (8 * tile.L) // entries under a hash
		raw, name, err := c.tile(tile)
		if err != nil {
			c.fail(CodeTile, name, entryRange(tile.N*bundleWidth*span, min((tile.N*bundleWidth+int64(tile.W))*span, t.leaves)), "%v", cause(err))
			continue
		}
		if !bytes.Equal(raw, want) {
			at := 0
			for at < len(raw) && at < len(want) && raw[at] == want[at] {
				at++
			}
			first := (tile.N*bundleWidth + int64(at/tlog.HashSize)) * span
			c.fail(CodeTile, name, entryRange(first, min(first+span, t.leaves)), "is not what the entries give")
		}
	}
}

// tile reads a tile; of one that has grown since the checkpoint, its part.
func (c *checker) tile(tile tlog.Tile) (raw []byte, name string, err error) {
	raw, name, err = readPart(c.opts.Log, fmt.Sprintf("tile/%d/%s", tile.L, tileNumber(tile.N)), tile.W)
	if want := tile.W * tlog.HashSize; err == nil && len(raw) > want && !strings.Contains(name, ".p/") {
		raw = raw[:want]
	}
	return raw, name, err
}

// fromTiles is the tree over the hashes in the lowest tiles; nil if one of them
// cannot be read.
func (c *checker) fromTiles(leaves int64) *treeHashes {
	t := &treeHashes{}
	for i := range (leaves + bundleWidth - 1) / bundleWidth {
		w := int(min(bundleWidth, leaves-i*bundleWidth))
		raw, _, err := c.tile(tlog.Tile{H: 8, N: i, W: w})
		if err != nil || len(raw) != w*tlog.HashSize {
			return nil
		}
		for ; len(raw) > 0; raw = raw[tlog.HashSize:] {
			t.add(tlog.Hash(raw[:tlog.HashSize]))
		}
	}
	return t
}

// changed names the entries whose hashes are not those that were signed.
func (c *checker) changed(got, want *treeHashes) {
	for i := range min(got.leaves, want.leaves) {
		x := tlog.StoredHashIndex(0, i)
		if got.stored[x] != want.stored[x] {
			c.fail(CodeEntryChanged, "tile/entries/"+tileNumber(i/bundleWidth), leafRange(i), "is not the entry that the checkpoint covers")
		}
	}
}

// extends checks that the log is an extension of a checkpoint seen before.
func (c *checker) extends(t *treeHashes, v note.Verifier) {
	old, err := openCheckpoint(c.opts.Remembered, v)
	switch {
	case err != nil:
		c.fail(CodeRemembered, "remembered checkpoint", whole, "%v", err)
	case old.tree.N > t.leaves:
		c.fail(CodeRolledBack, "checkpoint", entryRange(t.leaves, old.tree.N), "%d entries, the remembered one has %d", t.leaves, old.tree.N)
	default:
		if root, err := tlog.TreeHash(old.tree.N, t); err != nil || root != old.tree.Hash {
			c.fail(CodeForked, "checkpoint", entryRange(0, old.tree.N), "the log is not an extension of the remembered checkpoint")
			return
		}
		c.report.Extends = &old.tree.N
	}
}
