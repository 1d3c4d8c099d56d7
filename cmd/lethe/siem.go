package main

import (
	"context"
	"fmt"
	"io"

	"lethe/audit/siem/content"
	"lethe/rules/strict"
	"lethe/stream"
)

const siemUsage = `usage: lethe siem rules|pipeline|dashboards

Prints what a SIEM does with the audit events that run sends to it (siem: in
lethe.yaml, docs/siem.md).

  rules        Sigma rules: many values opened, a policy weakened, a log that was
               changed, a new column, an old checkpoint, a new worker key
  pipeline     what gives the rules the field names of OCSF, for pySigma; without
               it they have those of format ecs
  dashboards   saved objects for OpenSearch Dashboards, for format ecs
`

func siemContent(_ context.Context, c console, args []string) error {
	f := newFlags(siemUsage)
	what, err := f.parse(c, args)
	if err != nil {
		return err
	}
	var text string
	switch what {
	case "rules":
		text, err = content.Rules()
	case "pipeline":
		text, err = content.Pipeline()
	case "dashboards":
		text, err = content.Dashboards()
	default:
		msg, hint := "it needs rules, pipeline or dashboards", "lethe siem rules > lethe-sigma.yml"
		if what != "." {
			msg, hint = fmt.Sprintf("nothing is called %q here", what), strict.Suggest(what, []string{"rules", "pipeline", "dashboards"})
		}
		return &stream.Fault{Code: "cli.args", Msg: msg, Hint: hint}
	}
	if err == nil {
		_, err = io.WriteString(c.out, text)
	}
	return err
}
