package subject

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lethe/stream"
)

// Why a cover is refused.
var (
	// ErrBehind says that the cover does not know the last shreds, or is older
	// than one that was seen before: a backup, or a puncture that is still to be
	// made. Puncture what the shreds log holds after [Store.Last], and ask again.
	ErrBehind = errors.New("cover is behind the shreds log")
	// ErrRestored says that the cover's root key was destroyed or is another's: a
	// backup was restored. There is no way back from a cover that fits no root key.
	ErrRestored = errors.New("cover and root key do not belong together")
)

// Files holds small files under names of letters, digits and -, each written
// once. It is safe for concurrent use, also by several processes. A keyring's driver
// has it.
type Files interface {
	// Create makes a file whole and durable, or returns an error; then the file
	// may be there or not. One that is there is an error wrapping fs.ErrExist.
	Create(name string, data []byte) error
	// Read returns size bytes from at on, or all from there if size is -1. No
	// such file is an error wrapping fs.ErrNotExist.
	Read(name string, at int64, size int) ([]byte, error)
	// Names lists the files, in order.
	Names() ([]string, error)
	// Remove removes a file for good. One that is not there is no error.
	Remove(name string) error
	// Lock keeps others out until unlock is called or the process ends. It does
	// not wait: if another has it, it returns an error.
	Lock() (unlock func() error, err error)
}

// leaseTime is how long somebody may go on without looking at the cover again.
const leaseTime = time.Minute

// Config says where a workspace's cover and its root keys are.
type Config struct {
	Cover Files // pages and heads
	Roots Files // wrapped root keys; never in one backup with Cover
	// Keyring wraps each root key under a period of its own, which is destroyed
	// with it.
	Keyring stream.Keyring
	// Clock tells the time since any moment; it never goes back.
	Clock func() time.Duration
	// Memory is how many bytes of pages a lease keeps, 256 MiB if it is 0. More than
	// that are read again and again; those of 10⁶ erased subjects are 720 MB.
	Memory int64
}

// Store is the cover of a workspace. It is safe for concurrent use, also by
// several processes, and cannot be printed.
type Store struct {
	config Config
	lease  atomic.Pointer[lease]
	seen   atomic.Uint64 // the newest version

	changing sync.Mutex // a change takes as long as the disk does
	renewing sync.Mutex // and a lease must not wait for it
}

// Create makes a cover of nobody, unless there is one.
func Create(ctx context.Context, config Config) error {
	s := &Store{config: config}
	return s.locked(func() error {
		versions, err := s.roots()
		if err != nil || len(versions) > 0 {
			return err
		}
		if names, err := config.Cover.Names(); err != nil || len(names) > 0 && slices.ContainsFunc(names, isHead) {
			return errors.Join(err, fmt.Errorf("cover: %w: there is a cover and no root key", ErrRestored))
		}
		return s.commit(ctx, newCover(config.Cover, config.Memory))
	})
}

func isHead(name string) bool {
	version, ok := numberOf(name, headPrefix)
	return ok && version > 1 // what an interrupted Create left has no keys that anybody used
}

// Open opens a cover and completes what a crash interrupted. It does not vouch for
// it: that does [Store.Lease].
func Open(config Config) (*Store, error) {
	s := &Store{config: config}
	return s, s.locked(func() error {
		_, err := s.settle()
		return err
	})
}

// Last returns the number of the last shred that the cover knows.
func (s *Store) Last() (uint64, error) {
	c, err := s.newest()
	if err != nil {
		return 0, err
	}
	return c.shred, nil
}

// Puncture erases subjects in every period, in one step, and names shred as the
// last that the cover knows. On return the root key that could open what was
// before is destroyed. If it returns an error the step may be made or not, and it
// is to be repeated; who is erased already stays so.
func (s *Store) Puncture(ctx context.Context, shred uint64, digests []Digest) error {
	return s.change(ctx, func(c *cover) error {
		if shred < c.shred {
			return fmt.Errorf("puncture: shred %d after %d", shred, c.shred)
		}
		c.shred = shred
		for i := range digests {
			if err := c.erase(&digests[i]); err != nil {
				return fmt.Errorf("puncture: %w", err)
			}
		}
		return nil
	})
}

