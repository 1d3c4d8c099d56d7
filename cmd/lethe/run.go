package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/stream"
)

const runUsage = `usage: lethe run [--once] [--allow-quarantine] [--log-level LEVEL] [--log-format json|text] [--json] [DIR]

Runs the folder's connections until it is stopped: reads the sources, masks
under the policy, loads the sinks, and writes every step into the audit log.
SIGTERM and Ctrl-C finish what is in flight. Killed in any other way it goes on
where the last transaction ended. The log goes to standard error.

  --once               read what the sources have, carry it to the sinks, and stop
  --allow-quarantine   with --once: exit code 0 although records went to quarantine
  --log-level LEVEL    debug, info, warn or error; by default info
  --log-format FORMAT  json, or text for people, which is the default where
                       standard error is a terminal
  --json               print the result of --once as JSON

run --once ends with exit code 1 if it sent records to quarantine.
`

func run(ctx context.Context, io console, args []string) error {
	f := newFlags(runUsage)
	f.JSON()
	once := f.Bool("once", false, "")
	allow := f.Bool("allow-quarantine", false, "")
	level := f.String("log-level", "info", "")
	format := f.String("log-format", logFormat(io), "")
	dir, err := f.parse(io, args)
	if err != nil {
		return err
	}
	log, err := runLog(io, *format, *level, dir)
	if err != nil {
		return err
	}
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
	w, err := wire.Open(ctx, folder, log, service(io.env))
	if err != nil {
		return err
	}
	defer w.Close()
	w.Notice = func(s stream.Schema) { log.Info("shape of a stream", "stream", s.Stream, "columns", len(s.Fields)) }
	var told sync.Map
	refused := &refusals{log: log, dir: dir, operator: w.Operator}
	if *format == "text" {
		w.Every = 10 * time.Second
	}
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
		return runOnce(gctx, io, w, refused, dir, *allow)
	})
	err = folder.Placed(g.Wait())
	if err == nil && !*once && *format == "text" {
		showStopped(io, w.Progress(), refused.list(), dir)
	}
	return err
}

// logFormat is the format that is not asked for: people get lines.
func logFormat(io console) string {
	if columns(io.err) > 0 {
		return "text"
	}
	return "json"
}

// actionLog is the log of a verb that a person waits for: what goes wrong, no more.
func actionLog(io console, dir string) (*slog.Logger, error) {
	return runLog(io, logFormat(io), "warn", dir)
}

// runLog is a log on standard error.
func runLog(io console, format, level, dir string) (log *slog.Logger, err error) {
	var at slog.Level
	if err := at.UnmarshalText([]byte(level)); err != nil {
		return nil, &stream.Fault{Code: "cli.flag", Msg: fmt.Sprintf("log level %q", level), Hint: "lethe run --log-level debug " + dir}
	}
	switch format {
	case "json":
		log = slog.New(slog.NewJSONHandler(plainJSON{unfitted(io.err)}, &slog.HandlerOptions{Level: at}))
	case "text":
		log = slog.New(logLines{to: io.err, mu: new(sync.Mutex), level: at, clock: true})
	default:
		return nil, &stream.Fault{Code: "cli.flag", Msg: fmt.Sprintf("log format %q", format), Hint: "lethe run --log-format text " + dir}
	}
	return log, nil
}

// showStopped is the last word of a run that was told to stop.
func showStopped(io console, p wire.Progress, refused []refusal, dir string) {
	tellf(io.err, "stopped: ingested %d, delivered %d, quarantined %d, loaded %d; everything is committed\n", p.Ingested, p.Masked, p.Quarantined, p.Loaded)
	showRefused(io.err, refused, dir)
	tellf(io.err, "next: lethe run %s goes on from here; lethe verify %s checks the log and the lake\n", dir, dir)
}

// sourcePatience is how long run waits for sources that cannot be read yet: a
// server that starts, a slot whose last owner was killed a moment ago.
const sourcePatience = 15 * time.Second

// ready asks every source whether it can be read, and tells of streams that
// nobody decided on before anything of them is read.
func ready(ctx context.Context, io console, folder *config.Folder, log *slog.Logger) error {
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

func runOnce(ctx context.Context, io console, w *wire.Workspace, refused *refusals, dir string, allow bool) error {
	began := time.Now()
	var last wire.Progress
	if err := w.Once(ctx, func(p wire.Progress) { last = p }); err != nil {
		return err
	}
	var found error
	if last.Quarantined > 0 && !allow {
		found = errShown
	}
	if *io.json {
		err := showJSON(io, struct {
			wire.Progress
			Refused []refusal `json:"refused,omitempty"`
		}{last, refused.list()})
		return cmp.Or(err, found)
	}
	tellf(io.out, "ingested %d, masked %d, quarantined %d, loaded %d in %s\n",
		last.Ingested, last.Masked, last.Quarantined, last.Loaded, time.Since(began).Round(time.Millisecond))
	showRefused(io.out, refused.list(), dir)
	tellf(io.out, "next: lethe verify %s\n", dir)
	return found
}
