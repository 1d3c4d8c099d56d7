package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/stream"
)

// logKeys are the keys of a log's shards, by verifier key, oldest first.
type logKeys struct {
	t    testing.TB
	keys []logKey
}

type logKey struct{ skey, vkey string }

func newLogKeys(t testing.TB, origins ...string) *logKeys {
	k := &logKeys{t: t}
	for _, o := range origins {
		skey, vkey, err := NewLogKey(o)
		if err != nil {
			t.Fatal(err)
		}
		k.keys = append(k.keys, logKey{skey, vkey})
	}
	return k
}

func (k *logKeys) signer(i int) note.Signer {
	s, err := note.NewSigner(k.keys[i].skey)
	if err != nil {
		k.t.Fatal(err)
	}
	return s
}

func (k *logKeys) verifier(i int) note.Verifier {
	v, err := note.NewVerifier(k.keys[i].vkey)
	if err != nil {
		k.t.Fatal(err)
	}
	return v
}

// close is the entry that ends shard i and names the next.
func (k *logKeys) close(i int) []byte {
	l, err := LogLedger(k.keys[i].skey, fmt.Sprintf("close-%d", i))
	if err != nil {
		k.t.Fatal(err)
	}
	e, err := Close(l, Closing{Origin: k.verifier(i).Name(), NextKey: k.keys[i+1].vkey, Reason: ClosedRotate, ClosedAt: "2026-01-01T00:00:00Z"})
	if err != nil {
		k.t.Fatal(err)
	}
	return e
}

var errNoKey = errors.New("the key is not there")

// follower goes on from shard i to those whose keys there are.
func (k *logKeys) follower(dir string, i int, feed Feed, began *[]string) *Follower {
	f, err := NewFollower(Config{Dir: dir, Signer: k.signer(i), Feed: feed, Name: "test", Now: time.Now, Rotation: &Rotation{Key: k.keys[i].vkey,
		Next: func(vkey string) (note.Signer, error) {
			for i := range k.keys {
				if k.keys[i].vkey == vkey {
					return k.signer(i), nil
				}
			}
			return nil, errNoKey
		},
		Began: func(vkey string) error { *began = append(*began, vkey); return nil }}})
	if err != nil {
		k.t.Fatal(err)
	}
	return f
}

// sharded is a topic of n entries with closings of the first shards between them.
func (k *logKeys) sharded(n int, closings ...int) *topic {
	tp := topicOf(k.t, n)
	for i, at := range closings {
		at += i
		tp.entries = append(tp.entries[:at:at], append([][]byte{k.close(i)}, tp.entries[at:]...)...)
		tp.offsets = append(tp.offsets, tp.offsets[len(tp.offsets)-1]+2)
	}
	return tp
}

// leaves reads a log whole.
func leaves(t *testing.T, dir string, v note.Verifier) (*Reader, []Leaf) {
	t.Helper()
	r, err := OpenReader(dir, v)
	if err != nil {
		t.Fatal(err)
	}
	var all []Leaf
	if err := r.Scan(t.Context(), 0, func(l Leaf) error { all = append(all, l); return nil }); err != nil {
		t.Fatal(err)
	}
	return r, all
}

// wholeLog holds the leaves against the topic: each entry once, in order, and a begin entry
// for each shard after the first.
func wholeLog(t *testing.T, all []Leaf, tp *topic, shards int) {
	t.Helper()
	next, begun := 0, 0
	for i, l := range all {
		if l.Index != int64(i) {
			t.Fatalf("leaf %d tells index %d", i, l.Index)
		}
		if _, ok := ReadEntry(l.Entry, stream.EntryBegin); ok {
			begun++
			if l.Number() != 0 || l.Offset != tp.offsets[next-1] || !l.SignedByLog() {
				t.Fatalf("leaf %d begins shard %s as number %d at offset %d", i, l.Shard.Origin, l.Number(), l.Offset)
			}
			continue
		}
		if next == len(tp.entries) || l.Offset != tp.offsets[next] || string(l.Entry) != string(tp.entries[next]) {
			t.Fatalf("leaf %d, offset %d, is not entry %d of the topic", i, l.Offset, next)
		}
		next++
	}
	if next != len(tp.entries) || begun != shards-1 {
		t.Fatalf("%d of %d entries, and %d shards begun of %d", next, len(tp.entries), begun, shards-1)
	}
}

