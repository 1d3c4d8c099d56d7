package main

import (
	"context"
	"errors"
	"fmt"
	stdio "io"
	"os/exec"

	"lethe/cmd/internal/demo"
	"lethe/stream"
)

const demoUsage = `usage: lethe demo [--keep DIR] [--force] [--postgres URL] [--customers N] [--json]

Makes an invented shop with 100,000 customers and 300,000 orders in SQLite,
streams it into Parquet with personal data masked under pdpa-th and gdpr, then
changes it and streams again; verifies the log; and shows that a changed bit
is found. What it made stays in ./lethe-demo, so that every other verb can be
tried on it. It needs no server.

  --keep DIR       where to make it, by default ./lethe-demo
  --force          replace what an earlier demo made there
  --postgres URL   put the shop into a schema lethe_demo of this PostgreSQL
                   (wal_level=logical) and stream it by logical replication
  --customers N    a smaller or larger shop; orders are three times as many
  --json           print what was measured and found as JSON
`

func demonstrate(ctx context.Context, io console, args []string) error {
	f := newFlags(demoUsage)
	f.JSON()
	c := demo.Config{Out: unfitted(io.out), Columns: columns(io.out), Env: io.env, By: service(io.env)}
	f.StringVar(&c.Dir, "keep", demo.DefaultDir, "")
	f.BoolVar(&c.Replace, "force", false, "")
	f.StringVar(&c.Postgres, "postgres", "", "")
	f.IntVar(&c.Customers, "customers", 100_000, "")
	dir, err := f.parse(io, args)
	if err != nil {
		return err
	}
	if dir != "." || f.NArg() > 0 {
		return &stream.Fault{Code: "cli.args", Msg: "the demo takes no folder but that of --keep", Hint: "lethe demo --keep DIR"}
	}
	if c.Customers < demo.MinCustomers {
		return &stream.Fault{Code: "cli.args", Path: "--customers", Msg: fmt.Sprintf("the shop has at least %d customers", demo.MinCustomers), Hint: "lethe demo --customers 1000"}
	}
	if *io.json {
		c.Out, c.Columns = stdio.Discard, 0
	}
	c.NewFolder = func(dir, workspace string) error {
		_, err := makeFolder(dir, skeleton{Workspace: workspace, Purpose: "analytics"})
		return err
	}
	c.Discover = func(ctx context.Context, dir string, env func(string) (string, bool)) error {
		return discover(ctx, console{out: stdio.Discard, err: io.err, env: env, json: new(bool)}, []string{dir})
	}
	result, err := demo.Run(ctx, c)
	var refuted *demo.Refuted
	switch {
	case errors.As(err, &refuted) && *io.json:
		return errors.Join(showJSON(io, refuted.Report), errShown)
	case errors.As(err, &refuted):
		showReport(io, refuted.Report)
		return errShown
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return &stream.Fault{Code: "demo.interrupted", Path: c.Dir, Msg: "interrupted; what was made so far stays there", Hint: c.Again() + "   (begins anew)", Exit: stream.ExitEnvironment}
	case err == nil && *io.json:
		return showJSON(io, result)
	case err == nil:
		if _, absent := exec.LookPath("lethe"); absent != nil {
			fmt.Fprintln(io.out, "lethe is no command here yet: go install ./cmd/lethe puts it into $(go env GOPATH)/bin")
		}
	}
	return err
}
