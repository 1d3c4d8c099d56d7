package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	stdio "io"

	"lethe/cmd/internal/pipe"
	"lethe/stream"
)

// Verbs that stand in a pipe read lines from standard input, write lines to
// standard output, tell broken ones, and go on.

// noDir parses the arguments of a verb that works on standard input.
func (f *flags) noDir(io console, args []string) error {
	dir, err := f.parse(io, args)
	if err == nil && dir != "." {
		err = &stream.Fault{Code: "cli.args", Msg: fmt.Sprintf("lines come from standard input, not from %s", dir), Hint: f.first()}
	}
	return err
}

// piped is the error of a job on lines as a person reads it.
func piped(err error) error {
	if errors.Is(err, context.Canceled) {
		return &stream.Fault{Code: "cli.interrupted", Msg: "interrupted: not every line was worked on", Exit: stream.ExitEnvironment}
	}
	if f := (*stream.Fault)(nil); err != nil && !errors.As(err, &f) {
		return &stream.Fault{Code: "cli.pipe", Msg: err.Error(), Exit: stream.ExitEnvironment}
	}
	return err
}

// longestInput bounds a line of a verb that reads all of standard input first.
const longestInput = 1 << 20

// inputLines calls each with every line of standard input, without its end; the
// slice is reused. fault makes a fault of what is wrong with a line.
func inputLines(io console, each func(line []byte) error, fault func(msg string) error) error {
	in := bufio.NewScanner(io.in)
	in.Buffer(nil, longestInput)
	for in.Scan() {
		if err := each(bytes.TrimSuffix(in.Bytes(), []byte("\r"))); err != nil {
			return err
		}
	}
	err := in.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		return fault("this line is longer than 1 MiB")
	}
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	return nil
}

// mostTold is how many broken lines are told one by one.
const mostTold = 20

// brokenLines tells which lines cannot be read.
type brokenLines struct {
	to    console
	first string // how to call the verb
	could string // what was to be done with a line, such as read
	n     int
}

// tell takes a refusal. Its reason holds nothing of the line (L7).
func (b *brokenLines) tell(r pipe.Refusal) error {
	if b.n++; b.n <= mostTold {
		tellf(b.to.err, "line %d: %s\n", r.Number, r.Why)
	} else if b.n == mostTold+1 {
		fmt.Fprintln(b.to.err, "more broken lines are counted, not told")
	}
	return nil
}

// fault says at the end that there were broken lines.
func (b *brokenLines) fault() error {
	if b.n == 0 {
		return nil
	}
	return &stream.Fault{Code: "cli.lines", Msg: count(b.n, "line") + " could not be " + b.could + "; the others were worked on", Hint: "see the numbers above; " + b.first}
}

// firstLines reads up to n lines that are not empty.
func firstLines(ctx context.Context, in stdio.Reader, n int) (all [][]byte, err error) {
	enough := errors.New("enough")
	_, err = pipe.Job{In: in, Out: lineWriter(func(line []byte) error {
		if len(all) == n {
			return enough
		}
		all = append(all, bytes.Clone(line))
		return nil
	}), Refused: func(pipe.Refusal) error { return nil }, New: func() (pipe.Worker, error) {
		return pipe.Each(func(dst, line []byte, _ int) ([]byte, error) { return append(append(dst, line...), '\n'), nil }), nil
	}}.Run(ctx)
	if errors.Is(err, enough) {
		err = nil
	}
	return all, piped(err)
}

// lineWriter is called with each line that is written, without its end.
type lineWriter func(line []byte) error

// Write implements io.Writer. A call holds whole lines.
func (w lineWriter) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		if err := w(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
