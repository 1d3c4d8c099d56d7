package subject

import (
	"context"
	"errors"
	"sync"
	"testing"
)

// Goroutines ask for keys while others renew the lease, puncture, and store
// everything anew so that the pages of a lease's version go.
func TestKeysAreRightWhileTheCoverChanges(t *testing.T) {
	w, ctx := newWorkplace(t), context.Background()
	w.erase(t, subjects(0, 500))
	kept := map[int]Key{}
	for i := 1000; i < 1100; i++ {
		kept[i] = keyOf(t, w.Subjects("7y"), subject(i))
	}
	done := make(chan struct{})
	s := w.Subjects("7y")
	var workers sync.WaitGroup
	for n := range 4 {
		mine := s.Clone()
		workers.Go(func() {
			for i := n; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				digest, key := subject(1000+i%100), Key{}
				if _, err := mine.Key(&digest, &key); err == nil && key != kept[1000+i%100] || err != nil && !errors.Is(err, ErrNoLease) {
					t.Errorf("subject %d: %v or another key", 1000+i%100, err)
					return
				}
				digest = subject(i % 500)
				if _, err := mine.Key(&digest, &key); !errors.Is(err, ErrErased) && !errors.Is(err, ErrNoLease) {
					t.Errorf("subject %d: %v", i%500, err)
					return
				}
			}
		})
	}
	workers.Go(func() {
		defer close(done)
		other := &Store{config: w.config} // as another process
		for i := range 12 {
			err := other.change(ctx, func(c *cover) error {
				c.rewrite = i%3 == 0
				for d := range 20 {
					digest := subject(2000 + 20*i + d)
					if err := c.erase(&digest); err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil && i%2 == 0 {
				err = w.Lease(0)
			}
			if err != nil {
				t.Errorf("change %d: %v", i, err)
				return
			}
		}
	})
	workers.Wait()
}

func TestPagesThatAreTooManyAreForgottenAndReadAgain(t *testing.T) {
	w := newWorkplace(t)
	before := keyOf(t, w.Subjects("7y"), subject(5000))
	w.erase(t, subjects(0, 3000))
	w.config.Memory = 1 << 16
	w.Store = &Store{config: w.config}
	must(t, w.Lease(0))
	v, err := w.leased()
	must(t, err)
	s := w.Subjects("7y")
	for i := range 300 {
		digest, key := subject(i), Key{}
		if _, err := s.Key(&digest, &key); !errors.Is(err, ErrErased) {
			t.Fatalf("subject %d: %v", i, err)
		}
		if v.pages.bytes.Load() > 1<<16 {
			t.Fatal("pages are kept")
		}
	}
	if keyOf(t, s, subject(5000)) != before {
		t.Error("another key")
	}
}

func TestFilesOfACoverDoNotGrowWithItsVersions(t *testing.T) {
	w := newWorkplace(t)
	w.erase(t, subjects(0, 400))
	for i := range 60 {
		w.erase(t, subjects(400+10*i, 410+10*i))
	}
	all, live := stored(t, w)
	if all > 2*live+2<<20 {
		t.Errorf("%d bytes, of which %d are needed", all, live)
	}
	c, err := w.newest()
	must(t, err)
	sum := int64(0)
	for _, x := range c.trees() {
		namedPages(t, x, &x.root, 0, 0, func(at ref, _ []byte, _ *page) { sum += int64(at.Size) })
	}
	if sum != live {
		t.Errorf("%d bytes are named, %d counted", sum, live)
	}
}

func TestFailedWritesOfNewPeriodsLeaveNone(t *testing.T) {
	w, ctx := newWorkplace(t), context.Background()
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if err := w.Begin(stopped, "9y"); !errors.Is(err, context.Canceled) {
		t.Errorf("begin: %v", err)
	}
	must(t, w.Begin(ctx, "2y"))
	names, err := w.Periods()
	must(t, err)
	if len(names) != 2 || names[1] != "7y" || names[2] != "2y" {
		t.Errorf("periods %v", names)
	}
	noneIsLeft(t, w)
	if err := w.Puncture(ctx, 5, nil); err != nil {
		t.Error(err)
	}
	if err := w.Puncture(ctx, 4, subjects(0, 1)); err == nil {
		t.Error("a shred before the last")
	}
	must(t, Create(ctx, w.config)) // of one that is there it makes none
	if last, err := w.Last(); err != nil || last != 5 {
		t.Errorf("shred %d %v", last, err)
	}
}

// stored is how many bytes a cover's files are, and how many of them it needs.
func stored(tb testing.TB, w *workplace) (all, live int64) {
	tb.Helper()
	c, err := w.newest()
	must(tb, err)
	for _, u := range c.files {
		all, live = all+u.Size, live+u.Live
	}
	return all, live
}
