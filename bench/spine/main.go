// Command spine measures the way of the data, PostgreSQL → raw topic → masked
// topic → Parquet, with the stages, the broker, the keyring and the audit log
// that `lethe run` uses.
//
// It makes a database of its own on the server that it is given, and drops it
// with its slots at the end. First the rows that are there go hop by hop, each
// hop alone in the process, so that its CPU time is its own; then changes are
// written by another process while all hops run; then changes come at a steady
// rate and their delay is taken. PostgreSQL's and the writer's CPU time are not
// counted, the embedded broker's is.
//
// Promise: L7 unprintable: the server's password and the values of rows stand in
// no error, no result and no argument of another process.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"lethe/audit"
	"lethe/bench"
	"lethe/stream"
	"lethe/stream/kafka"
)

const usage = `usage: go run ./bench/spine --postgres URL [flags]

  --postgres URL   superuser on a server with wal_level=logical
  --kafka ADDRS    brokers of Apache Kafka instead of the embedded one
  --rows N         rows of the snapshot (1000000)
  --changes N      inserts while all hops run (500000)
  --rate N         changes a second while the delay is taken (1000)
  --seconds N      for so long; 0 leaves it out (30)
  --detect         mask by as many rules as bench/mask: three columns hashed, four redacted,
                   and personal data found in the notes
  --profile DIR    keep the CPU profiles there
  --peer debezium  measure Debezium too, on the same brokers and a table of its own;
                   needs --kafka, Java and Maven, and 500000 rows or more: with
                   fewer it is the JVM's warming up that is measured
  --peers DIR      where the peers' files lie (bench/peers)
  --figures FILE   measure on the embedded broker, then on --kafka beside Debezium, and
                   write figures and profiles into FILE, where bench/README.md
                   has them
  --json           print the result as JSON
`

// options are the flags.
type options struct {
	postgres, kafka, profile, peer, peers, figures string

	json, detect bool

	load bench.Workload
}

func main() {
	bench.Main(func(ctx context.Context, args []string) int {
		return command(ctx, args, os.Stdin, os.Stdout, os.Stderr)
	})
}

func command(ctx context.Context, args []string, in io.Reader, out, complaints io.Writer) int {
	err := func() error {
		if len(args) == 1 && args[0] == writerVerb {
			return write(ctx, in)
		}
		o, err := parse(args, complaints)
		if err != nil {
			return err
		}
		if o.figures != "" {
			return figures(ctx, o, complaints)
		}
		r, err := run(ctx, o, complaints)
		if err != nil {
			return err
		}
		if o.json {
			enc := json.NewEncoder(out)
			enc.SetIndent("", "  ")
			return enc.Encode(r)
		}
		report(out, r)
		return nil
	}()
	return bench.Exit(err, complaints)
}

func parse(args []string, complaints io.Writer) (options, error) {
	o := options{load: bench.Workload{Columns: columns}}
	f := flag.NewFlagSet("spine", flag.ContinueOnError)
	f.SetOutput(complaints)
	f.Usage = func() { fmt.Fprint(complaints, usage) }
	f.StringVar(&o.postgres, "postgres", "", "")
	f.StringVar(&o.kafka, "kafka", "", "")
	f.StringVar(&o.profile, "profile", "", "")
	f.StringVar(&o.peer, "peer", "", "")
	f.StringVar(&o.peers, "peers", "bench/peers", "")
	f.StringVar(&o.figures, "figures", "", "")
	f.BoolVar(&o.detect, "detect", false, "")
	f.BoolVar(&o.json, "json", false, "")
	f.Int64Var(&o.load.Rows, "rows", 1_000_000, "")
	f.Int64Var(&o.load.Changes, "changes", 500_000, "")
	f.IntVar(&o.load.Rate, "rate", 1000, "")
	f.IntVar(&o.load.Seconds, "seconds", 30, "")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case o.postgres == "":
		return o, &stream.Fault{Code: "bench.postgres", Path: "--postgres", Msg: "no server is named",
			Hint: "write --postgres postgres://user@host:5432/postgres, of a superuser on a server with wal_level=logical; ./test.sh --servers starts one"}
	case o.peer != "" && (o.peer != peerDebezium || o.kafka == ""):
		return o, &stream.Fault{Code: "bench.peer", Path: "--peer", Msg: "this peer cannot be measured", Hint: "write --peer debezium --kafka HOST:PORT; ./test.sh --servers starts a broker"}
	case f.NArg() > 0 || o.load.Rows < 1 || o.load.Changes < 0 || o.load.Rate < 1 || o.load.Seconds < 0:
		return o, &stream.Fault{Code: "bench.flags", Msg: "these flags make no workload", Hint: "see --help"}
	}
	if o.figures != "" {
		return o, forFigures(o)
	}
	return o, nil
}

