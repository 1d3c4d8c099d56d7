package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"lethe/audit"
	"lethe/stream"
)

// receipt is what reports read of a receipt: hashes are left alone.
type receipt struct {
	Stage, Connection, Source, Worker, Build, Time string
	Detail                                         *stream.Hash
	Streams                                        []stream.StreamCount
	Parts                                          []struct {
		Topic     string
		Partition int32
		To        string
		Out       []struct {
			Topic     string
			Partition int32
			Last      stream.Int64
		}
		Object, Evidence string
		Rows             *stream.Int64
	}
}

// read is an entry that was read.
type read struct {
	ID, Kind string // Kind is "" for a leaf that is no entry
	Body     json.RawMessage
	receipt  receipt // of a receipt, which has no Body
	index    int64
}

// isReceipt is what entries of receipts hold; others may hold it, too.
var isReceipt = []byte(`"kind":"receipt"`)

// readEntry reads an entry; a receipt in one pass, since they are most of a log.
func readEntry(l audit.Leaf) (out read, err error) {
	out.index = l.Index
	if l.Entry == nil {
		return out, nil
	}
	if bytes.Contains(l.Entry, isReceipt) {
		var e struct {
			ID, Kind string
			Body     receipt
		}
		if json.Unmarshal(l.Entry, &e) == nil && e.Kind == stream.EntryReceipt {
			return read{ID: e.ID, Kind: e.Kind, receipt: e.Body, index: l.Index}, nil
		}
	}
	if err := json.Unmarshal(l.Entry, &out); err != nil {
		return out, fmt.Errorf("leaf %d: %w", l.Index, err)
	}
	if out.Kind == stream.EntryReceipt {
		return out, fmt.Errorf("leaf %d: a receipt that is none", l.Index)
	}
	return out, nil
}

// some are leaves that are read together.
type some struct {
	leaves  []audit.Leaf
	entries []read
	err     error
	done    chan struct{}
}

// together is how many leaves those are.
const together = 512

// inOrder calls each with the entries of the log, oldest first; they are read by as
// many goroutines as there are CPUs.
func inOrder(ctx context.Context, r *audit.Reader, each func(*read) error) error {
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
			if s.err != nil {
				return s.err
			}
			for i := range s.entries {
				if err := each(&s.entries[i]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return g.Wait()
}

func (s *some) read() {
	defer close(s.done)
	s.entries = make([]read, len(s.leaves))
	for i, l := range s.leaves {
		if s.entries[i], s.err = readEntry(l); s.err != nil {
			return
		}
	}
	s.leaves = nil
}
