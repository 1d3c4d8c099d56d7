package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/masking"
	"lethe/rules"
	"lethe/rules/strict"
	"lethe/stream"
)

const checkUsage = `usage: lethe check [--explain STREAM/PATH] [--online] [--json] [DIR]

Checks lethe.yaml, policies and contracts, and proves where every field may go,
without moving a record: what becomes of it, which rule says so, and whether the
sink may hold the result. Every fault is told at once.

  --explain STREAM/PATH  say why one field is treated as it is,
                         such as crm.public.customer/email
  --online               also ask every source whether it can be read, and every
                         sink whether it can be written, which makes its directory
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
}

type streamView struct {
	Name   string       `json:"stream"`
	Class  stream.Class `json:"class"`
	Label  stream.Label `json:"label"`
	Topic  string       `json:"topic"`
	Fields []fieldView  `json:"fields"`
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

func check(ctx context.Context, io streams, args []string) error {
	f := newFlags(checkUsage)
	f.JSON()
	explain := f.String("explain", "", "")
	online := f.Bool("online", false, "")
	dir, err := f.parse(io, args)
	if err != nil {
		return err
	}
	folder, lerr := config.Load(dir, io.env)
	if folder == nil {
		return lerr
	}
	// What lethe.yaml gets wrong is no reason to be silent about the rest.
	views, err := prove(folder)
	err = errors.Join(lerr, err)
	if *online && lerr == nil {
		err = errors.Join(err, questioned(ctx, folder, warnings(io.err), io.showAble))
	} else {
		err = errors.Join(err, configured(folder, lerr))
	}
	switch {
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
	if len(views) == 0 {
		fmt.Fprintf(io.out, "check: ok, but nothing moves: %s has no connections\n", folder.Rel(folder.Root+"/"+config.FileName))
		return nil
	}
	fmt.Fprintf(io.out, "\ncheck: ok\nnext: lethe run %s\n", dir)
	return nil
}

// prove compiles every connection and shows what came of it.
func prove(folder *config.Folder) ([]connectionView, error) {
	views := []connectionView{}
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
			continue
		}
		sink, _ := folder.Sink(c.To)
		v := connectionView{Name: c.Name, From: c.From, To: c.To, Purpose: c.Purpose, Policy: folder.Rel(c.Policy),
			Revision: p.Revision, Packs: []string{}, Clearance: sink.Clearance, Unchecked: p.Unchecked}
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
	return views, errors.Join(faults...)
}

func viewStream(s rules.Stream) streamView {
	v := streamView{Name: s.Name, Class: s.Class, Label: s.Label, Topic: s.Topic}
	for _, d := range s.Decisions {
		v.Fields = append(v.Fields, fieldView{d.Path, d.Element, d.Class, d.Operator, d.Params, d.Label, d.Where, d.Because, d.Unlisted})
	}
	return v
}

// reachable asks sources and sinks as check --online does, and tells faults only.
func reachable(ctx context.Context, _ streams, folder *config.Folder) error {
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
	return errors.Join(faults...)
}

func showConnection(io streams, v connectionView) {
	packs := "no law"
	if len(v.Packs) > 0 {
		packs = strings.Join(v.Packs, ", ")
	}
	fmt.Fprintf(io.out, "%s: %s → %s for %s under %s (%s), revision %.12s\n", v.Name, v.From, v.To, v.Purpose, v.Policy, packs, v.Revision)
	for _, s := range v.Streams {
		fmt.Fprintln(io.out)
		table(io, "field\telement\tclass\toperator\tresult", len(s.Fields), func(i int) string {
			d := s.Fields[i]
			return fmt.Sprintf("%s/%s\t%s\t%s\t%s\t%s", s.Name, d.Path, cmp.Or(d.Element, "–"), d.Class, d.Operator, d.Result)
		})
		fmt.Fprintf(io.out, "%s → %s: may lie in %s\n", s.Class, s.Label, v.To)
		for _, d := range s.Fields {
			if d.Unlisted {
				fmt.Fprintf(io.out, "not in the contract: %s/%s; applies if present\n", s.Name, d.Path)
			}
		}
	}
	for _, u := range v.Unchecked {
		fmt.Fprintf(io.out, "not checked: %s\n", u)
	}
}

// nearestField is the hint about a field that no connection carries: the one
// that is near, or the fields of its stream, or the streams.
func nearestField(views []connectionView, field string) string {
	name, _, _ := strings.Cut(field, "/")
	var all, own, names []string
	for _, v := range views {
		for _, s := range v.Streams {
			names = append(names, s.Name)
			for _, d := range s.Fields {
				all = append(all, s.Name+"/"+d.Path)
				if s.Name == name {
					own = append(own, d.Path)
				}
			}
		}
	}
	slices.Sort(names)
	slices.Sort(own)
	names, own = slices.Compact(names), slices.Compact(own)
	if len(own) > 0 {
		_, path, _ := strings.Cut(field, "/")
		if near, ok := strict.Nearest(path, own); ok {
			return fmt.Sprintf("did you mean %q?", name+"/"+near)
		}
		return name + " has: " + strings.Join(own, " ")
	}
	if near, ok := strict.Nearest(field, all); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "write STREAM/PATH; streams are: " + strings.Join(names, " ")
}

// showWhy tells why a field is treated as it is, in every connection that
// carries it.
func showWhy(io streams, views []connectionView, field string) error {
	type why struct {
		Connection string `json:"connection"`
		fieldView
	}
	var found []why
	for _, v := range views {
		for _, s := range v.Streams {
			for _, d := range s.Fields {
				if s.Name+"/"+d.Path == field {
					found = append(found, why{v.Name, d})
				}
			}
		}
	}
	if found == nil {
		return &stream.Fault{Code: "check.no_field", Msg: fmt.Sprintf("no connection carries %q", field),
			Hint: nearestField(views, field)}
	}
	if *io.json {
		return showJSON(io, found)
	}
	for i, w := range found {
		if i > 0 {
			fmt.Fprintln(io.out)
		}
		fmt.Fprintf(io.out, "%s in %s: %s\n", field, w.Connection, w.Operator)
		for _, b := range w.Because {
			fmt.Fprintf(io.out, "  %s\n", b)
		}
	}
	return nil
}
