package subject

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"lethe/masking/keyring/file"
)

// workplace is a cover on disk beside a keyring, at a time that stands still.
type workplace struct {
	*Store
	config             Config
	keys, cover, roots string
	now                time.Duration
}

func newWorkplace(t testing.TB) *workplace {
	t.Helper()
	dir := t.TempDir()
	w := &workplace{keys: filepath.Join(dir, "keys"), cover: filepath.Join(dir, "cover"), roots: filepath.Join(dir, "roots")}
	must(t, file.Create(w.keys))
	w.reopen(t, func(c Config) { must(t, Create(context.Background(), c)) })
	must(t, w.Begin(context.Background(), "7y"))
	must(t, w.Lease(0))
	return w
}

// reopen opens the directories as another process would, after before was done
// with them.
func (w *workplace) reopen(t testing.TB, before func(Config)) {
	t.Helper()
	keyring, err := file.Open(w.keys)
	must(t, err)
	cover, roots, err := file.SubjectDirs(w.cover, w.roots)
	must(t, err)
	w.config = Config{Cover: cover, Roots: roots, Keyring: keyring, Clock: func() time.Duration { return w.now }}
	if before != nil {
		before(w.config)
	}
	w.Store, err = Open(w.config)
	must(t, err)
}

// erase punctures subjects and takes a lease on the result.
func (w *workplace) erase(t testing.TB, digests []Digest) {
	t.Helper()
	last, err := w.Last()
	must(t, err)
	must(t, w.Puncture(context.Background(), last+1, digests))
	must(t, w.Lease(last+1))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// subject is the digest of the i-th subject.
func subject(i int) (d Digest) {
	var s [32]byte
	binary.BigEndian.PutUint64(s[:], uint64(i)+1)
	rand.NewChaCha8(s).Read(d[:])
	return d
}

func subjects(from, to int) []Digest {
	var all []Digest
	for i := from; i < to; i++ {
		all = append(all, subject(i))
	}
	return all
}

func keyOf(t testing.TB, s Subjects, digest Digest) Key {
	t.Helper()
	var key Key
	_, err := s.Key(&digest, &key)
	must(t, err)
	return key
}
