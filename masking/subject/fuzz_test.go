package subject

import (
	"bytes"
	"slices"
	"testing"
)

// A page is what encode writes and nothing else.
func FuzzDecodePage(f *testing.F) {
	x := testTree()
	for i := range uint64(40) {
		must(f, x.puncture(i*0x9e3779b97f4a7c15, uint16(i), func(ref) {}))
	}
	p, err := x.load(&x.root, 0, 0)
	must(f, err)
	f.Add(p.encode(), uint8(0), true)
	for i := range p.slots() {
		if below := p.inner[i].page.Load(); below != nil {
			f.Add(below.encode(), uint8(fanBits), true)
		}
	}
	f.Add([]byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 7}, uint8(0), false)
	f.Fuzz(func(t *testing.T, b []byte, level uint8, nodes bool) {
		level = level % depth &^ (fanBits - 1)
		way := uint64(0)
		if len(b) >= 10 {
			way = prefix(uint64(b[2])<<56|uint64(b[3])<<48, int(level))
		}
		p, err := decodePage(b, int(level), way, nodes)
		if err != nil {
			return
		}
		if !bytes.Equal(p.encode(), b) {
			t.Fatal("a page of two forms")
		}
		for _, leaf := range append(p.leaves, way, way|^uint64(0)>>level) {
			node, below, ok := p.find(leaf)
			if ok && (below < int(level) || below > depth || nodes && p.inner == nil && node >= len(p.nodes)) {
				t.Fatalf("node %d at level %d", node, below)
			}
		}
	})
}

// Nothing but a token opens, and nothing is taken for one.
func FuzzToken(f *testing.F) {
	s, err := NewSealer(fixed{})
	must(f, err)
	field := NewField("s", "p", "1", false)
	find := func(at Locator, digest *Digest, key *Key) error {
		*key = Key(*digest)
		key[0] ^= byte(at.Generation)
		return nil
	}
	a, b := &About{Digest: subject(0)}, &About{Digest: subject(1)}
	for _, x := range []*About{a, b} {
		must(f, find(x.At, &x.Digest, &x.Key))
	}
	f.Add(s.Seal(nil, []byte("text"), field, nil, a, nil), []byte("text"))
	two := s.Seal(nil, []byte("text of two"), field, nil, a, b)
	f.Add(two, []byte("text of two"))
	f.Add(slices.Concat(two[:9], []byte("\n"), two[9:]), []byte("text of two"))
	f.Fuzz(func(t *testing.T, token, text []byte) {
		if got, err := s.Open(nil, token, field, nil, find); err == nil && !bytes.Equal(s.Seal(nil, got, field, nil, a, nil), token) &&
			!bytes.Equal(s.Seal(nil, got, field, nil, a, b), token) {
			t.Fatal("a token that was not sealed")
		}
		for _, second := range []*About{nil, b} {
			got, err := s.Open(nil, s.Seal(nil, text, field, nil, a, second), field, nil, find)
			if err != nil || !bytes.Equal(got, text) {
				t.Fatalf("%v", err)
			}
		}
	})
}
