// Command subject measures what the keys of data subjects cost: to derive one, to
// encrypt a value under it, to erase somebody, and how large the cover is that is
// left, with nobody, ten thousand and a million erased.
//
// Persons are erased as `lethe erase` does it, in batches and on a disk: each batch
// is a new version of the cover, and the root key of the last is destroyed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"lethe/bench"
	"lethe/stream"
)

const usage = `usage: go run ./bench/subject [flags]

  --erased NUMBERS  how many persons are erased when keys are measured (0,10000,1000000)
  --batch N         persons of one batch (1000)
  --alone N         persons who are erased one by one then (100)
  --rounds N        rounds of which the median is told (5)
  --dir DIR         where the covers lie; the disk under it is measured (a temporary one)
  --figures FILE    write the figures into FILE, where bench/README.md has them
`

// name is what the figures of this command are filed under.
const name = "subject"

type options struct {
	erased               []int
	batch, alone, rounds int
	dir, figures         string
}

func main() {
	bench.Main(func(ctx context.Context, args []string) int { return command(ctx, args, os.Stdout, os.Stderr) })
}

func command(ctx context.Context, args []string, out, complaints io.Writer) int {
	return bench.Exit(run(ctx, args, out, complaints), complaints)
}

func parse(args []string, complaints io.Writer) (options, error) {
	o, erased := options{}, ""
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(complaints)
	f.Usage = func() { fmt.Fprint(complaints, usage) }
	f.StringVar(&erased, "erased", "0,10000,1000000", "")
	f.IntVar(&o.batch, "batch", 1000, "")
	f.IntVar(&o.alone, "alone", 100, "")
	f.IntVar(&o.rounds, "rounds", 5, "")
	f.StringVar(&o.dir, "dir", "", "")
	f.StringVar(&o.figures, "figures", "", "")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	for number := range strings.SplitSeq(erased, ",") {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 {
			return o, &stream.Fault{Code: "bench.flags", Path: "--erased", Msg: "these are no numbers of persons", Hint: "write --erased 0,10000"}
		}
		o.erased = append(o.erased, n)
	}
	if f.NArg() > 0 || o.batch < 1 || o.alone < 1 || o.rounds < 1 {
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
		return &stream.Fault{Code: "bench.dir", Path: "--dir", Msg: "covers cannot be kept there", Hint: "name a directory that is there, with 3 GB free", Exit: stream.ExitEnvironment}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := results{busy: bench.Load(), options: o}
	for i, n := range o.erased {
		f, err := measure(ctx, o, fmt.Sprintf("%s/%d", dir, i), n, complaints)
		if err != nil {
			return fmt.Errorf("%d erased: %w", n, err)
		}
		r.figures = append(r.figures, f)
	}
	if o.figures == "" {
		_, err := io.WriteString(out, r.markdown())
		return err
	}
	return bench.WriteFigures(o.figures, name, r.markdown())
}
