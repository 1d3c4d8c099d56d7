package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/cmd/internal/wire"
	"lethe/masking"
	"lethe/rules"
	"lethe/stream"
)

const checkUsage = `usage: lethe check [--explain STREAM/PATH] [--online] [--elements] [--json] [DIR]

Checks lethe.yaml, policies and contracts, and proves where every field may go,
without moving a record: what becomes of it, which rule says so, and whether the
sink may hold the result. Every fault is told at once.

  --explain STREAM/PATH  say why one field is treated as it is,
                         such as crm.public.customer/email
  --online               also ask every source whether it can be read, and every
                         sink whether it can be written, which makes its directory
  --elements             only list what a column can be about (letheElement); without
                         a folder, what is built in
  --json                 print the decisions as JSON
`

// connectionView is a connection as check shows it.
type connectionView struct {
	Name      string         `json:"connection"`
	From      string         `json:"from"`
	To        string         `json:"to"`
	Purpose   string         `json:"purpose"`
	Policy    string         `json:"policy"`
	Revision  string         `json:"revision"`
	Packs     []string       `json:"packs"`
	Clearance []stream.Label `json:"clearance"`
	Streams   []streamView   `json:"streams"`
	Unchecked []string       `json:"unchecked,omitempty"`
	Idle      []string       `json:"idle,omitempty"` // places of the policy that decide nothing here
}

type streamView struct {
	Name   string       `json:"stream"`
	Class  stream.Class `json:"class"`
	Label  stream.Label `json:"label"`
	Topic  string       `json:"topic"`
	Key    []string     `json:"key"` // columns of the primary key
	Fields []fieldView  `json:"fields"`
	// Schema counts the JSON Schema keywords of its contract.
	Schema *schemaView `json:"schema,omitempty"`
}

type schemaView struct {
	Compiled int      `json:"compiled"`          // checked in the masking pass
	Library  []string `json:"library,omitempty"` // checked by the library
}

type fieldView struct {
	Path     string         `json:"path"`
	Element  string         `json:"element,omitempty"`
	Class    stream.Class   `json:"class"`
	Operator string         `json:"operator"`
	Params   masking.Params `json:"params,omitempty"`
	Result   string         `json:"result"` // clear, pseudonymised, removed
	Where    string         `json:"where,omitempty"`
	Because  []string       `json:"because"`
	Unlisted bool           `json:"unlisted,omitempty"` // not in the contract
}

func check(ctx context.Context, io console, args []string) error {
	f := newFlags(checkUsage)
	f.JSON()
	explain := f.String("explain", "", "")
	online := f.Bool("online", false, "")
	elements := f.Bool("elements", false, "")
	dir, err := f.parse(io, args)
	if err != nil {
		return err
	}
	folder, lerr := config.Load(dir, io.env)
	if *elements && slices.ContainsFunc(stream.Faults(lerr), func(f *stream.Fault) bool { return f.Code == "config.no_folder" }) {
		return showElements(io, nil)
	}
	if folder == nil {
		return lerr
	}
	if *elements {
		files, err := folder.Elements()
		if err != nil {
			return err
		}
		return showElements(io, files)
	}
	warn := warnings(io.err)
	if *explain != "" {
		warn = slog.New(slog.DiscardHandler) // what concerns one field is told with it
	}
	// What lethe.yaml gets wrong is no reason to be silent about the rest.
	views, drafts, err := prove(folder)
	err = errors.Join(lerr, err)
	if *online && lerr == nil {
		asked := questioned(ctx, folder, warn, io.showAble)
		if asked == nil {
			asked = warnUndecided(ctx, folder, warn, "hint")
		}
		err = errors.Join(err, keyed(folder), asked)
	} else {
		err = errors.Join(err, configured(folder, lerr), keyedHere(folder, warn))
		warnKeyless(folder, views, warn)
	}
	switch {
	case err != nil && *explain != "":
		return showFaulty(io, folder, append(views, drafts...), *explain, err)
	case err != nil:
		return err
	case *explain != "":
		return showWhy(io, views, *explain)
	case *io.json:
		return showJSON(io, struct {
			Workspace   string           `json:"workspace"`
			Connections []connectionView `json:"connections"`
		}{folder.Workspace, views})
	}
	for i, v := range views {
		if i > 0 {
			fmt.Fprintln(io.out)
		}
		showConnection(io, v)
	}
	if len(views) > 0 {
		unread, kept := unread(folder)
		for _, place := range append(idle(views), unread...) {
			tellf(io.out, "without effect: %s\n", place)
		}
		for _, place := range kept {
			tellf(io.out, "kept for verify: %s; no connection loads it, and files of before lie there\n", place)
		}
	} else {
		tellf(io.out, "check: ok, but nothing moves: %s has no connections\n", folder.Rel(folder.Root+"/"+config.FileName))
		return nil
	}
	tellf(io.out, "\ncheck: ok\nnext: lethe run %s\n", dir)
	return nil
}

