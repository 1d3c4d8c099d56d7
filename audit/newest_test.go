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

func TestL4TheNewestEntriesAreThoseThatTheCheckpointCovers(t *testing.T) {
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
		err = Newest(t.Context(), dir, verifier, func(offset int64, entry []byte) bool {
			i--
			if offset != tp.offsets[i] || !bytes.Equal(entry, tp.entries[i]) {
				t.Fatalf("entry %d of %d is another", i, n)
			}
			return true
		})
		if err != nil || i != 0 {
			t.Errorf("%d entries: %d left, %v", n, i, err)
		}
		if err := Newest(t.Context(), dir, verifier, func(int64, []byte) bool { i++; return false }); err != nil || i != 1 {
			t.Errorf("stopped after %d, %v", i, err)
		}
	}
}

func TestL4NewestRefusesALogThatWasChanged(t *testing.T) {
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
		return Newest(context.Background(), dir, v, func(int64, []byte) bool { return true })
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
