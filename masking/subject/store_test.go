package subject

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestL5ErasedSubjectHasNoKeyAndAllOthersKeepTheirs(t *testing.T) {
	w := newWorkplace(t)
	all := 100_000
	if testing.Short() {
		all = 5_000
	}
	before := make([]Key, all)
	s := w.Subjects("7y")
	for i := range all {
		before[i] = keyOf(t, s, subject(i))
	}
	w.erase(t, subjects(0, 1))
	w.erase(t, subjects(1, 40))
	w.erase(t, subjects(40, 1000))
	w.reopen(t, nil)
	must(t, w.Lease(3))
	again := w.Subjects("7y")
	for _, s := range []Subjects{again, again.Clone()} {
		for i := range all {
			digest, key := subject(i), Key{1}
			_, err := s.Key(&digest, &key)
			if i < 1000 && (!errors.Is(err, ErrErased) || key != (Key{})) {
				t.Fatalf("subject %d: %v", i, err)
			}
			if i >= 1000 && (err != nil || key != before[i]) {
				t.Fatalf("subject %d: %v or another key", i, err)
			}
		}
	}
}

func TestL5SubjectWhoReturnsGetsTheNextGeneration(t *testing.T) {
	w := newWorkplace(t)
	digest := subject(3)
	var keys [4]Key
	for g := range keys {
		s := w.Subjects("7y")
		at, err := s.Key(&digest, &keys[g])
		must(t, err)
		if int(at.Generation) != g {
			t.Errorf("generation %d, want %d", at.Generation, g)
		}
		var found Key
		must(t, w.Find(at, &digest, &found))
		if found != keys[g] {
			t.Error("found another key")
		}
		for _, older := range keys[:g] {
			if older == keys[g] {
				t.Error("a generation has the key of an older one")
			}
		}
		w.erase(t, []Digest{digest})
		w.erase(t, []Digest{digest}) // again does nothing
		if err := w.Find(at, &digest, &found); !errors.Is(err, ErrErased) {
			t.Errorf("found: %v", err)
		}
		must(t, w.Return(context.Background(), []Digest{digest, subject(5)}))
		last, _ := w.Last()
		must(t, w.Lease(last))
	}
	other := subject(5)
	if at, err := w.Subjects("7y").Key(&other, &keys[0]); err != nil || at.Generation != 0 {
		t.Errorf("who was never erased returned: %v %v", at, err)
	}
}

func TestL5PeriodsEndWholeAndTheErasedAreErasedInLaterOnes(t *testing.T) {
	w, ctx := newWorkplace(t), context.Background()
	must(t, w.Begin(ctx, "7y", "30d"))
	w.erase(t, subjects(0, 100))
	must(t, w.Begin(ctx, "2y"))
	must(t, w.Lease(1))
	kept := keyOf(t, w.Subjects("7y"), subject(200))
	var key Key
	digest := subject(200)
	at, err := w.Subjects("30d").Key(&digest, &key)
	must(t, err)
	if key == kept || keyOf(t, w.Subjects("2y"), digest) == kept {
		t.Error("two periods give one key")
	}
	gone := subject(20)
	if _, err := w.Subjects("2y").Key(&gone, &key); !errors.Is(err, ErrErased) {
		t.Errorf("erased before the period began: %v", err)
	}
	must(t, w.End(ctx, "30d"))
	must(t, w.End(ctx, "30d"))
	w.reopen(t, nil)
	must(t, w.Lease(1))
	if _, err := w.Subjects("30d").Key(&digest, &key); !errors.Is(err, ErrErased) {
		t.Errorf("period that ended: %v", err)
	}
	if err := w.Find(at, &digest, &key); !errors.Is(err, ErrErased) {
		t.Errorf("value of a period that ended: %v", err)
	}
	must(t, w.Begin(ctx, "30d"))
	must(t, w.Lease(1))
	if err := w.Find(at, &digest, &key); !errors.Is(err, ErrErased) {
		t.Errorf("value of a period that ended, and of whose name there is another: %v", err)
	}
	if keyOf(t, w.Subjects("7y"), digest) != kept {
		t.Error("another period's keys changed")
	}
}

func TestL5WithoutALeaseThereAreNoKeys(t *testing.T) {
	w := newWorkplace(t)
	s := w.Subjects("7y")
	digest, key := subject(1), Key{1}
	w.now += time.Minute - 1
	if _, err := s.Key(&digest, &key); err != nil {
		t.Fatal(err)
	}
	w.now++
	if _, err := s.Key(&digest, &key); !errors.Is(err, ErrNoLease) || key != (Key{}) {
		t.Errorf("a minute later: %v", err)
	}
	// The puncture is known once the lease is renewed, which it is not by a cover
	// that is behind.
	must(t, w.Puncture(context.Background(), 1, []Digest{digest}))
	if err := w.Lease(2); !errors.Is(err, ErrBehind) {
		t.Errorf("lease on a cover that is behind: %v", err)
	}
	if _, err := s.Key(&digest, &key); !errors.Is(err, ErrNoLease) {
		t.Errorf("after a refused lease: %v", err)
	}
	must(t, w.Lease(1))
	if _, err := s.Key(&digest, &key); !errors.Is(err, ErrErased) {
		t.Errorf("after a lease: %v", err)
	}
	if _, err := (&Store{config: w.config}).Subjects("7y").Key(&digest, &key); !errors.Is(err, ErrNoLease) {
		t.Errorf("never leased: %v", err)
	}
}

// copyOf keeps the files of a directory as a backup does.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "backup")
	must(t, os.CopyFS(to, os.DirFS(dir)))
	must(t, filepath.WalkDir(to, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	}))
	return to
}

func restore(t *testing.T, from, to string) {
	t.Helper()
	must(t, os.RemoveAll(to))
	must(t, os.Rename(copyOf(t, from), to))
}

func TestL5RestoredCoverIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		restored string // cover, roots, keys
		want     error
	}{
		"the cover alone":                  {"cover", ErrRestored},
		"the root keys alone":              {"roots", ErrRestored},
		"both":                             {"cover roots", ErrRestored},
		"both, and the keyring with them":  {"cover roots keys", ErrBehind},
		"the keyring alone, as it was":     {"keys", errSealed},
		"the cover and the keyring's keys": {"cover keys", errSealed},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkplace(t)
			w.erase(t, subjects(0, 1))
			dirs := map[string]string{"cover": w.cover, "roots": w.roots, "keys": w.keys}
			backups := map[string]string{}
			for dir, path := range dirs {
				backups[dir] = copyOf(t, path)
			}
			w.erase(t, subjects(1, 2))
			for dir, path := range dirs {
				if strings.Contains(c.restored, dir) {
					restore(t, backups[dir], path)
				}
			}
			// Whoever runs refuses it, and so does whoever comes later.
			err := w.Lease(2)
			if err == nil {
				t.Error("leased by who was there before")
			}
			again, err := Open(w.config)
			if err == nil {
				err = again.Lease(2)
			}
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if !errors.Is(err, ErrBehind) {
				return
			}
			// What the shreds log holds brings the cover up again.
			last, err := again.Last()
			must(t, err)
			must(t, again.Puncture(context.Background(), last+1, subjects(1, 2)))
			must(t, again.Lease(2))
			gone, key := subject(1), Key{}
			if _, err := again.Subjects("7y").Key(&gone, &key); !errors.Is(err, ErrErased) {
				t.Errorf("%v", err)
			}
		})
	}
}
