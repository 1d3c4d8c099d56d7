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
	cmd  *exec.Cmd
	done chan error
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
	x := &writer{cmd: cmd, done: make(chan error, 1)}
	go func() { x.done <- cmd.Wait() }()
	return x, nil
}

// wait returns when the writer has ended.
func (w *writer) wait() error {
	if err := <-w.done; err != nil {
		return fmt.Errorf("writer: %w", err)
	}
	return nil
}
