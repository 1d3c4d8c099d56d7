package audit

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

func TestL4TheLeavesOfAReaderAreThoseThatTheCheckpointCovers(t *testing.T) {
	signer, verifier := testSigner(t)
	for _, n := range []int{1, 255, 256, 600} {
		dir, tp := t.TempDir(), topicOf(t, n)
		f, err := NewFollower(Config{Dir: dir, Signer: signer, Feed: tp, Name: "test", Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		i := n
		r, err := OpenReader(dir, verifier)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Newest(t.Context(), r.Size(), func(l Leaf) bool {
			i--
			if l.Index != int64(i) || l.Offset != tp.offsets[i] || !bytes.Equal(l.Entry, tp.entries[i]) {
				t.Fatalf("entry %d of %d is another", i, n)
			}
			return true
		})
		if err != nil || i != 0 {
			t.Errorf("%d entries: %d left, %v", n, i, err)
		}
		if err := r.Newest(t.Context(), r.Size(), func(Leaf) bool { i++; return false }); err != nil || i != 1 {
			t.Errorf("stopped after %d, %v", i, err)
		}
		from := int64(n) / 2
		err = r.Scan(t.Context(), from, func(l Leaf) error {
			if at, err := r.IndexOf(l.Offset); err != nil || at != l.Index || l.Index != from || !bytes.Equal(l.Entry, tp.entries[from]) {
				t.Fatalf("leaf %d of %d is another, found at %d: %v", from, n, at, err)
			}
			from++
			return nil
		})
		if at, serr := r.IndexOf(tp.offsets[n-1] + 1); err != nil || serr != nil || from != int64(n) || at != int64(n) {
			t.Errorf("%d of %d leaves scanned, sought %d: %v, %v", from, n, at, err, serr)
		}
	}
}

func TestL4AReaderRefusesALogThatWasChanged(t *testing.T) {
	signer, verifier := testSigner(t)
	_, vkey, err := NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	other, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	all := func(v note.Verifier) error {
		r, err := OpenReader(dir, v)
		if err != nil {
			return err
		}
		return r.Newest(context.Background(), r.Size(), func(Leaf) bool { return true })
	}
	if err := all(verifier); err != nil {
		t.Errorf("no log: %v", err)
	}
	f, err := NewFollower(Config{Dir: dir, Signer: signer, Feed: topicOf(t, 300), Name: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := all(other); !errors.Is(err, ErrDamaged) {
		t.Errorf("another key: %v", err)
	}
	bundle := filepath.Join(dir, "tile", "entries", "000")
	raw, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(raw, []byte(`"kind":"receipt"`)) + len(`"kind":"`)
	raw[at] = 'x'
	if err := os.Chmod(bundle, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bundle, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := all(verifier); !errors.Is(err, ErrDamaged) {
		t.Errorf("an entry that was changed: %v", err)
	}
}
