package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"lethe/stream"
)

// Main runs a command of bench until it is done or interrupted, and ends the process
// with the code that it gives.
func Main(command func(ctx context.Context, args []string) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// Exit tells the faults of a command and gives its exit code. Asking for help is none.
func Exit(err error, complaints io.Writer) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	code := stream.ExitFault
	for _, f := range stream.Faults(err) {
		fmt.Fprintln(complaints, f)
		if f.Exit == 0 {
			f.Exit = stream.ExitInput
		}
		code = max(code, f.Exit)
	}
	return code
}
