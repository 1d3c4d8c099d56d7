// Command detect measures how well personal data is found, beside Presidio, on
// texts that neither side was made with: their templates are not those that the
// model of names learnt from, and their values come from Faker. Some names are
// coined, since the word lists of the model hold Faker's names, too.
//
// Spans are known by construction. There are two sets, each with values and
// templates of its own: dev, by which rules may be mended, and held-out, whose
// figures are published and from which nothing is learnt.
//
// Presidio has the recognisers of the entities that occur, whatever language
// each is meant for, and is charged with no others.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"lethe/bench"
	"lethe/stream"
)

const usage = `usage: go run ./bench/detect [flags]

  --set NAME      dev, held-out or second (held-out)
  --texts N       texts with personal data; a quarter as many without come on top (2000)
  --no-peer       leave Presidio out
  --model NAME    spaCy's model for Presidio, where it is installed (en_core_web_sm)
  --python FILE   Python with what bench/peers/presidio/requirements.txt lists; one is
                  made with pip, once, if none is named
  --peers DIR     where the scripts lie (bench/peers/presidio)
  --keep DIR      write texts, gold spans and findings there as JSON lines
  --details       tell every entity
  --figures FILE  write the table into FILE, where bench/README.md has it
`

// name is what the figures of this command are filed under.
const name = "detect"

type options struct {
	set, model, python, peers, keep, figures string

	texts           int
	noPeer, details bool
}

func main() {
	bench.Main(func(ctx context.Context, args []string) int { return command(ctx, args, os.Stdout, os.Stderr) })
}

func command(ctx context.Context, args []string, out, complaints io.Writer) int {
	return bench.Exit(measure(ctx, args, out, complaints), complaints)
}

func parse(args []string, complaints io.Writer) (o options, s set, err error) {
	f := flag.NewFlagSet("detect", flag.ContinueOnError)
	f.SetOutput(complaints)
	f.Usage = func() { fmt.Fprint(complaints, usage) }
	f.StringVar(&o.set, "set", "held-out", "")
	f.IntVar(&o.texts, "texts", 2000, "")
	f.BoolVar(&o.noPeer, "no-peer", false, "")
	f.StringVar(&o.model, "model", "en_core_web_sm", "")
	f.StringVar(&o.python, "python", "", "")
	f.StringVar(&o.peers, "peers", "bench/peers/presidio", "")
	f.StringVar(&o.keep, "keep", "", "")
	f.BoolVar(&o.details, "details", false, "")
	f.StringVar(&o.figures, "figures", "", "")
	if err := f.Parse(args); err != nil {
		return o, s, err
	}
	for _, one := range sets {
		if one.name == o.set {
			s = one
		}
	}
	if s.name == "" || o.texts < 20 || f.NArg() > 0 {
		return o, s, &stream.Fault{Code: "bench.flags", Msg: "these flags ask for no texts", Hint: "see --help"}
	}
	return o, s, nil
}

func measure(ctx context.Context, args []string, out, complaints io.Writer) error {
	o, s, err := parse(args, complaints)
	if err != nil {
		return err
	}
	if o.figures != "" {
		if err := bench.HasFigures(o.figures, name); err != nil {
			return err
		}
	}
	if o.python == "" {
		if o.python, err = bench.Python(ctx, o.peers, func(line string) { fmt.Fprintln(complaints, line) }); err != nil {
			return &stream.Fault{Code: "bench.python", Path: "--python", Msg: err.Error(), Hint: "make one with pip, and name it", Exit: stream.ExitEnvironment}
		}
	}
	v, err := makeValues(ctx, o.python, o.peers, s, max(100, o.texts/5))
	if err != nil {
		return err
	}
	r := &result{set: s}
	if r.texts, err = makeTexts(v, s, o.texts); err != nil {
		return err
	}
	found := map[string]map[string][]span{}
	if _, r.patterns, err = ours(r.texts, false); err != nil {
		return err
	}
	if found["lethe"], r.names, err = ours(r.texts, true); err != nil {
		return err
	}
	r.ours = judge(r.texts, found["lethe"])
	if !o.noPeer {
		r.peer = &presidio{python: o.python, peers: o.peers, model: o.model}
		if found["presidio"], err = r.peer.find(ctx, r.texts); err != nil {
			return err
		}
		r.theirs = judge(r.texts, found["presidio"])
	}
	if o.keep != "" {
		if err := keep(o.keep, r.texts, found); err != nil {
			return err
		}
	}
	fmt.Fprint(out, r.markdown())
	if o.details {
		fmt.Fprintf(out, "\nLethe\n%s", details(r.ours))
		if r.theirs != nil {
			fmt.Fprintf(out, "\nPresidio\n%s", details(r.theirs))
		}
	}
	if o.figures != "" {
		return bench.WriteFigures(o.figures, name, r.markdown())
	}
	return nil
}
