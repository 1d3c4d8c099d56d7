package subject

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"lethe/stream"
)

// archive is Files of which somebody keeps everything that was ever stored.
type archive struct {
	Files
	kept map[string][]byte
}

func (a *archive) Create(name string, data []byte) error {
	a.kept[name] = bytes.Clone(data)
	return a.Files.Create(name, data)
}

// namedPages collects the pages below a slot.
func namedPages(t *testing.T, x *tree, s *slot, level int, way uint64, see func(at ref, about []byte, p *page)) {
	t.Helper()
	if s.whole {
		return
	}
	p, err := x.load(s, level, way)
	must(t, err)
	see(s.at, aboutPage(x.id, level, way), p)
	for i := range p.slots() {
		namedPages(t, x, &p.inner[i], level+fanBits, way|uint64(i)<<(depth-fanBits-level), see)
	}
}

// Somebody has every file of the cover that there ever was, every root key as it
// was wrapped, and the keyring as it is now.
func TestL5ErasedSubjectDerivesFromNoFileOldOrNew(t *testing.T) {
	w, ctx := newWorkplace(t), context.Background()
	covers, roots := &archive{w.config.Cover, map[string][]byte{}}, &archive{w.config.Roots, map[string][]byte{}}
	w.config.Cover, w.config.Roots = covers, roots
	w.Store = &Store{config: w.config}
	must(t, w.Begin(ctx, "7y", "2y"))

	ever := map[ref][]byte{} // and what each is bound to
	var secrets []seed       // on the ways of who is erased, before
	digests := subjects(0, 60)
	look := func() {
		c, err := w.newest()
		must(t, err)
		for _, x := range c.trees() {
			namedPages(t, x, &x.root, 0, 0, func(at ref, about []byte, _ *page) { ever[at] = about })
		}
	}
	remember := func(digest Digest) {
		c, err := w.newest()
		must(t, err)
		for _, x := range c.periods {
			leaf := leafOf(&digest, 0)
			at, p, level, err := x.find(leaf)
			must(t, err)
			s := at.secret
			if p != nil {
				var node int
				node, level, _ = p.find(leaf)
				s = p.nodes[node]
			}
			for ; ; level++ {
				secrets = append(secrets, s)
				if level == depth {
					break
				}
				x.halves.descend(&s, leaf, level, level+1)
			}
		}
	}
	for i := 0; i < len(digests); i += 12 {
		look()
		for _, d := range digests[i : i+12] {
			remember(d)
		}
		must(t, w.Puncture(ctx, uint64(i+12), digests[i:i+12]))
	}

	// What can be opened now: begin with the only root key that there is.
	c, err := w.newest()
	must(t, err)
	now, plain := map[ref]bool{}, [][]byte{}
	for _, x := range c.trees() {
		plain = append(plain, x.root.secret[:])
		namedPages(t, x, &x.root, 0, 0, func(at ref, _ []byte, p *page) {
			now[at] = true
			plain = append(plain, p.encode())
		})
	}
	old := 0
	for at, about := range ever {
		if now[at] {
			continue
		}
		old++
		sealed := covers.kept[pagesName(at.File)][at.At : at.At+at.Size]
		if _, err := unseal(&at.Key, sealed, about); err != nil {
			t.Fatal("an old page does not open under its own key: this test would see nothing")
		}
		for other := range now {
			if _, err := unseal(&other.Key, sealed, about); err == nil {
				t.Fatal("an old page opens under a key of now")
			}
		}
	}
	opened := 0
	for name, wrapped := range roots.kept {
		version, _ := numberOf(name, rootPrefix)
		if key, err := w.config.Keyring.Unwrap(rootPeriod(version), wrapped); err == nil {
			opened++
			if _, err := unseal((*[keySize]byte)(key), covers.kept[headName(version)], aboutHead(version)); err != nil || version != c.version {
				t.Errorf("the root key of version %d opens: %v", version, err)
			}
		} else if !errors.Is(err, stream.ErrDestroyed) {
			t.Errorf("the root key of version %d: %v", version, err)
		}
	}
	if opened != 1 || old < 10 || len(now) < 10 || len(secrets) < 60*2*20 {
		t.Errorf("%d root keys open, %d old pages, %d of now, %d secrets", opened, old, len(now), len(secrets))
	}
	for _, files := range []map[string][]byte{covers.kept, roots.kept} {
		for _, data := range files {
			plain = append(plain, data)
		}
	}
	all := bytes.Join(plain, nil)
	for _, s := range secrets {
		if bytes.Contains(all, s[:]) {
			t.Fatal("a secret on the way to an erased subject is somewhere")
		}
	}
	must(t, w.Lease(60))
	var key Key
	for _, d := range digests {
		for period := uint16(1); period <= 2; period++ {
			if err := w.Find(Locator{Period: period}, &d, &key); !errors.Is(err, ErrErased) {
				t.Fatalf("%v", err)
			}
		}
	}
}
