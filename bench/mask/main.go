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
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"time"

	"lethe/bench"
	"lethe/stream"
)

const usage = `usage: go run ./bench/mask [flags]

  --records N        events to go round in (20000)
  --rounds N         rounds of which the median is told (5)
  --only NAMES       measure these workloads only, separated by commas: customers, schema
                     (and its checks), library (its checks by a JSON Schema library), names
                     (found in text, too), mixed (four tables, columns in any order)
  --peers NAMES      measure these beside ours: benthos, maskfield (needs Java and Maven),
                     presidio (needs Python)
  --folder DIR       where the peers' files lie (bench/peers)
  --cpuprofile FILE  write a CPU profile of ours there
  --figures FILE     measure all workloads, the first ones without assembly of ours too, and
                     all peers, and write the figures into FILE, where bench/README.md has
                     them
  --json             print the figures as JSON
`

// figure is what one side came to.
type figure struct {
	Name        string        `json:"name"`
	Record      time.Duration `json:"ns_per_record"` // CPU time, the median of the rounds
	Best        time.Duration `json:"best_ns_per_record"`
	Bytes       int64         `json:"bytes_per_record"`
	Allocations float64       `json:"allocations_per_record"` // below 0: not measured
	Note        string        `json:"note,omitempty"`
	Skipped     string        `json:"skipped,omitempty"` // why there is no figure
}

func (f figure) perSecond() float64 { return 1e9 / float64(max(f.Record, 1)) }

type options struct {
	records, rounds               int
	only, peers, profile, figures string
	folder                        string
	json                          bool
}

func main() {
	bench.Main(func(ctx context.Context, args []string) int { return command(ctx, args, os.Stdout, os.Stderr) })
}

func command(ctx context.Context, args []string, out, complaints io.Writer) int {
	return bench.Exit(run(ctx, args, out, complaints), complaints)
}

func parse(args []string, complaints io.Writer) (options, error) {
	o := options{}
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(complaints)
	f.Usage = func() { fmt.Fprint(complaints, usage) }
	f.IntVar(&o.records, "records", 20000, "")
	f.IntVar(&o.rounds, "rounds", 5, "")
	f.StringVar(&o.only, "only", "", "")
	f.StringVar(&o.peers, "peers", "", "")
	f.StringVar(&o.folder, "folder", "bench/peers", "")
	f.StringVar(&o.profile, "cpuprofile", "", "")
	f.StringVar(&o.figures, "figures", "", "")
	f.BoolVar(&o.json, "json", false, "")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 || o.records < 1 || o.rounds < 1 || o.figures != "" && (o.only != "" || o.json || o.profile != "") {
		return o, &stream.Fault{Code: "bench.flags", Msg: "these flags make no workload", Hint: "see --help"}
	}
	return o, nil
}

func run(ctx context.Context, args []string, out, complaints io.Writer) error {
	o, err := parse(args, complaints)
	if err != nil {
		return err
	}
	peers, err := chosen(o.peers)
	if err != nil {
		return err
	}
	if o.figures != "" {
		return figures(ctx, o, complaints)
	}
	all, err := oursOf(o)
	if err != nil {
		return err
	}
	for _, p := range peers {
		f, err := p.measure(ctx, o, complaints)
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	if o.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	return report(out, all)
}

// oursOf measures the workloads of ours that were asked for.
func oursOf(o options) ([]figure, error) {
	sides, err := workloads(o)
	if err != nil {
		return nil, err
	}
	return profiled(o.profile, func() ([]figure, error) { return measure(sides, o.rounds, 300*time.Millisecond) })
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
