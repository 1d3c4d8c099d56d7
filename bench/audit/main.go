// Command audit measures what the audit log costs: to append receipts, to find one
// among millions and prove it, to check the proof, and to gather a report from all.
//
// The log is a real one, written by the follower: an enrolment, and receipts as a mask
// stage writes them, one for each batch of records. The peer is golang.org/x/mod/sumdb's
// tlog, which computes the same tree, with its tiles synced to the same disk.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"lethe/bench"
	"lethe/stream"
)

const usage = `usage: go run ./bench/audit [flags]

  --entries N     entries of the log (1000000: of a run's beginning, and of batches ingested and masked in turn; each takes some 800 bytes of disk)
  --records N     records of a batch (500)
  --proofs N      records that are proven (1000)
  --peer N        entries that the peer appends (200000)
  --dir DIR       where the log lies; the disk under it is measured (a temporary one)
  --figures FILE  write the figures into FILE, where bench/README.md has them
`

// name is what the figures of this command are filed under.
const name = "audit"

type options struct {
	entries, records, proofs, peer int
	dir, figures                   string
}

func main() {
	bench.Main(func(ctx context.Context, args []string) int { return command(ctx, args, os.Stdout, os.Stderr) })
}

func command(ctx context.Context, args []string, out, complaints io.Writer) int {
	return bench.Exit(run(ctx, args, out, complaints), complaints)
}

func parse(args []string, complaints io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(complaints)
	f.Usage = func() { fmt.Fprint(complaints, usage) }
	f.IntVar(&o.entries, "entries", 1_000_000, "")
	f.IntVar(&o.records, "records", 500, "")
	f.IntVar(&o.proofs, "proofs", 1000, "")
	f.IntVar(&o.peer, "peer", 200_000, "")
	f.StringVar(&o.dir, "dir", "", "")
	f.StringVar(&o.figures, "figures", "", "")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 || o.entries < beginning+2 || o.records < 1 || o.proofs < 1 || o.peer < beginning {
		return o, &stream.Fault{Code: "bench.flags", Msg: "these flags make no workload", Hint: "see --help"}
	}
	return o, nil
}

func run(ctx context.Context, args []string, out, complaints io.Writer) (err error) {
	o, err := parse(args, complaints)
	if err != nil {
		return err
	}
	if o.figures != "" {
		if err := bench.HasFigures(o.figures, name); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp(o.dir, "lethe-bench-")
	if err != nil {
		return &stream.Fault{Code: "bench.dir", Path: "--dir", Msg: "a log cannot be kept there", Hint: "name a directory that is there, with 1 GB free for each million entries", Exit: stream.ExitEnvironment}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := results{busy: bench.Load(), options: o}
	if err := r.measure(ctx, dir, complaints); err != nil {
		return err
	}
	if o.figures == "" {
		_, err := io.WriteString(out, r.markdown())
		return err
	}
	return bench.WriteFigures(o.figures, name, r.markdown())
}
