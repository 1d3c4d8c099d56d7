package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lethe/audit"
	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/stream"
)

const runUsage = `usage: lethe run [--once] [--log-level LEVEL] [--json] [DIR]

Runs the folder's connections until it is stopped: reads the sources, masks
under the policy, loads the sinks, and writes every step into the audit log.
SIGTERM and Ctrl-C finish what is in flight. Killed in any other way it goes on
where the last transaction ended. The log goes to standard error, in JSON.

  --once             read what the sources have, carry it to the sinks, and stop
  --log-level LEVEL  debug, info, warn or error; by default info
  --json             print the result of --once as JSON
`

func run(ctx context.Context, io streams, args []string) error {
	f := newFlags(runUsage)
	f.JSON()
	once := f.Bool("once", false, "")
	level := f.String("log-level", "info", "")
	dir, err := f.parse(io, args)
	if err != nil {
		return err
	}
	var at slog.Level
	if err := at.UnmarshalText([]byte(*level)); err != nil {
		return &stream.Fault{Code: "cli.flag", Msg: fmt.Sprintf("log level %q", *level), Hint: "lethe run --log-level debug " + dir}
	}
	log := slog.New(slog.NewJSONHandler(plainJSON{io.err}, &slog.HandlerOptions{Level: at}))
	audit.RouteDriverLog(log)
	folder, err := config.Load(dir, io.env)
	if err != nil {
		return err
	}
	// The folder's own faults come before those that they would make elsewhere: a
	// second run would find the source in use.
	if err := errors.Join(wire.Held(folder.State), keyed(folder)); err != nil {
		return err
	}
	if err := ready(ctx, io, folder, log); err != nil {
		return err
	}
	w, err := wire.Open(ctx, folder, log)
	if err != nil {
		return err
	}
	defer w.Close()
	w.Notice = func(s stream.Schema) { log.Info("shape of a stream", "stream", s.Stream, "columns", len(s.Fields)) }
	var told sync.Map
	refused := &refusals{log: log, dir: dir}
	w.Masked = func(connection, name string, c stream.MaskCount) {
		refused.add(connection, name, c.Quarantined)
		if c.Unlisted() == 0 {
			return
		}
		if _, before := told.LoadOrStore(connection+"/"+name, true); !before {
			log.Warn("members that no contract lists are being redacted", "connection", connection, "stream", name, "next", "lethe discover "+dir)
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	sctx, stopServing := context.WithCancel(gctx)
	if folder.Metrics != "" {
		g.Go(func() error { return w.Serve(sctx, folder.Metrics) })
	}
	g.Go(func() error {
		defer stopServing()
		if !*once {
			return w.Run(gctx)
		}
		return runOnce(gctx, io, w, refused, dir)
	})
	return g.Wait()
}

// sourcePatience is how long run waits for sources that cannot be read yet: a
// server that starts, a slot whose last owner was killed a moment ago.
const sourcePatience = 15 * time.Second

// ready asks every source whether it can be read, and tells of streams that
// nobody decided on before anything of them is read.
func ready(ctx context.Context, io streams, folder *config.Folder, log *slog.Logger) error {
	for began := time.Now(); ; {
		err := reachable(ctx, io, folder)
		if err == nil {
			break
		}
		for _, f := range stream.Faults(err) {
			if f.Exit != stream.ExitEnvironment || time.Since(began) > sourcePatience {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
	return warnUndecided(ctx, folder, log, "next")
}

func runOnce(ctx context.Context, io streams, w *wire.Workspace, refused *refusals, dir string) error {
	began := time.Now()
	var last wire.Progress
	if err := w.Once(ctx, func(p wire.Progress) { last = p }); err != nil {
		return err
	}
	if *io.json {
		return showJSON(io, struct {
			wire.Progress
			Refused []refusal `json:"refused,omitempty"`
		}{last, refused.list()})
	}
	tellf(io.out, "ingested %d, masked %d (%d to quarantine), loaded %d in %s\n",
		last.Ingested, last.Masked, last.Quarantined, last.Loaded, time.Since(began).Round(time.Millisecond))
	for _, r := range refused.list() {
		tellf(io.out, "  to quarantine: %d of %s\n", r.Records, r.where())
		if next := r.next(dir); next != "" {
			tellf(io.out, "    → %s\n", next)
		}
	}
	tellf(io.out, "next: lethe verify %s\n", dir)
	return nil
}

// refusal counts the records of a stream that went to quarantine for one reason.
type refusal struct {
	Connection string `json:"connection"`
	Stream     string `json:"stream"`
	Reason     string `json:"reason"`
	Field      string `json:"field,omitempty"`
	Records    int64  `json:"records"`
}

// where says what was refused and why.
func (r refusal) where() string {
	at := r.Stream
	if r.Field != "" {
		at += "/" + r.Field
	}
	switch r.Reason {
	case "parked":
		return at + ": parked behind an earlier record of the same key"
	case stream.ReasonNoContract:
		return at + ": no contract when it was first read"
	}
	return at + ": " + r.Reason
}

// next says what to do about it; "" where that is said of another record, or
// nothing that a person wrote is the reason.
func (r refusal) next(dir string) string {
	reason, _, _ := strings.Cut(r.Reason, ".")
	source, _, _ := strings.Cut(r.Stream, ".")
	again := ", then " + wire.Anew(source)
	switch reason {
	case stream.ReasonNoContract:
		return "lethe discover " + dir + ", read its contract and policy" + again
	case stream.ReasonType, stream.ReasonNull, stream.ReasonRequired, stream.ReasonSchema:
		return "mend the contract" + again + "; see README, Quarantine"
	case stream.ReasonOperator, stream.ReasonNormal:
		return "mend the policy" + again + "; see README, Quarantine"
	}
	return ""
}

// refusals adds up what goes to quarantine, and logs each kind once.
type refusals struct {
	log *slog.Logger
	dir string
	mu  sync.Mutex
	all []refusal
}

// add takes counts of a stream's records, by reason and field.
func (r *refusals) add(connection, name string, counts map[string]map[string]stream.Int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for reason, fields := range counts {
		for field, n := range fields {
			r.addOne(refusal{connection, name, reason, field, int64(n)})
		}
	}
}

func (r *refusals) addOne(new refusal) {
	for i := range r.all {
		if a := &r.all[i]; a.Connection == new.Connection && a.Stream == new.Stream && a.Reason == new.Reason && a.Field == new.Field {
			a.Records += new.Records
			return
		}
	}
	told := slices.ContainsFunc(r.all, func(a refusal) bool { return a.Stream == new.Stream && a.Reason == new.Reason })
	r.all = append(r.all, new)
	if new.Reason == stream.ReasonNoContract {
		if !told {
			r.log.Warn("a stream was read before it had a contract: its records go to quarantine, also once it has one", "stream", new.Stream, "next", new.next(r.dir))
		}
		return
	}
	said := []any{"connection", new.Connection, "stream", new.Stream, "reason", new.Reason, "field", new.Field}
	if next := new.next(r.dir); next != "" {
		said = append(said, "next", next)
	}
	r.log.Warn("records go to quarantine", said...)
}

func (r *refusals) list() []refusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}
