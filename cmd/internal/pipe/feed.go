package pipe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	"golang.org/x/sync/semaphore"
)

// feeder cuts what is read into batches.
type feeder struct {
	ctx         context.Context
	memory      *semaphore.Weighted
	spare       *sync.Pool
	work, order chan<- *batch

	buf    buffers // of the batch that is being read
	number int     // lines before it
	skip   bool    // inside of a line that is too long
}

// feed reads in to its end.
func feed(in io.Reader, f *feeder) error {
	bom := true
	for {
		f.grow()
		text := f.buf[0]
		n, err := in.Read(text[len(text):cap(text)])
		fresh := len(text)
		f.buf[0] = text[:fresh+n]
		if bom && (len(f.buf[0]) >= 3 || err != nil) {
			bom = false
			if rest, ok := bytes.CutPrefix(f.buf[0], []byte("\xef\xbb\xbf")); ok {
				f.buf[0] = f.buf[0][:copy(f.buf[0], rest)]
				fresh = 0
			}
		}
		if i := bytes.LastIndexByte(f.buf[0][min(fresh, len(f.buf[0])):], '\n'); i >= 0 {
			if err := f.lines(fresh + i + 1); err != nil {
				return err
			}
		}
		if f.skip || len(f.buf[0]) > Limit {
			f.skip, f.buf[0] = true, f.buf[0][:0]
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return err
			}
			return f.lines(len(f.buf[0]))
		}
	}
}

// grow makes room for what is read next.
func (f *feeder) grow() {
	text := f.buf[0]
	if room := cap(text) - len(text); room >= chunk/2 {
		return
	}
	bigger := make([]byte, len(text), max(chunk, min(2*cap(text), Limit+chunk)))
	copy(bigger, text)
	f.buf[0] = bigger
}

// lines gives the first end bytes, which are whole lines, to the workers, and
// begins the next batch with the rest.
func (f *feeder) lines(end int) error {
	if f.skip {
		// The end of the line that was too long, and what follows.
		first := len(f.buf[0][:end])
		if i := bytes.IndexByte(f.buf[0][:end], '\n'); i >= 0 {
			first = i + 1
		}
		f.skip = false
		f.number++
		if err := f.send(&batch{first: f.number, tooLong: true}); err != nil {
			return err
		}
		f.buf[0] = f.buf[0][:copy(f.buf[0], f.buf[0][first:])]
		end -= first
	}
	if end == 0 {
		return nil
	}
	b := &batch{first: f.number + 1, text: f.buf[0][:end], out: f.buf[1][:0]}
	rest := f.buf[0][end:]
	f.number += bytes.Count(b.text, []byte("\n"))
	f.buf = *f.spare.Get().(*buffers)
	f.buf[0] = append(f.buf[0][:0], rest...)
	return f.send(b)
}

func (f *feeder) send(b *batch) error {
	b.weight, b.ready = min(int64(len(b.text)), inWork), make(chan struct{})
	if err := f.memory.Acquire(f.ctx, b.weight); err != nil {
		return err
	}
	for _, to := range []chan<- *batch{f.order, f.work} {
		select {
		case <-f.ctx.Done():
			return f.ctx.Err()
		case to <- b:
		}
	}
	return nil
}
