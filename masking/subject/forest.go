package subject

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
)

// tree is what is left of one tree: that of a retention period, or the register,
// which has marks for leaves and no secrets.
type tree struct {
	id     uint16
	name   string
	salt   [32]byte
	halves *halves // of whoever changes the tree; nil for the register
	root   slot
	// early says that the period began before anybody was erased: whose leaf is
	// there never was, and the register need not be asked.
	early bool
	from  *pages
}

// pages reads stored pages, and drops those that it has in memory when they are
// too many.
type pages struct {
	files  Files
	memory int64 // bytes of pages that are kept
	bytes  atomic.Int64
	drop   func()
}

// load returns the page of a slot that is not whole.
func (t *tree) load(s *slot, level int, way uint64) (*page, error) {
	if p := s.page.Load(); p != nil {
		return p, nil
	}
	b, err := t.from.files.Read(pagesName(s.at.File), int64(s.at.At), int(s.at.Size))
	if errors.Is(err, fs.ErrNotExist) {
		// Somebody stored a newer version and removed this one.
		return nil, fmt.Errorf("cover: page of an older version: %w", ErrNoLease)
	}
	if err == nil {
		b, err = unseal(&s.at.Key, b, aboutPage(t.id, level, way))
	}
	var p *page
	if err == nil {
		p, err = decodePage(b, level, way, t.halves != nil)
	}
	if err != nil {
		return nil, fmt.Errorf("cover: page of %d bytes in %s: %w", s.at.Size, pagesName(s.at.File), err)
	}
	clear(b)
	if t.from.bytes.Add(p.bytes()) > t.from.memory {
		t.from.bytes.Store(0)
		t.from.drop()
	}
	s.page.Store(p)
	return p, nil
}

// find returns the page that a leaf is on, or the slot that is whole.
func (t *tree) find(leaf uint64) (*slot, *page, int, error) {
	s, level := &t.root, 0
	for !s.whole {
		p, err := t.load(s, level, prefix(leaf, level))
		if err != nil || p.inner == nil {
			return s, p, level, err
		}
		s = &p.inner[slotOf(leaf, level)]
		level += fanBits
	}
	return s, nil, level, nil
}

// mark returns the mark of a leaf in the register.
func (t *tree) mark(leaf uint64) (mark uint16, there bool, err error) {
	_, p, _, err := t.find(leaf)
	if p == nil || err != nil {
		return 0, false, err
	}
	for i, l := range p.leaves {
		if l == leaf {
			return p.marks[i], true, nil
		}
	}
	return 0, false, nil
}

// derive writes the secret of a leaf to s. It returns an error wrapping
// ErrErased for a punctured leaf: nothing is left to derive it from (L5).
func (t *tree) derive(h *halves, leaf uint64, s *seed) error {
	at, p, level, err := t.find(leaf)
	if err != nil {
		return err
	}
	*s = at.secret
	if p != nil {
		node, below, ok := p.find(leaf)
		if !ok {
			return ErrErased
		}
		*s, level = p.nodes[node], below
	}
	h.descend(s, leaf, level, depth)
	return nil
}

// puncture takes a leaf out and gives it a mark. free is told what is stored no
// longer.
func (t *tree) puncture(leaf uint64, mark uint16, free func(ref)) error {
	s, level := &t.root, 0
	for {
		if s.whole {
			p := &page{level: level}
			if t.halves != nil {
				p.nodes = []seed{s.secret}
			}
			s.whole, s.secret = false, seed{}
			s.page.Store(p)
		}
		p, err := t.load(s, level, prefix(leaf, level))
		if err != nil {
			return err
		}
		if s.at.stored() {
			free(s.at)
			s.at = ref{}
		}
		if p.inner == nil {
			p.puncture(t.halves, leaf, mark)
			if len(p.leaves) > most {
				s.page.Store(p.divide(t.halves))
			}
			return nil
		}
		s = &p.inner[slotOf(leaf, level)]
		level += fanBits
	}
}

// store stores what was changed below a slot, each page under a new random key
// that lies in the page above: without the one above, a page is noise. If all is
// set it stores everything anew.
func (t *tree) store(s *slot, level int, way uint64, all bool, add func(sealed []byte) (file uint64, at uint32, err error)) error {
	if s.whole || s.at.stored() && !all {
		return nil
	}
	held := s.page.Load() != nil
	p, err := t.load(s, level, way)
	if err != nil {
		return err
	}
	for i := range p.slots() {
		below := way | uint64(i)<<(depth-fanBits-level)
		if err := t.store(&p.inner[i], level+fanBits, below, all, add); err != nil {
			return err
		}
	}
	if !held && p.inner == nil {
		s.page.Store(nil) // storing everything does not need everything at once
	}
	var to ref
	rand.Read(to.Key[:])
	sealed := seal(&to.Key, p.encode(), aboutPage(t.id, level, way))
	if to.File, to.At, err = add(sealed); err != nil {
		return err
	}
	to.Size = uint32(len(sealed))
	s.at = to
	return nil
}