func TestL4ALogGoesOnUnderAnotherKeyAndIsReadFromAnyOfThem(t *testing.T) {
	k := newLogKeys(t, "lethe/shop", "lethe/shop/2027", "lethe/shop/2027-2")
	tp := k.sharded(700, 300, 301)
	dir := t.TempDir()
	var began []string
	f := k.follower(dir, 0, tp, &began)
	if err := f.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(began) != 2 || began[0] != k.keys[1].vkey || began[1] != k.keys[2].vkey {
		t.Fatalf("begun: %q", began)
	}
	if s := f.Status(); s.Size != 704 || s.Published != 704 || s.Offset != tp.offsets[len(tp.offsets)-1] {
		t.Errorf("status %+v", s)
	}
	for i := range k.keys {
		r, all := leaves(t, dir, k.verifier(i))
		wholeLog(t, all, tp, 3)
		var sizes []int64
		for _, s := range r.Shards() {
			sizes = append(sizes, s.Size)
		}
		if fmt.Sprint(sizes) != "[301 3 400]" || r.Size() != 704 {
			t.Errorf("shards of %v", sizes)
		}
		back := int64(704)
		if err := r.Newest(t.Context(), r.Size(), func(l Leaf) bool { back--; return l.Index == back }); err != nil || back != 0 {
			t.Errorf("backwards it ends at %d: %v", back, err)
		}
		for _, index := range []int64{0, 300, 301, 303, 304, 703} {
			if l, err := r.Leaf(index); err != nil || l.Index != index || string(l.Entry) != string(all[index].Entry) {
				t.Errorf("leaf %d: %d, %v", index, l.Index, err)
			}
			if at, err := r.IndexOf(all[index].Offset + 1); err != nil || at <= index {
				t.Errorf("after leaf %d comes %d, %v", index, at, err)
			}
			if _, err := r.Root(index + 1); err != nil {
				t.Error(err)
			}
		}
		for _, s := range r.Shards() {
			if n, err := r.Extends(s.Checkpoint()); err != nil || n != s.First+s.Size {
				t.Errorf("it extends %s at %d, %v", s.Origin, n, err)
			}
		}
	}
	// Another process goes on where the newest key is.
	if err := k.follower(dir, 2, tp, &began).Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, all := leaves(t, dir, k.verifier(2))
	wholeLog(t, all, tp, 3)
}

func TestL4OnlyTheKeyOfAShardEndsIt(t *testing.T) {
	k := newLogKeys(t, "lethe/shop", "lethe/shop/2027")
	thief := newLogKeys(t, "lethe/shop", "lethe/shop/2027")
	tp := topicOf(t, 20)
	tp.entries[7] = thief.close(0)
	dir := t.TempDir()
	var began []string
	if err := k.follower(dir, 0, tp, &began).Follow(t.Context()); err != nil || len(began) > 0 {
		t.Fatalf("%v, begun: %q", err, began)
	}
	_, all := leaves(t, dir, k.verifier(0))
	wholeLog(t, all, tp, 1)
}

func TestL4AShardWhoseKeyIsNotThereIsNotGoneOnFrom(t *testing.T) {
	k := newLogKeys(t, "lethe/shop", "lethe/shop/2027")
	tp, dir := k.sharded(20, 10), t.TempDir()
	var began []string
	lost := &logKeys{t, k.keys[:1]}
	if err := lost.follower(dir, 0, tp, &began).Follow(t.Context()); !errors.Is(err, errNoKey) {
		t.Fatalf("%v", err)
	}
	if _, all := leaves(t, dir, k.verifier(0)); len(all) != 11 {
		t.Fatalf("%d leaves", len(all))
	}
	// Once it is found nothing is missing.
	if err := k.follower(dir, 0, tp, &began).Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, all := leaves(t, dir, k.verifier(0))
	wholeLog(t, all, tp, 2)
}

