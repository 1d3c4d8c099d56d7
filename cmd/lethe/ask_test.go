package main

import (
	"context"
	"errors"
	stdio "io"
	"strings"
	"testing"

	"lethe/stream"
)

// Who waits for a person who types Ctrl-C instead says what was not done, at once.
func TestCtrlCEndsWhatWaitsForAPerson(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	silent, _ := stdio.Pipe()
	out := new(strings.Builder)
	io := console{in: silent, out: out, err: out, json: new(bool)}
	_, err := awaited(ctx, func() ([][]byte, error) { return identifiers(io) })
	for _, err := range []error{err, confirmed(ctx, io, silent, "erase?", &stream.Fault{Msg: "nobody said yes"})} {
		var f *stream.Fault
		if err = interrupted(ctx, err, nothingErased, "again"); !errors.As(err, &f) || f.Msg != "interrupted: nothing was erased" || f.Exit != stream.ExitEnvironment {
			t.Errorf("told as %v", err)
		}
	}
	if other := errors.New("other"); interrupted(ctx, other, nothingErased, "") != other {
		t.Error("another error is not told as it is")
	}
}

func TestNobodyToAskIsNo(t *testing.T) {
	io := console{in: strings.NewReader("yes\n"), out: stdio.Discard, err: stdio.Discard, json: new(bool)}
	from, closed := answers(io)
	defer closed()
	no := &stream.Fault{Msg: "no"}
	if err := confirmed(t.Context(), io, from, "erase?", no); err != error(no) {
		t.Errorf("what was given for something else is taken for an answer: %v", err)
	}
	if err := confirmed(t.Context(), io, io.in, "rotate?", no); err != nil {
		t.Errorf("yes is %v", err)
	}
}
