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
	"slices"
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

// shard checks checkpoint, leaves and tiles of a shard, and gives each entry to its run
// and chain. It returns false if the shard's key did not sign its checkpoint.
func (c *checker) shard(ctx context.Context, s *shard) (bool, error) {
	if err := s.signed(); err != nil {
		code := CodeCheckpointSignature
		switch {
		case s.raw == nil:
			code = CodeCheckpointMissing
		case errors.As(err, new(originError)):
			code = CodeCheckpointOrigin
		}
		c.fail(code, s.at("checkpoint"), whole, "%v; nothing else was checked", err)
		return false, nil
	}
	if info, err := os.Stat(filepath.Join(s.dir, "checkpoint")); err == nil {
		c.report.CheckpointFile = info.ModTime().UTC()
	}
	c.of, c.number, s.first = s, slices.Index(c.shards, s), c.size
	c.size += s.cp.tree.N
	if c.opts.AsRemembered {
		if seen, err := readCheckpoint(string(c.opts.Remembered)); err == nil && seen.origin == s.cp.origin {
			c.until = s.first + seen.tree.N
		}
	}
	c.report.Origin, c.report.Size, c.report.Root = s.cp.origin, c.size, s.cp.tree.Hash.String()
	c.report.Shards = append(c.report.Shards, ShardReport{Origin: s.cp.origin, First: s.first, Size: s.cp.tree.N, Root: s.cp.tree.Hash.String()})
	c.keys[logWorker] = append(c.keys[logWorker], enrolled{s.key, s.first - 1})
	if err := c.bundles(ctx, s); err != nil {
		return false, err
	}
	c.at = nowhere
	if s.closed != nil && s.closed.leaf != c.size-1 {
		c.fail(CodeShardClosed, s.at("checkpoint"), entryRange(s.closed.leaf+1, c.size), "stand after entry %d, which ends the shard", s.closed.leaf)
	}
	c.compare(s)
	return true, ctx.Err()
}