// Words of flags and results.
const (
	peerDebezium    = "debezium"
	brokersEmbedded = "embedded"
)

// run measures, and leaves nothing behind but the profiles that were asked for.
func run(ctx context.Context, o options, progress io.Writer) (_ bench.Result, err error) {
	r := bench.Result{Workload: o.load, Machine: bench.Machine{CPUs: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}, Brokers: brokersEmbedded}
	if o.kafka != "" {
		r.Brokers = o.kafka
	}
	m := &meter{profiles: o.profile, say: func(format string, args ...any) { fmt.Fprintf(progress, format+"\n", args...) }}
	dir, err := os.MkdirTemp("", "lethe-bench-")
	if err != nil {
		return r, fmt.Errorf("directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if m.profiles == "" {
		m.profiles = filepath.Join(dir, "profiles")
	}
	if err := os.MkdirAll(m.profiles, 0o755); err != nil {
		return r, fmt.Errorf("profiles: %w", err)
	}
	err = onTable(ctx, o, m, func(db *database) error { return spine(ctx, o, m, filepath.Join(dir, "world"), db, &r) })
	if err != nil || o.peer == "" {
		return r, err
	}
	err = onTable(ctx, o, m, func(db *database) (err error) {
		d := &debezium{cluster: kafka.Cluster{Brokers: strings.Split(o.kafka, ",")}, db: db, work: filepath.Join(m.profiles, o.peer)}
		if err := d.start(ctx, o.peers, o.kafka); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.stop(context.WithoutCancel(ctx))) }()
		p, err := d.measure(ctx, m, o.load)
		r.Peers = append(r.Peers, p)
		return err
	})
	return r, err
}

// onTable has something done with a table of its own, in a database of its own.
func onTable(ctx context.Context, o options, m *meter, do func(*database) error) (err error) {
	db, err := create(ctx, o.postgres)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.drop(context.WithoutCancel(ctx))) }()
	m.say("filling %d rows of %d columns", o.load.Rows, columns)
	if err := db.fill(ctx, o.load.Rows); err != nil {
		return err
	}
	return do(db)
}

// spine measures Lethe.
func spine(ctx context.Context, o options, m *meter, dir string, db *database, r *bench.Result) (err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	audit.RouteDriverLog(log)
	w, err := open(ctx, dir, db.url, o.kafka, policy(o.detect), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close(context.WithoutCancel(ctx))) }()
	follower := begin(ctx, w.follower.Follow)
	defer follower.stop()
	if r.Hops, err = w.snapshot(ctx, m, o.load.Rows); err != nil {
		return err
	}
	if o.load.Changes > 0 {
		hop, delays, err := w.live(ctx, m, o.load)
		if err != nil {
			return err
		}
		r.Hops, r.Latency = append(r.Hops, hop), delays
	}
	if n := w.quarantined(); n > 0 {
		return fmt.Errorf("%d rows were quarantined: they were not measured as delivered", n)
	}
	return nil
}