// prove compiles every connection and shows what came of it. Those with faults
// are drafts, whose decisions are only good to be explained.
func prove(folder *config.Folder) (views, drafts []connectionView, _ error) {
	views = []connectionView{}
	var faults []error
	read := false // contracts and elements, by compiling a policy
	for _, c := range folder.Connections {
		env, err := folder.Env(c.Name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		read = true
		p, err := rules.Compile(env)
		if err != nil {
			faults = append(faults, err)
			drafts = append(drafts, draftOf(c, env))
			continue
		}
		sink, _ := folder.Sink(c.To)
		v := connectionView{Name: c.Name, From: c.From, To: c.To, Purpose: c.Purpose, Policy: folder.Rel(c.Policy),
			Revision: p.Revision, Packs: []string{}, Clearance: sink.Clearance, Unchecked: p.Unchecked, Idle: p.Idle}
		for _, pack := range p.Packs {
			v.Packs = append(v.Packs, pack.Name)
		}
		for _, s := range p.Streams {
			v.Streams = append(v.Streams, viewStream(s))
		}
		views = append(views, v)
	}
	if !read {
		_, _, err := known(folder)
		faults = append(faults, err)
	}
	return views, drafts, errors.Join(faults...)
}

func viewStream(s rules.Stream) streamView {
	v := streamView{Name: s.Name, Class: s.Class, Label: s.Label, Topic: s.Topic, Key: append([]string{}, s.Plan.Key...)}
	for _, d := range s.Decisions {
		v.Fields = append(v.Fields, viewField(d))
	}
	if s.Plan.Schema != nil {
		k := s.Plan.Schema.Keywords()
		v.Schema = &schemaView{k.Compiled, k.Library}
	}
	return v
}

func viewField(d rules.Decision) fieldView {
	return fieldView{d.Path, d.Element, d.Class, d.Operator, d.Params, d.Label, d.Where, d.Because, d.Unlisted}
}

// reachable asks sources and sinks as check --online does, and tells faults only.
func reachable(ctx context.Context, _ console, folder *config.Folder) error {
	return questioned(ctx, folder, slog.New(slog.DiscardHandler), func(string, string) {})
}

// withSource opens a source for questions only: it reads no changes, and the
// state of one that runs is left alone.
func withSource(folder *config.Folder, s config.Source, log *slog.Logger, ask func(stream.Source) error) error {
	dir, err := os.MkdirTemp("", "lethe-")
	if err != nil {
		return environment("", err)
	}
	defer os.RemoveAll(dir)
	src, err := s.Connector.OpenSource(s.Questions(folder.Workspace, dir, log), s.Config)
	if err != nil {
		return folder.Placed(err)
	}
	return folder.Placed(errors.Join(ask(src), src.Close()))
}

// configured opens every source, which checks its options and asks nobody; one
// that has a fault already would tell it again.
func configured(folder *config.Folder, told error) error {
	var faults []error
	for _, s := range folder.Sources {
		at := folder.Doc.Where("sources." + s.Name)
		if slices.ContainsFunc(stream.Faults(told), func(f *stream.Fault) bool { return f.Path == at || strings.Contains(f.Path, ": sources."+s.Name+".") }) {
			continue
		}
		faults = append(faults, withSource(folder, s, slog.New(slog.DiscardHandler), func(stream.Source) error { return nil }))
	}
	_, err := wire.Witnesses(folder)
	return errors.Join(append(faults, err)...)
}

func showConnection(io console, v connectionView) {
	packs := "no law"
	if len(v.Packs) > 0 {
		packs = strings.Join(v.Packs, ", ")
	}
	tellf(io.out, "%s: %s → %s for %s under %s (%s), revision %.12s\n", v.Name, v.From, v.To, v.Purpose, v.Policy, packs, v.Revision)
	for _, s := range v.Streams {
		tellf(io.out, "\n%s\n", s.Name)
		table(io, "  field\telement\tclass\toperator\tresult", len(s.Fields), func(i int) string {
			d := s.Fields[i]
			return plainf("  %s\t%s\t%s\t%s\t%s", d.Path, cmp.Or(d.Element, "–"), d.Class, d.Operator, d.Result)
		})
		tellf(io.out, "  %s → %s: may lie in %s\n", s.Class, s.Label, v.To)
		if k := s.Schema; k != nil {
			tellf(io.out, "  JSON Schema keywords: %d in the masking pass, by the library: %s\n", k.Compiled, cmp.Or(strings.Join(k.Library, ", "), "none"))
		}
		for _, d := range s.Fields {
			if d.Unlisted {
				tellf(io.out, "not in the contract: %s/%s; applies if present\n", s.Name, d.Path)
			}
		}
	}
	for _, u := range v.Unchecked {
		tellf(io.out, "not checked: %s\n", u)
	}
}

// idle lists places of policies that decide nothing in any connection under them.
func idle(views []connectionView) (out []string) {
	for i, v := range views {
		for _, place := range v.Idle {
			others := slices.Concat(views[:i:i], views[i+1:])
			if !slices.Contains(out, place) && !slices.ContainsFunc(others, func(o connectionView) bool { return o.Policy == v.Policy && !slices.Contains(o.Idle, place) }) {
				out = append(out, place)
			}
		}
	}
	return out
}

// unread lists sources and sinks that no connection has; kept are sinks among them
// that hold files, which verify looks for as long as the log names them.
func unread(folder *config.Folder) (out, kept []string) {
	for _, s := range folder.Sources {
		if !slices.ContainsFunc(folder.Connections, func(c config.Connection) bool { return c.From == s.Name }) {
			out = append(out, folder.Doc.Where("sources."+s.Name))
		}
	}
	for _, s := range folder.Sinks {
		if slices.ContainsFunc(folder.Connections, func(c config.Connection) bool { return c.To == s.Name }) {
			continue
		}
		if dir, err := lakeOf(s); err == nil && dir != "" && exists(filepath.Join(dir, "_manifest")) {
			kept = append(kept, folder.Doc.Where("sinks."+s.Name))
		} else {
			out = append(out, folder.Doc.Where("sinks."+s.Name))
		}
	}
	return out, kept
}