// cosigned holds the newest shard's checkpoint against the witness policy. By the
// entries that shards begin with it commits to the last checkpoint of each older one, too.
func (c *checker) cosigned() {
	if c.opts.Witnesses == nil {
		return
	}
	s := c.shards[len(c.shards)-1]
	signed, met, err := c.opts.Witnesses.Check(s.raw, c.opts.Since)
	c.report.Cosigned = signed
	switch {
	case err != nil:
		c.fail(CodeWitnesses, s.at("checkpoint"), whole, "%v", err)
	case !met:
		c.fail(CodeWitnesses, s.at("checkpoint"), whole, "%d witnesses cosigned it%s, and the policy's quorum is not met: it may have been rolled back, or be shown to you alone", len(signed), since(c.opts.Since))
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
func (c *checker) bundles(parent context.Context, s *shard) error {
	ctx, stop := context.WithCancel(parent)
	defer stop()
	size := s.cp.tree.N
	n := (size + bundleWidth - 1) / bundleWidth
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
				one <- readBundle(s.dir, i, int(min(bundleWidth, size-i*bundleWidth)))
				<-slots
			}()
		}
	}()
	done := int64(0)
	for one := range ready {
		b := <-one
		if b.missing && parent.Err() == nil {
			c.fail(CodeBundle, s.at(b.name), entryRange(s.first+done, c.size), "%v; entries after it were not read", b.err)
		}
		if b.missing {
			break
		}
		if b.err != nil {
			c.fail(CodeBundle, s.at(b.name), entryRange(s.first+done, s.first+min(size, done+bundleWidth)), "%v", b.err)
		}
		for i := range min(bundleWidth, size-done) {
			// A leaf that is missing gets the hash of nothing, so that those
			// after it keep their places.
			h := tlog.Hash{}
			if int(i) < len(b.hashes) {
				h = b.hashes[i]
				b.entries[i].over(s.first)
				c.apply(b.entries[i])
			}
			s.hashes.add(h)
		}
		done = min(size, done+bundleWidth)
		c.progress("entries", s.first+done, c.size)
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

// compare holds the leaves' tree against checkpoint and tiles.
func (c *checker) compare(s *shard) {
	t, cp := s.hashes, s.cp
	if t.leaves < cp.tree.N {
		return // a bundle is not there, and was reported: nothing gives the root
	}
	if root, err := tlog.TreeHash(t.leaves, t); err != nil || root != cp.tree.Hash {
		c.fail(CodeTreeRoot, s.at("checkpoint"), entryRange(s.first, c.size), "the entries give root %s, the checkpoint says %s", root, cp.tree.Hash)
		// If the tiles give the checkpoint's root, they tell which entries do not.
		if signed := s.fromTiles(t.leaves); signed != nil {
			if root, err := tlog.TreeHash(signed.leaves, signed); err == nil && root == cp.tree.Hash {
				c.changed(s, signed)
				t = signed
				s.hashes = t
			}
		}
	}
	for _, tile := range tlog.NewTiles(8, 0, t.leaves) {
		want, err := tlog.ReadTileData(tile, t)
		if err != nil {
			continue
		}
		span := int64(1) << (8 * tile.L) // entries under a hash
		raw, name, err := s.tile(tile)
		if err != nil {
			c.fail(CodeTile, s.at(name), entryRange(s.first+tile.N*bundleWidth*span, s.first+min((tile.N*bundleWidth+int64(tile.W))*span, t.leaves)), "%v", cause(err))
			continue
		}
		if !bytes.Equal(raw, want) {
			at := 0
			for at < len(raw) && at < len(want) && raw[at] == want[at] {
				at++
			}
			first := (tile.N*bundleWidth + int64(at/tlog.HashSize)) * span
			c.fail(CodeTile, s.at(name), entryRange(s.first+first, s.first+min(first+span, t.leaves)), "is not what the entries give")
		}
	}
}

// tile reads a tile; of one that has grown since the checkpoint, its part.
func (s *shard) tile(tile tlog.Tile) (raw []byte, name string, err error) {
	raw, name, err = readPart(s.dir, fmt.Sprintf("tile/%d/%s", tile.L, tileNumber(tile.N)), tile.W)
	if want := tile.W * tlog.HashSize; err == nil && len(raw) > want && !strings.Contains(name, ".p/") {
		raw = raw[:want]
	}
	return raw, name, err
}

// fromTiles is the tree over the hashes in the lowest tiles; nil if one of them
// cannot be read.
func (s *shard) fromTiles(leaves int64) *treeHashes {
	t := &treeHashes{}
	for i := range (leaves + bundleWidth - 1) / bundleWidth {
		w := int(min(bundleWidth, leaves-i*bundleWidth))
		raw, _, err := s.tile(tlog.Tile{H: 8, N: i, W: w})
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
func (c *checker) changed(s *shard, want *treeHashes) {
	got := s.hashes
	for i := range min(got.leaves, want.leaves) {
		x := tlog.StoredHashIndex(0, i)
		if got.stored[x] != want.stored[x] {
			c.fail(CodeEntryChanged, s.at("tile/entries/"+tileNumber(i/bundleWidth)), leafRange(s.first+i), "is not the entry that the checkpoint covers")
		}
	}
}

// remembered checks that the log is an extension of a checkpoint seen before, of
// whichever shard.
func (c *checker) remembered() {
	seen, err := readCheckpoint(string(c.opts.Remembered))
	at := slices.IndexFunc(c.shards, func(s *shard) bool { return s.cp.origin == seen.origin })
	if err != nil || at < 0 {
		c.fail(CodeRemembered, "remembered checkpoint", whole, "it is of %s, which is no shard of this log", seen.origin)
		return
	}
	s := c.shards[at]
	old, err := openCheckpoint(c.opts.Remembered, s.verifier)
	switch {
	case err != nil:
		c.fail(CodeRemembered, "remembered checkpoint", whole, "%v", err)
	case old.tree.N > s.hashes.leaves:
		c.fail(CodeRolledBack, s.at("checkpoint"), entryRange(s.first+s.hashes.leaves, s.first+old.tree.N), "%d entries, the remembered one has %d", s.hashes.leaves, old.tree.N)
	default:
		if root, err := tlog.TreeHash(old.tree.N, s.hashes); err != nil || root != old.tree.Hash {
			c.fail(CodeForked, s.at("checkpoint"), entryRange(s.first, s.first+old.tree.N), "the log is not an extension of the remembered checkpoint")
			return
		}
		size := s.first + old.tree.N
		c.report.Extends = &size
	}
}
