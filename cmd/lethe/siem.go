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
		hint := "lethe siem rules > lethe-sigma.yml"
		if what != "." {
			hint = strict.Suggest(what, []string{"rules", "pipeline", "dashboards"})
		}
		return &stream.Fault{Code: "cli.args", Msg: fmt.Sprintf("nothing is called %q here", what), Hint: hint}
	}
	if err == nil {
		_, err = io.WriteString(c.out, text)
	}
	return err
}
