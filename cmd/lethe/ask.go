package main

import (
	"bufio"
	"context"
	"errors"
	stdio "io"
	"os"
	"strings"

	"lethe/stream"
)

// awaited is what a person gives, who may type Ctrl-C instead.
func awaited[T any](ctx context.Context, give func() (T, error)) (T, error) {
	type given struct {
		what T
		err  error
	}
	done := make(chan given, 1)
	go func() {
		what, err := give()
		done <- given{what, err}
	}()
	select {
	case g := <-done:
		return g.what, g.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// interrupted says what Ctrl-C left undone: what, such as "nothing was erased". Any
// other error is told as it is.
func interrupted(ctx context.Context, err error, what, again string) error {
	if ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return &stream.Fault{Code: "cli.interrupted", Msg: "interrupted: " + what, Hint: again, Exit: stream.ExitEnvironment}
}

// prompt tells a person at a terminal what standard input is to be.
func prompt(io console, what string) {
	if f, ok := io.in.(*os.File); ok && isTerminal(f) {
		stdio.WriteString(io.err, what+", end with Ctrl-D:\n")
	}
}

// answers is where a person answers a question who gave standard input for
// something else: the terminal, if there is one.
func answers(io console) (from stdio.Reader, closed func()) {
	if f, ok := io.in.(*os.File); ok && isTerminal(f) {
		return f, func() {}
	}
	if columns(io.err) > 0 {
		if tty, err := os.Open("/dev/tty"); err == nil {
			return tty, func() { tty.Close() }
		}
	}
	return strings.NewReader(""), func() {}
}

// confirmed asks a person to type yes. Nobody there is no.
func confirmed(ctx context.Context, io console, from stdio.Reader, question string, no *stream.Fault) error {
	answer := ""
	if !*io.json {
		tellf(io.out, "\n%s Type yes: ", question)
		flush(io.out)
		var err error
		answer, err = awaited(ctx, func() (string, error) {
			line, _ := bufio.NewReader(from).ReadString('\n')
			return line, nil
		})
		if err != nil {
			tellf(io.out, "\n")
			return err
		}
	}
	if strings.TrimSpace(answer) == "yes" {
		return nil
	}
	return no
}
