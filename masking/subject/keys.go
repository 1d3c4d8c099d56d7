package subject

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"lethe/stream"
)

// lease is leave to use a view of the cover.
type lease struct {
	until time.Duration
	view  *view
}

// view is a version of the cover that is only read.
type view struct {
	*cover

	expanding sync.Mutex
	tops      map[uint16]*top // by number of the period
}

// Lease reads the newest version of the cover and vouches for it for a minute
// from the moment of the call; Subjects have no keys without. The caller says which
// shred is the last that the shreds log holds: a cover that does not know it is
// refused with an error wrapping [ErrBehind], and the last lease runs out.
//
// A puncture is complete everywhere a minute after it returned.
func (s *Store) Lease(shreds uint64) error {
	s.renewing.Lock()
	defer s.renewing.Unlock()
	// The time before reading: a version that is stored later was not seen.
	until := s.config.Clock() + leaseTime
	c, err := s.newest()
	if err != nil {
		return err
	}
	if c.shred < shreds {
		return fmt.Errorf("cover: knows shred %d of %d: %w", c.shred, shreds, ErrBehind)
	}
	v := &view{cover: c, tops: map[uint16]*top{}}
	if last := s.lease.Load(); last != nil && last.view.version == c.version {
		v = last.view
	}
	s.lease.Store(&lease{until, v})
	return nil
}

// leased returns the view that may be used now.
func (s *Store) leased() (*view, error) {
	l := s.lease.Load()
	if l == nil || s.config.Clock() >= l.until {
		return nil, ErrNoLease
	}
	return l.view, nil
}

// Find writes the key to open a value with that locator, of the subject with that
// digest. It returns the errors of Subjects. It is what reveal uses; it is
// slower than Key.
func (s *Store) Find(at Locator, digest *Digest, key *Key) error {
	clear(key[:])
	v, err := s.leased()
	if err != nil {
		return err
	}
	t := v.numbered(at.Period)
	if t == nil {
		return ErrErased // the period ended
	}
	var secret seed
	if err := t.derive(t.halves.clone(), leafOf(digest, at.Generation), &secret); err != nil {
		return err
	}
	subjectKey(key, &secret, digest, at.Generation)
	return nil
}

// Subjects returns the keys of a retention period. It may be asked for before
// there is a lease.
func (s *Store) Subjects(period string) Subjects {
	return &keys{store: s, period: period, cache: newCache()}
}

// keys implements Subjects.
type keys struct {
	store  *Store
	period string

	view   *view
	tree   *tree
	top    *top
	halves *halves
	cache  *cache
	since  *view // that the first key since the last Holds is of
	moved  bool  // and another one is of another
}

// Clone implements Subjects.
func (k *keys) Clone() Subjects { return k.store.Subjects(k.period) }

// Key implements Subjects.
func (k *keys) Key(digest *Digest, key *Key) (Locator, error) {
	v, err := k.store.leased()
	if err != nil {
		clear(key[:])
		return Locator{}, err
	}
	if v != k.view {
		k.turn(v)
	}
	if k.since == nil {
		k.since = v
	}
	k.moved = k.moved || k.since != v
	e := k.cache.find(digest)
	if e == nil {
		if e, err = k.derive(digest); err != nil {
			clear(key[:])
			return Locator{}, err
		}
	}
	*key = e.key
	return e.at, nil
}

// Holds implements Subjects. It asks for the whole cover, not for the subjects that
// were met: a change is rare, and to do a transaction again is cheap.
func (k *keys) Holds(within time.Duration) error {
	since, moved := k.since, k.moved
	k.since, k.moved = nil, false
	if since == nil {
		return nil
	}
	l := k.store.lease.Load()
	switch {
	case l == nil || k.store.config.Clock()+within >= l.until:
		return ErrNoLease
	case moved || l.view != since:
		return fmt.Errorf("cover: version %d after %d: %w", l.view.version, since.version, stream.ErrStale)
	}
	return nil
}

// turn goes over to another version of the cover.
func (k *keys) turn(v *view) {
	k.view, k.tree, k.halves = v, v.period(k.period), nil
	k.cache.clear()
	if k.tree != nil {
		k.halves = k.tree.halves.clone()
		k.top = v.top(k.tree)
	}
}

