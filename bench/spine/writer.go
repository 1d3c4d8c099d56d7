package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// writerVerb makes this program the writer: a process of its own, so that its
// CPU time is not counted as the spine's.
const writerVerb = "write-changes"

// writing is what a writer does. It comes over standard input, since arguments
// are for everyone to see (L7).
type writing struct {
	URL   string `json:"url"`
	First int64  `json:"first"` // number of the first row
	Rows  int64  `json:"rows"`
	Batch int64  `json:"batch"` // rows of a transaction
	Rate  int    `json:"rate"`  // transactions a second; 0 for as fast as it goes
}

// write does what standard input asks for.
func write(ctx context.Context, in io.Reader) error {
	var w writing
	if err := json.NewDecoder(in).Decode(&w); err != nil {
		return fmt.Errorf("writer: %w", err)
	}
	conn, err := connect(ctx, w.URL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	began := time.Now()
	for n := int64(0); n*w.Batch < w.Rows; n++ {
		if w.Rate > 0 {
			time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(w.Rate))))
		}
		first := w.First + n*w.Batch
		if err := insert(ctx, conn, first, min(first+w.Batch, w.First+w.Rows)-1); err != nil {
			return err
		}
	}
	return nil
}

// writer is a running writer.
type writer struct {
	done chan struct{} // closed when it has ended, after which err may be read
	err  error
}

func startWriter(ctx context.Context, w writing) (*writer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("writer: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, writerVerb)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("writer: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("writer: %w", err)
	}
	out := bufio.NewWriter(in)
	json.NewEncoder(out).Encode(w)
	out.Flush()
	in.Close()
	x := &writer{done: make(chan struct{})}
	go func() {
		defer close(x.done)
		x.err = cmd.Wait()
	}()
	return x, nil
}

// wait returns when the writer has ended.
func (w *writer) wait() error {
	<-w.done
	if w.err != nil {
		return fmt.Errorf("writer: %w", w.err)
	}
	return nil
}

// appender starts a writer of rows behind those that are there.
type appender func(rows, batch int64, rate int) (*writer, error)

// appendTo appends to a table that has so many rows.
func appendTo(ctx context.Context, url string, have int64) appender {
	return func(rows, batch int64, rate int) (*writer, error) {
		first := have + 1
		have += rows
		return startWriter(ctx, writing{URL: url, First: first, Rows: rows, Batch: batch, Rate: rate})
	}
}