func TestL4ALogThatLacksAShardOrHasAnotherIsNotReadNorGoneOnWith(t *testing.T) {
	k := newLogKeys(t, "lethe/shop", "lethe/shop/2027")
	tp := k.sharded(40, 20)
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"the first shard is gone": func(t *testing.T, dir string) {
			for _, f := range []string{"checkpoint", "tile"} {
				if err := os.RemoveAll(filepath.Join(dir, f)); err != nil {
					t.Fatal(err)
				}
			}
		},
		"the first shard is another": func(t *testing.T, dir string) {
			other := t.TempDir()
			var began []string
			short := &topic{offsets: tp.offsets[:10], entries: tp.entries[:10]}
			if err := k.follower(other, 0, short, &began).Follow(context.Background()); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(other, "checkpoint"), filepath.Join(dir, "checkpoint")); err != nil {
				t.Fatal(err)
			}
		},
		"the later shard is gone": func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, "2027")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var began []string
			if err := k.follower(dir, 0, tp, &began).Follow(t.Context()); err != nil {
				t.Fatal(err)
			}
			spoil(t, dir)
			r, err := OpenReader(dir, k.verifier(1))
			if err == nil && r.Size() > 0 || err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("it was read: %v", err)
			}
			if err := k.follower(dir, 1, tp, &began).Follow(t.Context()); !errors.Is(err, ErrDamaged) {
				t.Errorf("it went on: %v", err)
			}
		})
	}
}

func TestL4AReaderSeesALogThatWasWrittenAnewUnderIt(t *testing.T) {
	k := newLogKeys(t, "lethe/shop")
	dir, other := t.TempDir(), t.TempDir()
	var began []string
	if err := k.follower(dir, 0, topicOf(t, 20), &began).Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(dir, k.verifier(0))
	if err != nil {
		t.Fatal(err)
	}
	tp := topicOf(t, 30)
	tp.entries[3] = []byte(`{"n":1}`)
	if err := k.follower(other, 0, tp, &began).Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, dir); err != nil {
		t.Fatal(err)
	}
	if err := r.Refresh(); !errors.Is(err, ErrDamaged) {
		t.Errorf("it went on: %v", err)
	}
}

func TestShardsAreNamedByTheirYear(t *testing.T) {
	at := func(year int) time.Time { return time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		origin string
		year   int
		want   string
	}{
		{"lethe/shop", 2027, "lethe/shop/2027"},
		{"lethe/shop/2027", 2027, "lethe/shop/2027-2"},
		{"lethe/shop/2027-2", 2027, "lethe/shop/2027-3"},
		{"lethe/shop/2027-9", 2027, "lethe/shop/2027-10"},
		{"lethe/shop/2027-2", 2028, "lethe/shop/2028"},
		{"lethe/shop/2028", 2027, "lethe/shop/2028-2"},
		{"lethe/2026", 2027, "lethe/2026/2027"}, // a workspace of that name
	} {
		if got := NextOrigin(c.origin, at(c.year)); got != c.want {
			t.Errorf("after %s comes in %d %s, want %s", c.origin, c.year, got, c.want)
		}
	}
	for origin, want := range map[string]string{"lethe/shop": "log", "lethe/2026": "log", "lethe/shop/2027-2": "log/2027-2", "lethe/shop/..": "log", "lethe/shop/2027-1": "log"} {
		if got := ShardDir("log", origin); got != filepath.FromSlash(want) {
			t.Errorf("%s lies in %s, want %s", origin, got, want)
		}
	}
}