// derive puts the key of a subject into the cache.
func (k *keys) derive(digest *Digest) (*entry, error) {
	if k.tree == nil {
		return nil, ErrErased // the period ended, or never began
	}
	var secret seed
	generation, err := uint16(0), ErrErased
	if k.tree.early {
		err = k.secretOf(&secret, leafOf(digest, 0))
	}
	if errors.Is(err, ErrErased) {
		if generation, err = k.view.state(digest); err == nil {
			err = k.secretOf(&secret, leafOf(digest, generation))
		}
	}
	if err != nil {
		return nil, err
	}
	e := k.cache.take(digest)
	e.at = Locator{Period: k.tree.id, Generation: generation}
	subjectKey(&e.key, &secret, digest, generation)
	return e, nil
}

// secretOf writes the secret of a leaf to s.
func (k *keys) secretOf(s *seed, leaf uint64) error {
	above := k.top.above(leaf)
	if above == nil {
		return k.tree.derive(k.halves, leaf, s)
	}
	*s = *above
	k.halves.descend(s, leaf, topLevel, depth)
	return nil
}

// leafOf is the leaf of a subject's generation: of the first the digest's first
// bits, of any other those of a hash of digest and generation.
func leafOf(digest *Digest, generation uint16) uint64 {
	if generation == 0 {
		return binary.BigEndian.Uint64(digest[:])
	}
	var b [64]byte
	text := append(append(b[:0], "lethe subject generation 1 "...), digest[:]...)
	sum := sha256.Sum256(binary.BigEndian.AppendUint16(text, generation))
	return binary.BigEndian.Uint64(sum[:])
}

// subjectKey derives a key from the leaf's secret, the subject's whole digest and
// the generation, so that subjects who share a leaf share no key. It is the one-step
// function of NIST SP 800-56C Rev. 2 §4.1 with SHA-256, whose input is of one length
// and fills one block. Nothing is drawn (L6).
func subjectKey(key *Key, secret *seed, digest *Digest, generation uint16) {
	var b [4 + len(secret) + len(digest) + 2]byte
	b[3] = 1 // the counter
	copy(b[4:], secret[:])
	copy(b[4+len(secret):], digest[:])
	binary.BigEndian.PutUint16(b[len(b)-2:], generation)
	*key = sha256.Sum256(b[:])
	clear(b[:])
}

// Commit is what stands for a subject with that key in the index of subjects, as
// package stream has it: the first half of SHA-256(key ‖ label). The key is of one
// length, and no purpose that others are derived for is the label.
func Commit(key *Key) stream.Commitment {
	const label = "lethe index 1"
	var b [keySize + len(label)]byte
	copy(b[:], key[:])
	copy(b[keySize:], label)
	sum := sha256.Sum256(b[:])
	clear(b[:])
	return stream.Commitment(sum[:16])
}

// topLevel is the level that whole trees are expanded to beforehand: 16 levels less
// to go for a subject who was not met yet, for 1 MiB.
const topLevel = 16

// top has the seeds of a level of a tree, as far as nothing is punctured there.
type top struct {
	seeds [1 << topLevel]seed
	whole [1 << topLevel]bool
}

// above returns the seed above a leaf, or nil.
func (t *top) above(leaf uint64) *seed {
	if i := leaf >> (depth - topLevel); t.whole[i] {
		return &t.seeds[i]
	}
	return nil
}

// top expands a tree for all who use the view.
func (v *view) top(t *tree) *top {
	v.expanding.Lock()
	defer v.expanding.Unlock()
	if v.tops[t.id] == nil {
		x := new(top)
		x.fill(t, t.halves.clone(), &t.root, 0, 0)
		v.tops[t.id] = x
	}
	return v.tops[t.id]
}

// fill expands the whole slots down to a few levels; what lies on pages further
// below would take longer to read than it saves.
func (x *top) fill(t *tree, h *halves, s *slot, level int, way uint64) {
	if s.whole {
		x.expand(h, &s.secret, level, way)
		return
	}
	if level >= topLevel/2 {
		return
	}
	p, err := t.load(s, level, way)
	if err != nil || p.inner == nil {
		return // whoever needs the page meets the error
	}
	for i := range p.inner {
		x.fill(t, h, &p.inner[i], level+fanBits, way|uint64(i)<<(depth-fanBits-level))
	}
}

func (x *top) expand(h *halves, s *seed, level int, way uint64) {
	if level == topLevel {
		i := way >> (depth - topLevel)
		x.seeds[i], x.whole[i] = *s, true
		return
	}
	for side := range uint64(2) {
		var below seed
		h.child(&below, s, side)
		x.expand(h, &below, level+1, way|side<<(depth-1-level))
	}
}