// Return gives erased subjects who came back their next generation. What was
// written before stays unreadable.
func (s *Store) Return(ctx context.Context, digests []Digest) error {
	return s.change(ctx, func(c *cover) error {
		for i := range digests {
			if err := c.comeBack(&digests[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Begin makes the trees of retention periods that have none.
func (s *Store) Begin(ctx context.Context, periods ...string) error {
	return s.change(ctx, func(c *cover) error {
		for _, name := range periods {
			if err := c.begin(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// End erases a whole retention period. One that is not there is no error.
func (s *Store) End(ctx context.Context, period string) error {
	return s.change(ctx, func(c *cover) error { c.end(period); return nil })
}

// Periods lists the retention periods by number.
func (s *Store) Periods() (map[uint16]string, error) {
	c, err := s.newest()
	if err != nil {
		return nil, err
	}
	names := map[uint16]string{}
	for _, t := range c.periods {
		names[t.id] = t.name
	}
	return names, nil
}

// change makes the next version of the cover.
func (s *Store) change(ctx context.Context, apply func(*cover) error) error {
	return s.locked(func() error {
		c, err := s.settle()
		if err == nil {
			err = apply(c)
		}
		if err == nil {
			err = s.commit(ctx, c)
		}
		return err
	})
}

// locked runs f while no other process changes the cover.
func (s *Store) locked(f func() error) (err error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	unlock, err := s.config.Cover.Lock()
	if err != nil {
		return fmt.Errorf("cover: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return f()
}

// commit stores the next version:
//
//	pages → head, sealed under a new root key → the new root key, wrapped
//	→ the old root key is destroyed → old files are removed
//
// The new root key makes the version: before, what was written is noise that
// settle removes; after, the old version goes, now or by settle at the next
// opening. In between both can be read, and nobody was told yet that anybody is
// erased.
func (s *Store) commit(ctx context.Context, c *cover) error {
	h, err := c.store(ctx)
	if err != nil {
		return fmt.Errorf("cover: store pages: %w", err)
	}
	var root [keySize]byte
	rand.Read(root[:])
	defer clear(root[:])
	plain, err := json.Marshal(h)
	if err != nil {
		return err
	}
	defer clear(plain)
	if err := s.config.Cover.Create(headName(c.version), seal(&root, plain, aboutHead(c.version))); err != nil {
		return fmt.Errorf("cover: store head: %w", err)
	}
	wrapped, err := s.config.Keyring.Wrap(rootPeriod(c.version), root[:])
	if err != nil {
		return fmt.Errorf("cover: wrap root key: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.config.Roots.Create(rootName(c.version), wrapped); err != nil {
		return fmt.Errorf("cover: store root key: %w", err)
	}
	_, err = s.settle()
	return err
}

// rootPeriod is the keyring's period that a version's root key is wrapped under.
func rootPeriod(version uint64) string { return fmt.Sprintf("subjects/%016x", version) }

// settle returns the newest version, as it is stored, and leaves nothing of any
// other: first the root keys of older ones go (L5), then their files.
func (s *Store) settle() (*cover, error) {
	c, err := s.newest()
	if err != nil {
		return nil, err
	}
	versions, err := s.roots()
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		if v >= c.version {
			continue
		}
		if err := s.config.Keyring.Destroy(rootPeriod(v)); err != nil {
			return nil, fmt.Errorf("cover: destroy root key: %w", err)
		}
		if err := s.config.Roots.Remove(rootName(v)); err != nil {
			return nil, fmt.Errorf("cover: remove root key: %w", err)
		}
	}
	names, err := s.config.Cover.Names()
	if err != nil {
		return nil, fmt.Errorf("cover: %w", err)
	}
	for _, name := range names {
		version, isHead := numberOf(name, headPrefix)
		number, isPages := numberOf(name, pagesPrefix)
		if isHead && version != c.version || isPages && c.files[number] == nil {
			if err := s.config.Cover.Remove(name); err != nil {
				return nil, fmt.Errorf("cover: remove what is older: %w", err)
			}
		}
	}
	return c, nil
}

// newest reads the newest version. A change that is made meanwhile is seen or
// not.
func (s *Store) newest() (*cover, error) {
	for {
		seen := s.seen.Load()
		versions, err := s.roots()
		if err != nil {
			return nil, err
		}
		if len(versions) == 0 {
			return nil, &stream.Fault{Code: "subjects.missing", Msg: "the cover of the erased has no root key",
				Hint: "restore the directory of root keys as it was last; without it what is encrypted per subject cannot be read", Exit: stream.ExitEnvironment}
		}
		version := versions[len(versions)-1]
		c, err := s.open(version)
		if err == nil && version < seen {
			err = fmt.Errorf("cover: version %d after %d: %w", version, seen, ErrBehind)
		}
		if err == nil {
			for ; version > seen && !s.seen.CompareAndSwap(seen, version); seen = s.seen.Load() {
			}
			return c, nil
		}
		if again, other := s.roots(); other == nil && !slices.Contains(again, version) {
			continue // it was replaced while it was read
		}
		return nil, err
	}
}

// open reads a version.
func (s *Store) open(version uint64) (*cover, error) {
	wrapped, err := s.config.Roots.Read(rootName(version), 0, -1)
	if err != nil {
		return nil, fmt.Errorf("cover: root key: %w", err)
	}
	key, err := s.config.Keyring.Unwrap(rootPeriod(version), wrapped)
	if errors.Is(err, stream.ErrDestroyed) {
		return nil, fmt.Errorf("cover: version %d: %w: %w", version, ErrRestored, err)
	}
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("cover: root key of version %d: %w", version, errors.Join(err, errSealed))
	}
	defer clear(key)
	sealed, err := s.config.Cover.Read(headName(version), 0, -1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cover: no version %d to its root key: %w", version, ErrRestored)
	}
	if err != nil {
		return nil, fmt.Errorf("cover: head: %w", err)
	}
	c, err := openHead(s.config.Cover, s.config.Memory, (*[keySize]byte)(key), sealed, version)
	if err != nil {
		return nil, fmt.Errorf("cover: head of version %d: %w", version, err)
	}
	return c, nil
}

// roots lists the versions whose root keys are there, oldest first.
func (s *Store) roots() ([]uint64, error) {
	names, err := s.config.Roots.Names()
	if err != nil {
		return nil, fmt.Errorf("root keys: %w", err)
	}
	var versions []uint64
	for _, name := range names {
		if v, ok := numberOf(name, rootPrefix); ok {
			versions = append(versions, v)
		}
	}
	slices.Sort(versions)
	return versions, nil
}

var _ Subjects = (*keys)(nil)
