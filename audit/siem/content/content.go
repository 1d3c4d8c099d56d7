// Package content holds what a SIEM does with audit events: Sigma rules for what is
// worth an alarm, a pipeline that gives them the field names of OCSF, and dashboards for
// OpenSearch. The files are written by hand; the rules and dashboards have the field
// names of format ecs.
package content

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed sigma/*.yml ocsf-pipeline.yml opensearch-dashboards.ndjson
var files embed.FS

// Rules are all Sigma rules, one YAML document each.
func Rules() (string, error) {
	names, err := fs.Glob(files, "sigma/*.yml")
	if err != nil {
		return "", err
	}
	var all []string
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return "", err
		}
		all = append(all, string(text))
	}
	return strings.Join(all, "---\n"), nil
}

// Pipeline maps the fields of the rules to those of OCSF, as pySigma reads it.
func Pipeline() (string, error) {
	text, err := files.ReadFile("ocsf-pipeline.yml")
	return string(text), err
}

// Dashboards are saved objects of OpenSearch Dashboards, a line each.
func Dashboards() (string, error) {
	text, err := files.ReadFile("opensearch-dashboards.ndjson")
	return string(text), err
}
