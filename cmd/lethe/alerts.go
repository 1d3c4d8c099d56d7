package main

import (
	"context"
	"io"

	"lethe/cmd/internal/wire"
	"lethe/stream"
)

const alertsUsage = `usage: lethe alerts

Prints alert rules for Prometheus over what lethe run tells at /metrics
(docs/health.md): a log that nobody writes, that is behind, whose checkpoint is old or
lacks the witnesses' quorum, a mirror or SIEM that is behind, raw records that wait
too long, a stage that fails.

  lethe alerts > lethe-alerts.yml        # rule_files: [lethe-alerts.yml]
`

func showAlerts(_ context.Context, c console, args []string) error {
	dir, err := newFlags(alertsUsage).parse(c, args)
	if err != nil {
		return err
	}
	if dir != "." {
		return &stream.Fault{Code: "cli.args", Path: dir, Msg: "the rules are the same for every folder", Hint: "lethe alerts > lethe-alerts.yml"}
	}
	_, err = io.WriteString(c.out, wire.Alerts())
	return err
}
