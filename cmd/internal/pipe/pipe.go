// Package pipe carries lines from a reader to a writer through workers, on all
// cores and in their order.
//
// Its words are line, worker and refusal. It knows nothing of what lines hold. What
// came is worked on at once, so that it serves in a pipe whose other end waits for
// an answer. Lines of white space are skipped, the last line needs no end, and
// lines may be as long as Limit; what is in work at once is bounded by memory.
package pipe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
	"syscall"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

// Limit is how long a line may be, in bytes: a record of 64 MiB, and what is
// around it.
const Limit = 80 << 20

// ErrTooLong is why a line longer than Limit is refused; its text is not kept.
var ErrTooLong = errors.New("longer than 80 MiB")

// ErrFault is why a line on which a worker panicked is refused. What the panic says may
// be of the line: it is not kept.
var ErrFault = errors.New("this build has a fault that shows on it")

// Worker works on lines. It is used by one goroutine at a time.
type Worker interface {
	// Line appends what becomes of a line to dst, or says why nothing does. It may
	// keep results back, to work on some of them at once. number counts from 1.
	Line(dst, line []byte, number int) ([]byte, error)
	// Flush appends what was kept back. Lines that came together end with it.
	Flush(dst []byte) []byte
}

// Each is a worker that keeps nothing back.
type Each func(dst, line []byte, number int) ([]byte, error)

// Line implements Worker.
func (e Each) Line(dst, line []byte, number int) ([]byte, error) { return e(dst, line, number) }

// Flush implements Worker.
func (Each) Flush(dst []byte) []byte { return dst }

// Refusal is a line that a worker refused.
type Refusal struct {
	Number int
	Line   []byte // valid until the call that carries it returns
	Why    error
}

// Job is what is to be done.
type Job struct {
	In  io.Reader
	Out io.Writer
	// New makes the worker of a goroutine.
	New func() (Worker, error)
	// Refused hears of each refusal in the order of lines. An error ends the job.
	Refused func(Refusal) error
}

// Result counts lines: skipped ones are in none of them.
type Result struct{ Done, Refused int }

const (
	chunk   = 64 << 10
	inWork  = 2 * Limit // bytes
	queued  = 64        // batches
	pooling = 1 << 20   // larger buffers are given back
)

// batch is a run of whole lines.
type batch struct {
	first   int    // number of the first line
	text    []byte // with line ends, but perhaps for the last
	tooLong bool   // text was not kept
	weight  int64

	out      []byte
	done     int
	refusals []Refusal
	broken   []int // numbers of lines on which a worker panicked
	lost     bool  // it panicked on no line, but on all together
	ready    chan struct{}
}

// Run carries In to Out until In ends. A reader of Out that went away is no
// error: it has what it wanted.
func (j Job) Run(ctx context.Context) (Result, error) {
	var total Result
	g, gctx := errgroup.WithContext(ctx)
	memory, spare := semaphore.NewWeighted(inWork), &sync.Pool{New: func() any { return new(buffers) }}
	work, order := make(chan *batch), make(chan *batch, queued)
	read := make(chan error, 1)
	go func() { // not waited for: In may never give anything again
		err := feed(j.In, &feeder{ctx: gctx, memory: memory, spare: spare, work: work, order: order})
		close(work)
		close(order)
		read <- err
	}()
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			worker, err := j.New()
			if err != nil {
				return err
			}
			for {
				select {
				case <-gctx.Done():
					return gctx.Err()
				case b, more := <-work:
					if !more {
						return nil
					}
					for !b.work(worker) {
						// What else the worker kept back is not to be trusted.
						if worker, err = j.New(); err != nil {
							return err
						}
					}
					close(b.ready)
				}
			}
		})
	}
	g.Go(func() error {
		for {
			b, err := next(gctx, order)
			if b == nil || err != nil {
				return err
			}
			if err := j.deliver(b, &total); err != nil {
				return err
			}
			memory.Release(b.weight)
			b.recycle(spare)
		}
	})
	err := g.Wait()
	if errors.Is(err, syscall.EPIPE) {
		return total, nil
	}
	if err == nil {
		err = <-read
	}
	return total, err
}

// next waits for the batch whose turn it is; nil at the end.
func next(ctx context.Context, order <-chan *batch) (*batch, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case b, more := <-order:
		if !more {
			return nil, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-b.ready:
			return b, nil
		}
	}
}

func (j Job) deliver(b *batch, total *Result) error {
	if len(b.out) > 0 {
		if _, err := j.Out.Write(b.out); err != nil {
			return err
		}
	}
	total.Done += b.done
	for _, r := range b.refusals {
		total.Refused++
		if err := j.Refused(r); err != nil {
			return err
		}
	}
	return nil
}

// work gives every line to the worker, but those on which one panicked before. It
// returns false if this one did.
func (b *batch) work(w Worker) (whole bool) {
	b.out, b.done, b.refusals = b.out[:0], 0, b.refusals[:0]
	if b.tooLong {
		b.refusals = append(b.refusals, Refusal{b.first, nil, ErrTooLong})
		return true
	}
	number := b.first
	defer func() {
		if recover() != nil {
			b.lost = b.lost || slices.Contains(b.broken, number)
			b.broken = append(b.broken, number)
		}
	}()
	for rest := b.text; len(rest) > 0; number++ {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(bytes.TrimLeft(line, " \t\r")) == 0 {
			continue
		}
		if b.lost || slices.Contains(b.broken, number) {
			b.refusals = append(b.refusals, Refusal{number, line, ErrFault})
			continue
		}
		before := len(b.out)
		out, err := w.Line(b.out, line, number)
		if err != nil {
			b.out = out[:before]
			b.refusals = append(b.refusals, Refusal{number, line, err})
			continue
		}
		b.out = out
		b.done++
	}
	if !b.lost {
		b.out = w.Flush(b.out)
	}
	return true
}

// buffers of batches, text and output.
type buffers [2][]byte

// recycle gives the buffers of a batch that was delivered to the next.
func (b *batch) recycle(spare *sync.Pool) {
	if cap(b.text)+cap(b.out) < pooling {
		spare.Put(&buffers{b.text[:0], b.out[:0]})
	}
}
