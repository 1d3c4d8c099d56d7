// Command mask measures the masking core: change events of 826 bytes under eight
// rules, with free text in which personal data is looked for, 3.2 HMACs a record,
// the salted leaf of each masked record and the root over a batch, on one core.
//
// Peers mask the same events by the same rules in the same run; see bench/peers.
// The events are invented, and the same in every run.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"lethe/masking"
	"lethe/rules/schema"
)

const usage = `usage: go run ./bench/mask [flags]

  --records N        events to go round in (20000)
  --rounds N         rounds of which the median is told (5)
  --only NAMES       measure these workloads only, separated by commas
  --peers NAMES      measure these beside ours: benthos, maskfield (Java, Maven)
  --cpuprofile FILE  write a CPU profile of ours there
  --json             print the figures as JSON

go run -tags purego ./bench/mask measures the portable code.
`

// figure is what one side came to.
type figure struct {
	Name        string        `json:"name"`
	Record      time.Duration `json:"ns_per_record"` // CPU time, the median of the rounds
	Best        time.Duration `json:"best_ns_per_record"`
	Bytes       int64         `json:"bytes_per_record"`
	Allocations float64       `json:"allocations_per_record"` // below 0: not measured
}

func (f figure) perSecond() float64 { return 1e9 / float64(max(f.Record, 1)) }

type options struct {
	records, rounds      int
	only, peers, profile string
	json                 bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, out, complaints io.Writer) error {
	o := options{}
	f := flag.NewFlagSet("mask", flag.ContinueOnError)
	f.SetOutput(complaints)
	f.Usage = func() { fmt.Fprint(complaints, usage) }
	f.IntVar(&o.records, "records", 20000, "")
	f.IntVar(&o.rounds, "rounds", 5, "")
	f.StringVar(&o.only, "only", "", "")
	f.StringVar(&o.peers, "peers", "", "")
	f.StringVar(&o.profile, "cpuprofile", "", "")
	f.BoolVar(&o.json, "json", false, "")
	if err := f.Parse(args); err != nil {
		return err
	}
	sides, err := workloads(o)
	if err != nil {
		return err
	}
	figures, err := profiled(o.profile, func() ([]figure, error) { return measure(sides, o.rounds, 300*time.Millisecond) })
	if err != nil {
		return err
	}
	for _, name := range strings.FieldsFunc(o.peers, func(r rune) bool { return r == ',' }) {
		f, err := peer(ctx, name, o.records)
		if err != nil {
			return err
		}
		figures = append(figures, f)
	}
	if o.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(figures)
	}
	return report(out, figures)
}

// workloads are the sides of ours that were asked for.
func workloads(o options) ([]side, error) {
	var sides []side
	rows, err := schema.ParseRows(rowSchema)
	if err != nil {
		return nil, err
	}
	for _, w := range []struct {
		name     string
		shapes   []shape
		shuffled bool
		schema   *masking.RowSchema
	}{
		{"customers", []shape{customers(false)}, false, nil},
		{"schema", []shape{customers(false)}, false, rows},
		{"names", []shape{customers(true)}, false, nil},
		{"mixed", mixed(), true, nil},
	} {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), w.name) {
			continue
		}
		var plans []masking.Plan
		for _, s := range w.shapes {
			p := s.plan()
			p.Schema = w.schema
			plans = append(plans, p)
		}
		x, err := newOurs(w.name, events(1, o.records, w.shapes, w.shuffled), plans)
		if err != nil {
			return nil, err
		}
		sides = append(sides, side{w.name, len(x.records), x.bytes, x.pass})
	}
	if len(sides) == 0 {
		return nil, fmt.Errorf("no workload is called %s: customers, schema, names, mixed", o.only)
	}
	return sides, nil
}

// profiled runs measure under a CPU profile if there is a file for it.
func profiled(path string, measure func() ([]figure, error)) ([]figure, error) {
	if path == "" {
		return measure()
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, err
	}
	defer pprof.StopCPUProfile()
	return measure()
}

func report(out io.Writer, figures []figure) error {
	fmt.Fprintf(out, "one core of %s/%s, %s; CPU time, median\n\n", runtime.GOOS, runtime.GOARCH, runtime.Version())
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "workload\trecords/s\tns/record\tbest\tbytes\tMB/s\tallocations\tratio")
	for _, f := range figures {
		allocations := "?"
		if f.Allocations >= 0 {
			allocations = fmt.Sprintf("%.2f", f.Allocations)
		}
		fmt.Fprintf(w, "%s\t%.0f\t%d\t%d\t%d\t%.0f\t%s\t%.2f\n", f.Name, f.perSecond(), f.Record.Nanoseconds(), f.Best.Nanoseconds(), f.Bytes,
			f.perSecond()*float64(f.Bytes)/1e6, allocations, f.perSecond()/figures[0].perSecond())
	}
	return w.Flush()
}
