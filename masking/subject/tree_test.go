package subject

import (
	"crypto/aes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// testTree is a tree of a fixed salt and root, all of it in memory.
func testTree() *tree {
	t := &tree{id: 1, from: &pages{drop: func() {}}}
	for i := range t.salt {
		t.salt[i] = byte(i)
	}
	t.halves = newHalves(&t.salt)
	t.root.whole = true
	for i := range t.root.secret {
		t.root.secret[i] = byte(0xf0 + i)
	}
	return t
}

// byHand derives a leaf's secret as the comment of halves has it.
func byHand(t *testing.T, salt *[32]byte, root seed, leaf uint64) seed {
	t.Helper()
	for level := range depth {
		side := leaf >> (63 - level) & 1
		c, err := aes.NewCipher(salt[16*side : 16*side+16])
		must(t, err)
		var y seed
		c.Encrypt(y[:], root[:])
		for i := range root {
			root[i] ^= y[i]
		}
	}
	return root
}

// The bytes are this package's own; they hold on every architecture (L6).
func TestL6LeavesAndKeysAreAsTheyWere(t *testing.T) {
	x := testTree()
	for leaf, want := range map[uint64][2]string{
		0:                  {"f15a75628884d28aaedb10b3fdfb8b7e", "3b5f10fcaff9eb1df6edaf593f1bd11415064ae05e3a710c84b7afc0263388c4"},
		1:                  {"827ec31091b80ba0502ea420897f197d", "ed2c5d81d7857a9588ff211fb0b3c520aeb068db3013b4c34b4c5cafbd908e40"},
		0x0123456789abcdef: {"f8fc67a42696efa0494f7f4e8d76b971", "52aa7ff3afc81c2fba930fb74082c0ba57eeb96d42b4b03b8a9f5d4bb156d5dc"},
		^uint64(0):         {"1ad4141f04fb77dddcf8cd3c48ea1c0f", "52af610522c6d3b7d0525189d7f597a27c8648b0de1912ae36a8fa48cb5a5bc2"},
	} {
		var s seed
		must(t, x.derive(x.halves, leaf, &s))
		if got := hex.EncodeToString(s[:]); got != want[0] {
			t.Errorf("leaf %#x: %s, want %s", leaf, got, want[0])
		}
		if s != byHand(t, &x.salt, testTree().root.secret, leaf) {
			t.Errorf("leaf %#x: otherwise by hand", leaf)
		}
		digest, key := subject(7), Key{}
		subjectKey(&key, &s, &digest, 3)
		if hex.EncodeToString(key[:]) != want[1] {
			t.Errorf("key of leaf %#x: %x, want %s", leaf, key, want[1])
		}
	}
}

func TestL5PuncturedLeavesAreGoneAndAllOthersStay(t *testing.T) {
	r := rand.New(rand.NewChaCha8([32]byte{5}))
	x, whole := testTree(), testTree()
	register := &tree{from: &pages{drop: func() {}}}
	register.root.whole = true
	free := func(ref) { t.Error("something was stored") }

	var gone []uint64
	add := func(leaf uint64) {
		gone = append(gone, leaf)
		must(t, x.puncture(leaf, 0, free))
		must(t, register.puncture(leaf, uint16(len(gone)%1000), free))
	}
	near := r.Uint64()
	each, others := 700, 20_000
	if testing.Short() {
		each, others = 70, 2_000
	}
	for range each {
		add(r.Uint64())
		add(near ^ r.Uint64()>>(r.Uint64()%64)) // near ones share long ways
		add(near ^ r.Uint64N(64))
	}
	var s, want seed
	for i, leaf := range gone {
		if err := x.derive(x.halves, leaf, &s); !errors.Is(err, ErrErased) {
			t.Fatalf("leaf %#x: %v", leaf, err)
		}
		last := len(gone) - 1 - slices.Index(reversed(gone), leaf)
		if mark, there, _ := register.mark(leaf); !there || mark != uint16((last+1)%1000) {
			t.Fatalf("%d: mark %d of leaf %#x", i, mark, leaf)
		}
	}
	sorted := slices.Sorted(slices.Values(gone))
	for i := range others {
		leaf := r.Uint64()
		switch i % 3 {
		case 1:
			leaf = near ^ r.Uint64N(4096)
		case 2:
			leaf = gone[i%len(gone)] ^ 1<<r.Uint64N(64)
		}
		_, punctured := slices.BinarySearch(sorted, leaf)
		must(t, whole.derive(whole.halves, leaf, &want))
		err := x.derive(x.halves, leaf, &s)
		if punctured != errors.Is(err, ErrErased) || !punctured && (err != nil || s != want) {
			t.Fatalf("leaf %#x: %v", leaf, err)
		}
		if _, there, _ := register.mark(leaf); there != punctured {
			t.Fatalf("leaf %#x: in the register: %v", leaf, there)
		}
	}
	noSecretOfAWayIsKept(t, x, sorted)
}

// noSecretOfAWayIsKept walks the pages and compares every secret with those on the
// ways to punctured leaves.
func noSecretOfAWayIsKept(t *testing.T, x *tree, gone []uint64) {
	t.Helper()
	lost := map[seed]bool{}
	whole := testTree()
	for _, leaf := range gone {
		for level := range depth + 1 {
			s := whole.root.secret
			whole.halves.descend(&s, leaf, 0, level)
			lost[s] = true
		}
	}
	n := 0
	var look func(s *slot)
	look = func(s *slot) {
		if n++; lost[s.secret] {
			t.Fatal("a slot has a secret of a way")
		}
		p := s.page.Load()
		if p == nil {
			return
		}
		for _, s := range p.nodes[:cap(p.nodes)] {
			if n++; lost[s] {
				t.Fatal("a page has a secret of a way")
			}
		}
		for i := range p.slots() {
			look(&p.inner[i])
		}
	}
	look(&x.root)
	if n < 10*len(gone) {
		t.Errorf("looked at %d secrets only", n)
	}
}

func reversed(all []uint64) []uint64 {
	all = slices.Clone(all)
	slices.Reverse(all)
	return all
}
