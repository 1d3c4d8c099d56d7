package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/connectors"
	"lethe/connectors/all"
	"lethe/rules/strict"
	"lethe/stream"
)

// skeleton is what a new folder is made from.
type skeleton struct {
	Workspace, Purpose, Region string
	Sources, Sinks             []endpoint
}

// endpoint is a source or sink as a flag names it: NAME=CONNECTOR:LOCATION.
type endpoint struct {
	name, connector, location string
	options                   []connectors.Option
}

func sourceOptions(c connectors.Connector) ([]connectors.Option, bool) {
	return c.Source, c.OpenSource != nil
}
func sinkOptions(c connectors.Connector) ([]connectors.Option, bool) {
	return c.Sink, c.OpenSink != nil
}

// endpoints reads the flags of one name. They are read after the flag package is
// done, since that shows a value which it refuses, and this may hold a password
// (L7).
func endpoints(flag string, texts []string, options func(connectors.Connector) ([]connectors.Option, bool)) (list []endpoint, err error) {
	var faults []error
	for _, text := range texts {
		e, err := readEndpoint(flag, text, options)
		list, faults = append(list, e), append(faults, err)
	}
	return list, errors.Join(faults...)
}

func readEndpoint(flag, text string, options func(connectors.Connector) ([]connectors.Option, bool)) (endpoint, error) {
	name, rest, ok1 := strings.Cut(text, "=")
	kind, location, ok2 := strings.Cut(rest, ":")
	if !ok1 || !ok2 || name == "" || location == "" {
		return endpoint{}, &stream.Fault{Code: "init.flags", Path: flag, Msg: "want NAME=CONNECTOR:LOCATION", Hint: "such as till=sqlite:./till.db or lake=parquet:./lake"}
	}
	var able []string
	for _, c := range all.Connectors() {
		o, ok := options(c)
		if !ok {
			continue
		}
		able = append(able, c.Name)
		if c.Name != kind {
			continue
		}
		e := endpoint{name, kind, location, o}
		if at, ok := e.place(); ok && at.Type == connectors.Secret && !strings.HasPrefix(location, "${") {
			return e, &stream.Fault{Code: "init.secret", Path: flag, Msg: fmt.Sprintf("%s of %s is a secret, which does not belong on a command line", at.Name, name),
				Hint: fmt.Sprintf("export CRM_URL=…, and write '%s=%s:${CRM_URL}'", name, kind)}
		}
		return e, nil
	}
	return endpoint{}, &stream.Fault{Code: "init.connector", Path: flag, Msg: "there is no connector of that name", Hint: strict.Suggest(kind, able)}
}

// place is the option that takes the location: the first that is required.
func (e endpoint) place() (connectors.Option, bool) {
	for _, o := range e.options {
		if o.Required {
			return o, true
		}
	}
	return connectors.Option{}, false
}

// text is the endpoint in lethe.yaml.
func (e endpoint) text(role, region string) string {
	fields := []string{"connector: " + e.connector}
	at, _ := e.place()
	fields = append(fields, at.Name+": "+strconv.Quote(e.location))
	for _, o := range e.options {
		if o.Required && o.Name != at.Name && o.Type == connectors.List {
			fields = append(fields, o.Name+`: ["public.*"]`)
		}
	}
	if role != "sink" {
		return fmt.Sprintf("  %s: {%s}\n", e.name, strings.Join(fields, ", "))
	}
	where := "region: " + region
	if region == "" {
		where = "# region: TH   # Where is it? A policy under a law lets no personal data in until this says so."
	}
	fields = append(fields, where, "clearance: [public, internal, pii-pseudo]")
	return fmt.Sprintf("  %s:\n    %s\n", e.name, strings.Join(fields, "\n    "))
}

// warnAbsent tells of a source's file that is not there, since a path is often
// written as seen from elsewhere than the folder.
func (e endpoint) warnAbsent(w io.Writer, dir string) {
	at, _ := e.place()
	if at.Type != connectors.Path || strings.Contains(e.location, "${") {
		return
	}
	path := e.location
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if exists(path) {
		return
	}
	fmt.Fprintf(w, "warning: sources.%s.path: there is no file %s; a path is relative to the folder\n", e.name, path)
	if rel, err := filepath.Rel(dir, e.location); err == nil && path != e.location && exists(e.location) {
		fmt.Fprintf(w, "  → write path: %s in %s\n", rel, filepath.Join(dir, config.FileName))
	}
}

// files are the files of a new folder, keys apart. What the flags say is checked
// by reading lethe.yaml as any other verb will.
func (s *skeleton) files(dir string) ([]newFile, error) {
	var b strings.Builder
	fmt.Fprintf(&b, `# The folder of one workspace. Keys that lethe does not know are errors;
# ${NAME} is taken from the environment. lethe check tells every fault at once.
workspace: %s

kafka: embedded             # or {brokers: [host:9092]}
keyring: {file: ./keys, cover: ./subjects}
                            # keys: back it up apart; without it nothing can be read.
                            # subjects: what is left of persons' keys, with its root in
                            # keys/subjects. Mirror both, never into one backup.
audit: {log: ./log}         # anyone can verify it with log.pub

`, s.Workspace)
	section(&b, "sources", s.Sources, "source", "", `#  crm: {connector: postgres, url: "${CRM_URL}", streams: ["public.*"]}`)
	b.WriteString("# region: where it is, as laws see it. clearance: labels of data that may lie there;\n# pii-pseudo is personal data in which every identifying field was pseudonymised,\n# and still personal data; fields of lower classes, such as amounts, lie in it clear.\n")
	section(&b, "sinks", s.Sinks, "sink", s.Region, `#  lake: {connector: parquet, url: ./lake, region: TH, clearance: [public, internal, pii-pseudo]}`)
	b.WriteString("# A connection is one source under one policy to one sink.\n")
	if len(s.Sources) == 0 || len(s.Sinks) == 0 {
		fmt.Fprintf(&b, "connections:\n#  crm-lake: {from: crm, to: lake, purpose: %s, policy: policy.yaml}\n", s.Purpose)
	} else {
		b.WriteString("connections:\n")
	}
	for _, from := range s.Sources {
		for _, to := range s.Sinks {
			fmt.Fprintf(&b, "  %s-%s: {from: %s, to: %s, purpose: %s, policy: policy.yaml}\n", from.name, to.name, from.name, to.name, strconv.Quote(s.Purpose))
		}
	}
	if err := config.Check(dir, []byte(b.String())); err != nil {
		return nil, &stream.Fault{Code: "init.flags", Msg: "these flags make no folder: " + err.Error(), Hint: "lethe init --help"}
	}
	return []newFile{
		{config.FileName, b.String(), 0o644},
		{config.Policy, starterPolicy, 0o644},
		{".gitignore", "# keys are secret; the rest is made by lethe run\n/keys/\n/subjects/\n/log/\n/state/\n/lake/\n", 0o644},
	}, nil
}

func section(b *strings.Builder, title string, list []endpoint, role, region, example string) {
	fmt.Fprintf(b, "%s:\n", title)
	for _, e := range list {
		b.WriteString(e.text(role, region))
	}
	if len(list) == 0 {
		b.WriteString(example + "\n")
	}
	b.WriteString("\n")
}

// starterPolicy lets nothing through; lethe discover says what could.
const starterPolicy = `# What may be done with each field. A field that nothing here names is redacted.
# lethe discover replaces this file by one that fits the sources.
packs: []          # the laws that apply: pdpa-th, gdpr
mask:
  default: redact
`
