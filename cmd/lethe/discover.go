package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/rules"
	"lethe/rules/schema"
	"lethe/stream"
	"lethe/stream/disk"
)

const discoverUsage = `usage: lethe discover [--sample] [--json] [DIR]

Asks every source for its streams and writes a contract for each into contracts:
columns, types, keys, and what each column seems to be about, with the evidence.
Read them, correct them, and keep them in git: a person decides, not a name.

A contract that is there keeps what people wrote. Columns that are new are added,
columns that are gone are taken out and told. Where there is no policy yet, or
still the one of lethe init, one to begin with is written.

  --sample  read about a thousand rows of every table too, and look at the values:
            what they seem to be is evidence beside the names. None is kept or shown
  --json    print what was found as JSON
`

// found is what discover did about a stream.
type found struct {
	Stream  string   `json:"stream"`
	File    string   `json:"file"`
	Change  string   `json:"change"` // new, changed, unchanged, gone
	Columns int      `json:"columns"`
	Added   []string `json:"added,omitempty"`
	Dropped []string `json:"dropped,omitempty"`
	Unsaid  []string `json:"unsaid,omitempty"` // columns without an element
	// Evidence is what values were read as, by column; with --sample.
	Evidence []evidence `json:"evidence,omitempty"`
}

// evidence is why a column seems to be about something.
type evidence struct {
	Column  string `json:"column"`
	Element string `json:"element"` // what the contract says
	Seems   string `json:"seems"`
	Why     string `json:"why"`
}

func discover(ctx context.Context, io console, args []string) error {
	f := newFlags(discoverUsage)
	f.JSON()
	sample := f.Bool("sample", false, "")
	dir, err := f.parse(io, args)
	if err != nil {
		return err
	}
	folder, err := config.Load(dir, io.env)
	if err != nil {
		return err
	}
	if len(folder.Sources) == 0 {
		return folder.Doc.Fault("sources", "discover.no_source", "there is no source", "add one below sources:, as the comment shows")
	}
	seen, err := ask(ctx, folder, *sample)
	if err != nil {
		return err
	}
	all, contracts, err := update(folder, seen)
	if err != nil {
		return err
	}
	policies, err := begin(folder, contracts)
	if err != nil {
		return err
	}
	if *io.json {
		return showJSON(io, struct {
			Streams  []found  `json:"streams"`
			Policies []string `json:"policies"` // written
		}{all, policies})
	}
	showFound(io, all, policies, dir, refused(folder))
	return nil
}

// seen is a stream of a source, and of its columns a sample where one was asked for.
type seen struct {
	stream.Schema
	values map[string][][]byte
}

// ask lists the streams of all sources. Every source is asked, so that all
// faults are told at once; after a fault nothing is written.
func ask(ctx context.Context, folder *config.Folder, sample bool) (all []seen, err error) {
	var faults []error
	for _, s := range folder.Sources {
		faults = append(faults, withSource(folder, s, slog.New(slog.DiscardHandler), func(src stream.Source) error {
			schemas, err := src.Discover(ctx)
			if err == nil && len(schemas) == 0 {
				err = folder.Doc.Fault("sources."+s.Name, "discover.no_streams", "the source has no streams", "see what its options select")
			}
			for _, sc := range schemas {
				one := seen{Schema: sc}
				if sample && err == nil {
					one.values, err = look(ctx, src, sc)
				}
				all = append(all, one)
			}
			return err
		}))
	}
	return all, errors.Join(faults...)
}

// sampleRows is how many rows of a stream are looked at.
const sampleRows = 1000

// look reads a sample of a stream's values, by column.
func look(ctx context.Context, src stream.Source, s stream.Schema) (map[string][][]byte, error) {
	sampler, ok := src.(stream.Sampler)
	if !ok {
		return nil, &stream.Fault{Code: "discover.no_sample", Path: s.Stream, Msg: "its connector cannot give a sample", Hint: "leave --sample out"}
	}
	var columns []string
	for _, f := range s.Fields {
		if rules.Sampled(f.Type) {
			columns = append(columns, f.Name)
		}
	}
	if len(columns) == 0 {
		return nil, nil
	}
	values := make(map[string][][]byte, len(columns))
	err := sampler.Sample(ctx, s.Stream, columns, sampleRows, func(row [][]byte) {
		for i, v := range row {
			values[columns[i]] = append(values[columns[i]], bytes.Clone(v))
		}
	})
	if err != nil {
		return nil, &stream.Fault{Code: "discover.sample", Path: s.Stream, Msg: err.Error(), Hint: "the role needs SELECT on the table; or leave --sample out", Exit: stream.ExitEnvironment}
	}
	return values, nil
}

