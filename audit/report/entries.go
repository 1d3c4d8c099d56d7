package report

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"lethe/audit"
	"lethe/audit/receipt"
	"lethe/stream"
)

// read is an entry that was read.
type read struct {
	audit.Entry                 // without a kind for a leaf that is no entry, or no readable one
	receipt     receipt.Receipt // of a receipt
	index       int64
}

// some are leaves that are read together.
type some struct {
	leaves  []audit.Leaf
	entries []read
	done    chan struct{}
}

// together is how many leaves those are.
const together = 512

// inOrder calls each with the entries of the log, oldest first; they are read by as
// many goroutines as there are CPUs.
func inOrder(ctx context.Context, r *audit.Reader, each func(*read)) error {
	g, ctx := errgroup.WithContext(ctx)
	todo, order := make(chan *some, runtime.GOMAXPROCS(0)), make(chan *some, 4*runtime.GOMAXPROCS(0))
	g.Go(func() error {
		defer close(todo)
		defer close(order)
		next := &some{done: make(chan struct{})}
		hand := func() error {
			for _, to := range []chan *some{order, todo} {
				select {
				case to <- next:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			next = &some{done: make(chan struct{})}
			return nil
		}
		err := r.Scan(ctx, 0, func(l audit.Leaf) error {
			next.leaves = append(next.leaves, l)
			if len(next.leaves) < together {
				return nil
			}
			return hand()
		})
		if err != nil {
			return err
		}
		return hand()
	})
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for s := range todo {
				s.read()
			}
			return nil
		})
	}
	g.Go(func() error {
		for s := range order {
			select {
			case <-s.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			for i := range s.entries {
				each(&s.entries[i])
			}
		}
		return nil
	})
	return g.Wait()
}

func (s *some) read() {
	defer close(s.done)
	s.entries = make([]read, len(s.leaves))
	var d receipt.Decoder
	for i, l := range s.leaves {
		s.entries[i].read(l, &d)
	}
	s.leaves = nil
}

// read reads a leaf's entry, and its body if that is a receipt, as most are.
func (e *read) read(l audit.Leaf, d *receipt.Decoder) {
	e.index = l.Index
	e.Entry, _ = audit.ReadEntry(l.Entry)
	// Whoever can write to the audit topic could else have no report made any more.
	if e.Kind == stream.EntryReceipt && d.Read(e.Body, &e.receipt) != nil {
		e.Entry = audit.Entry{}
	}
}
