package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A fixed key: the log's, for tests only.
const testSeed = "follower tests"

func testSigner(t testing.TB) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(bytes.NewReader(testKey(testSeed).Seed()), "lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

// topic is an audit topic in memory: offsets with holes, as transaction markers
// leave them.
type topic struct {
	offsets []int64
	entries [][]byte
	slow    time.Duration // between entries
	stay    bool          // waits for ctx at the end, as Kafka does
}

func (tp *topic) Read(ctx context.Context, from int64, emit func(int64, []byte) error) error {
	for i, off := range tp.offsets {
		if off < from {
			continue
		}
		if tp.slow > 0 && i%16 == 0 {
			time.Sleep(tp.slow)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := emit(off, tp.entries[i]); err != nil {
			return err
		}
	}
	if tp.stay {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func topicOf(t testing.TB, n int) *topic {
	tp := &topic{}
	l := newLedger(t, "w1", "run1")
	for i := range n {
		raw, err := l.Entry("receipt", receipt("w1"))
		if err != nil {
			t.Fatal(err)
		}
		tp.entries = append(tp.entries, raw)
		tp.offsets = append(tp.offsets, int64(i*3+i/7))
	}
	return tp
}

func follow(t testing.TB, dir string, feed Feed) (*Follower, error) {
	t.Helper()
	s, _ := testSigner(t)
	f, err := NewFollower(Config{Dir: dir, Signer: s, Feed: feed, Name: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return f, f.Follow(t.Context())
}

// readLog reads the log as an outsider: signature, bundles, tiles, and checks
// them with x/mod/sumdb/tlog alone.
func readLog(t testing.TB, dir string) [][]byte {
	t.Helper()
	_, v := testSigner(t)
	raw, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(raw, note.VerifierList(v))
	if err != nil {
		t.Fatal(err)
	}
	var origin, root string
	var size int64
	if _, err := fmt.Sscanf(n.Text, "%s\n%d\n%s\n", &origin, &size, &root); err != nil || origin != "lethe/shop" {
		t.Fatalf("checkpoint %q: %v", n.Text, err)
	}
	var leaves [][]byte
	for i := int64(0); i*256 < size; i++ {
		name := fmt.Sprintf("tile/entries/%03d", i)
		if size-i*256 < 256 {
			name += fmt.Sprintf(".p/%d", size-i*256)
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for len(b) > 0 {
			n := 2 + int(binary.BigEndian.Uint16(b))
			leaves = append(leaves, b[2:n])
			b = b[n:]
		}
	}
	if int64(len(leaves)) != size {
		t.Fatalf("%d leaves in bundles, checkpoint says %d", len(leaves), size)
	}
	checkTiles(t, dir, leaves, root)
	return leaves
}

func checkTiles(t testing.TB, dir string, leaves [][]byte, root string) {
	t.Helper()
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(idx []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(idx))
		for i, x := range idx {
			out[i] = stored[x]
		}
		return out, nil
	})
	for i, l := range leaves {
		h, err := tlog.StoredHashes(int64(i), l, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, h...)
	}
	got, err := tlog.TreeHash(int64(len(leaves)), read)
	if err != nil || got.String() != root {
		t.Fatalf("root of the bundles is %v, checkpoint says %s (%v)", got, root, err)
	}
	for _, tile := range tlog.NewTiles(8, 0, int64(len(leaves))) {
		want, err := tlog.ReadTileData(tile, read)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("tile/%d/%03d", tile.L, tile.N)
		if tile.W < 256 {
			name += fmt.Sprintf(".p/%d", tile.W)
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(data, want) {
			t.Fatalf("tile %s is not what the leaves give: %v", name, err)
		}
	}
}

func checkLeaves(t testing.TB, leaves [][]byte, tp *topic) {
	t.Helper()
	if len(leaves) != len(tp.offsets) {
		t.Fatalf("%d leaves, want %d", len(leaves), len(tp.offsets))
	}
	for i, l := range leaves {
		if want := fmt.Sprintf(`{"entry":%s,"offset":"%d"}`, tp.entries[i], tp.offsets[i]); string(l) != want {
			t.Fatalf("leaf %d is %s, want %s", i, l, want)
		}
	}
}

func TestL4LogHoldsEachEntryOnceInOrderUnderASignedCheckpoint(t *testing.T) {
	for _, n := range []int{1, 255, 256, 257, 3000} {
		dir, tp := t.TempDir(), topicOf(t, n)
		f, err := follow(t, dir, tp)
		if err != nil {
			t.Fatal(err)
		}
		checkLeaves(t, readLog(t, dir), tp)
		s := f.Status()
		if s.Size != uint64(n) || s.Published != uint64(n) || s.Offset != tp.offsets[n-1] || s.Term != 1 || time.Since(s.CheckpointAt) > time.Minute {
			t.Fatalf("status %+v", s)
		}
		// A second follower finds nothing to do.
		if _, err := follow(t, dir, tp); err != nil {
			t.Fatal(err)
		}
		checkLeaves(t, readLog(t, dir), tp)
	}
}

func TestAnEntryIsPublishedWithinASecondAndStoppingFlushes(t *testing.T) {
	dir, tp := t.TempDir(), topicOf(t, 10)
	tp.stay = true
	s, _ := testSigner(t)
	f, err := NewFollower(Config{Dir: dir, Signer: s, Feed: tp, Name: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	begin := time.Now()
	go func() { done <- f.Follow(ctx) }()
	if err := f.Await(t.Context(), tp.offsets[9]); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("published after %s", took)
	}
	if _, err := follow(t, dir, tp); !errors.Is(err, ErrHeld) {
		t.Errorf("second follower: %v, want ErrHeld", err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	checkLeaves(t, readLog(t, dir), tp)
}

func TestWhatWasAppendedIsToldByTheBatch(t *testing.T) {
	s, _ := testSigner(t)
	tp := topicOf(t, 3000)
	want, got := Batch{Entries: len(tp.entries)}, Batch{}
	for _, e := range tp.entries {
		want.Bytes += int64(len(e))
	}
	f, err := NewFollower(Config{Dir: t.TempDir(), Signer: s, Feed: tp, Name: "test", Now: time.Now, Appended: func(b Batch) {
		got.Entries += b.Entries
		got.Bytes += b.Bytes
		if b.Entries < 1 || b.Began.IsZero() || b.Began.After(time.Now()) {
			t.Errorf("batch %+v", b)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Follow(t.Context()); err != nil || got != want {
		t.Errorf("told %+v of %+v: %v", got, want, err)
	}
}

func TestAFollowerStopsOnceALaterTermBegan(t *testing.T) {
	dir, tp := t.TempDir(), topicOf(t, 3)
	feed := feedFunc(func(ctx context.Context, from int64, emit func(int64, []byte) error) error {
		if err := os.WriteFile(filepath.Join(dir, "terms", "2"), []byte("{}"), 0o644); err != nil {
			return err
		}
		return tp.Read(ctx, from, emit)
	})
	if _, err := follow(t, dir, feed); !errors.Is(err, ErrDeposed) {
		t.Fatalf("error %v, want ErrDeposed", err)
	}
	if f, err := follow(t, dir, tp); err != nil || f.Status().Term != 3 {
		t.Fatalf("next follower: %v", err)
	}
	checkLeaves(t, readLog(t, dir), tp)
}

type feedFunc func(context.Context, int64, func(int64, []byte) error) error

func (f feedFunc) Read(ctx context.Context, from int64, emit func(int64, []byte) error) error {
	return f(ctx, from, emit)
}

func TestL4NothingIsAppendedToALogThatWasChanged(t *testing.T) {
	dir, tp := t.TempDir(), topicOf(t, 600)
	tp.entries, tp.offsets = tp.entries[:500], tp.offsets[:500]
	if _, err := follow(t, dir, tp); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "tile/0/001.p/244")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[40] ^= 1
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := follow(t, dir, topicOf(t, 600)); !errors.Is(err, ErrDamaged) {
		t.Fatalf("error %v, want ErrDamaged", err)
	}
}

func TestWhatCannotBeALeafIsRecordedByItsHashAndDoesNotStopTheLog(t *testing.T) {
	dir := t.TempDir()
	tp := &topic{offsets: []int64{1, 2, 3}, entries: [][]byte{[]byte(`{"a":`), []byte(strings.Repeat(" ", 70000)), []byte(`{}`)}}
	if _, err := follow(t, dir, tp); err != nil {
		t.Fatal(err)
	}
	for i, l := range readLog(t, dir) {
		var got struct {
			Entry struct {
				Refused *struct{ SHA256, Size string }
			}
			Offset string
		}
		if err := json.Unmarshal(l, &got); err != nil || (got.Entry.Refused != nil) != (i < 2) || got.Offset != fmt.Sprint(i+1) {
			t.Fatalf("leaf %d: %v %s", i, err, l)
		}
	}
}

func TestAnOffsetThatGoesBackEndsTheFollower(t *testing.T) {
	tp := topicOf(t, 3)
	feed := feedFunc(func(ctx context.Context, from int64, emit func(int64, []byte) error) error {
		return errors.Join(emit(5, tp.entries[0]), emit(5, tp.entries[1]))
	})
	if _, err := follow(t, t.TempDir(), feed); !errors.Is(err, ErrOrder) {
		t.Fatalf("error %v, want ErrOrder", err)
	}
}