// update writes the contracts of the streams, and says what changed.
func update(folder *config.Folder, all []seen) ([]found, []schema.Contract, error) {
	table, old, err := known(folder)
	if err != nil {
		return nil, nil, err
	}
	var does []found
	var contracts []schema.Contract
	for _, s := range all {
		before, isOld := old[s.Stream]
		delete(old, s.Stream)
		next, did := merge(table, before.contract, s, isOld)
		did.File = folder.Rel(folder.ContractFile(s.Stream))
		if isOld {
			did.File = before.file.Name
		}
		contracts = append(contracts, next)
		does = append(does, did)
		if did.Change == "unchanged" {
			continue
		}
		path := folder.ContractFile(s.Stream)
		if isOld {
			path = filepath.Join(folder.Root, config.Contracts, filepath.Base(before.file.Name))
		}
		if err := disk.Replace(path, schema.Write(next), 0o644); err != nil {
			return nil, nil, environment(path, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		does = append(does, found{Stream: name, File: old[name].file.Name, Change: "gone", Columns: len(old[name].contract.Columns)})
	}
	return does, contracts, nil
}

// written is a contract that is there.
type written struct {
	file     rules.File
	contract schema.Contract
}

// known reads the table of elements and the contracts that are there.
func known(folder *config.Folder) (*rules.Elements, map[string]written, error) {
	elements, err := folder.Elements()
	if err != nil {
		return nil, nil, err
	}
	table, err := rules.LoadElements(elements...)
	files, ferr := folder.Contracts()
	faults := []error{err, ferr}
	old := map[string]written{}
	for _, f := range files {
		c, err := schema.Parse(f.Name, f.Data)
		faults = append(faults, err)
		if other, dup := old[c.Stream]; dup && err == nil {
			faults = append(faults, &stream.Fault{Code: "discover.two_contracts", Path: c.Doc.Where("schema[0].name"),
				Msg: fmt.Sprintf("the stream %s has a contract in %s, too", c.Stream, other.file.Name), Hint: "keep one of the two"})
		}
		old[c.Stream] = written{f, c}
	}
	return table, old, errors.Join(faults...)
}

// merge brings a contract to the columns that the source has now. New columns
// get what they seem to be about; what people wrote stays, and values that speak
// against it are noted beside it.
func merge(table *rules.Elements, before schema.Contract, s seen, isOld bool) (schema.Contract, found) {
	does := found{Stream: s.Stream, Change: "new", Columns: len(s.Fields)}
	next := schema.New(s.Schema)
	if isOld {
		next = before.Merge(s.Schema)
		for _, c := range before.Columns {
			if _, still := s.Field(c.Name); !still {
				does.Dropped = append(does.Dropped, c.Name)
			}
		}
	}
	had := before.Rows()
	suggested := table.Suggest(s.Schema)
	for i := range next.Columns {
		c := &next.Columns[i]
		_, old := had.Field(c.Name)
		if !old && isOld {
			does.Added = append(does.Added, c.Name)
		}
		named := suggested[c.Name]
		if old {
			named = rules.Suggestion{} // it was considered once
		}
		if dates, ok := table.Dates(s.Schema, c.Field, s.values[c.Name]); ok && c.Element == "" {
			named = dates
		}
		all := table.Weigh(s.Schema, c.Field, named, s.values[c.Name])
		if c.Element == "" && len(all) > 0 {
			c.Element = all[0].Element
		}
		if s.values != nil {
			c.Evidence = slices.DeleteFunc(c.Evidence, func(e schema.Evidence) bool { return strings.HasPrefix(e.Why, rules.OfValues) })
		}
		for _, sg := range all {
			c.Evidence = append(c.Evidence, schema.Evidence{Element: sg.Element, Why: sg.Evidence})
			if sg != named || strings.Contains(sg.Evidence, rules.OfValues) {
				does.Evidence = append(does.Evidence, evidence{c.Name, c.Element, sg.Element, sg.Evidence})
			}
		}
		if c.Element == "" {
			does.Unsaid = append(does.Unsaid, c.Name)
		}
	}
	if isOld {
		does.Change = "changed"
		if bytes.Equal(schema.Write(before), schema.Write(next)) {
			does.Change = "unchanged"
		}
	}
	return next, does
}

// begin writes a policy to begin with for connections that have none, or still
// the one of lethe init, and says which.
func begin(folder *config.Folder, contracts []schema.Contract) (made []string, err error) {
	for _, c := range folder.Connections {
		data, err := config.ReadFile(folder.Rel(c.Policy), c.Policy)
		if err == nil && string(data) != starterPolicy || slices.Contains(made, folder.Rel(c.Policy)) {
			continue
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return made, err
		}
		var mine []schema.Contract
		for _, k := range contracts {
			if readBy(folder, c.Policy, k.Stream) {
				mine = append(mine, k)
			}
		}
		if err := disk.Replace(c.Policy, rules.Starter(mine), 0o644); err != nil {
			return made, environment(c.Policy, err)
		}
		made = append(made, folder.Rel(c.Policy))
	}
	return made, nil
}

// readBy reports whether a connection under the policy reads the stream.
func readBy(folder *config.Folder, policy, name string) bool {
	return slices.ContainsFunc(folder.Connections, func(c config.Connection) bool {
		return c.Policy == policy && len(name) > len(c.From) && name[:len(c.From)+1] == c.From+"."
	})
}

// refused reports whether a connection refuses columns that say nothing about
// themselves.
func refused(folder *config.Folder) bool {
	return slices.ContainsFunc(folder.Connections, func(c config.Connection) bool {
		_, err := folder.Compile(c.Name)
		return slices.ContainsFunc(stream.Faults(err), func(f *stream.Fault) bool { return f.Code == rules.CodeUnclassified })
	})
}

func showFound(io console, all []found, policies []string, dir string, refused bool) {
	table(io, "stream\tcolumns\tunsaid\tcontract", len(all), func(i int) string {
		d := all[i]
		return plainf("%s\t%d\t%d\t%s (%s)", d.Stream, d.Columns, len(d.Unsaid), d.File, d.Change)
	})
	fmt.Fprintln(io.out)
	showEvidence(io, all)
	for _, d := range all {
		for _, name := range d.Added {
			tellf(io.out, "new column %s/%s\n", d.Stream, name)
		}
		for _, name := range d.Dropped {
			tellf(io.out, "gone column %s/%s: taken out of the contract\n", d.Stream, name)
		}
		if d.Change == "gone" {
			tellf(io.out, "gone stream %s: its contract is kept; remove %s if it is no longer needed\n", d.Stream, d.File)
		}
	}
	unsaid := 0
	for _, d := range all {
		unsaid += len(d.Unsaid)
	}
	one := unsaid == 1
	switch {
	case unsaid == 0:
	case refused:
		tellf(io.out, "%s %s\n", count(unsaid, "column")+either(one, " says nothing about itself: until letheElement in its contract, or a rule, says what it is,",
			" say nothing about themselves: until letheElement in their contracts, or a rule, says what they are,"),
			either(one, "lethe check refuses it, or with mask.default: redact it is redacted", "lethe check refuses them, or with mask.default: redact they are redacted"))
	default:
		tellf(io.out, "%s\n", count(unsaid, "column")+either(one, " says nothing about itself: a rule of the policy decides about it", " say nothing about themselves: rules of the policy decide about them"))
	}
	for _, d := range all {
		if len(d.Unsaid) > 0 {
			tellf(io.out, "  %s: %s\n", d.Stream, strings.Join(d.Unsaid, ", "))
		}
	}
	for _, p := range policies {
		tellf(io.out, "wrote %s\n", p)
	}
	tellf(io.out, "next: read the contracts and the policy, then lethe check %s\n", dir)
}

// showEvidence lists what values were read as.
func showEvidence(io console, all []found) {
	for _, d := range all {
		if len(d.Evidence) == 0 {
			continue
		}
		tellf(io.out, "%s\n", d.Stream)
		table(io, "  column\tvalues seem to be\tbecause", len(d.Evidence), func(i int) string {
			e := d.Evidence[i]
			return plainf("  %s\t%s\t%s", e.Column, e.Seems, e.Why)
		})
		fmt.Fprintln(io.out)
	}
}

func either(one bool, singular, plural string) string {
	if one {
		return singular
	}
	return plural
}
