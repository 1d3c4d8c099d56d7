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

	"lethe/cmd/internal/config"
	"lethe/rules"
	"lethe/rules/schema"
	"lethe/stream"
	"lethe/stream/disk"
)

const discoverUsage = `usage: lethe discover [--json] [DIR]

Asks every source for its streams and writes a contract for each into contracts:
columns, types, keys, and what each column seems to be about, with the evidence.
Read them, correct them, and keep them in git: a person decides, not a name.

A contract that is there keeps what people wrote. Columns that are new are added,
columns that are gone are taken out and told. Where there is no policy yet, or
still the one of lethe init, one to begin with is written.

  --json   print what was found as JSON
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
}

func discover(ctx context.Context, io streams, args []string) error {
	f := newFlags(discoverUsage)
	f.JSON()
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
	schemas, err := ask(ctx, folder)
	if err != nil {
		return err
	}
	all, contracts, err := update(folder, schemas)
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

// ask lists the streams of all sources. Every source is asked, so that all
// faults are told at once; after a fault nothing is written.
func ask(ctx context.Context, folder *config.Folder) (all []stream.Schema, err error) {
	var faults []error
	for _, s := range folder.Sources {
		faults = append(faults, withSource(folder, s, slog.New(slog.DiscardHandler), func(src stream.Source) error {
			schemas, err := src.Discover(ctx)
			if err == nil && len(schemas) == 0 {
				err = folder.Doc.Fault("sources."+s.Name, "discover.no_streams", "the source has no streams", "see what its options select")
			}
			all = append(all, schemas...)
			return err
		}))
	}
	return all, errors.Join(faults...)
}

// update writes the contracts of the streams, and says what changed.
func update(folder *config.Folder, schemas []stream.Schema) ([]found, []schema.Contract, error) {
	table, old, err := known(folder)
	if err != nil {
		return nil, nil, err
	}
	var all []found
	var contracts []schema.Contract
	for _, s := range schemas {
		before, isOld := old[s.Stream]
		delete(old, s.Stream)
		next, does := merge(table, before.contract, s, isOld)
		does.File = folder.Rel(folder.ContractFile(s.Stream))
		if isOld {
			does.File = before.file.Name
		}
		contracts = append(contracts, next)
		all = append(all, does)
		if does.Change == "unchanged" {
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
		all = append(all, found{Stream: name, File: old[name].file.Name, Change: "gone", Columns: len(old[name].contract.Columns)})
	}
	return all, contracts, nil
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
// get what they seem to be about; what people wrote stays.
func merge(table *rules.Elements, before schema.Contract, s stream.Schema, isOld bool) (schema.Contract, found) {
	does := found{Stream: s.Stream, Change: "new", Columns: len(s.Fields)}
	next := schema.New(s)
	if isOld {
		next = before.Merge(s)
		for _, c := range before.Columns {
			if _, still := s.Field(c.Name); !still {
				does.Dropped = append(does.Dropped, c.Name)
			}
		}
	}
	had := before.Rows()
	suggested := table.Suggest(s)
	for i := range next.Columns {
		c := &next.Columns[i]
		if _, old := had.Field(c.Name); !old {
			if isOld {
				does.Added = append(does.Added, c.Name)
			}
			if sg, ok := suggested[c.Name]; ok {
				c.Element = sg.Element
				c.Evidence = []schema.Evidence{{Element: sg.Element, Why: sg.Evidence}}
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

func showFound(io streams, all []found, policies []string, dir string, refused bool) {
	table(io, "stream\tcolumns\tunsaid\tcontract", len(all), func(i int) string {
		d := all[i]
		return plainf("%s\t%d\t%d\t%s (%s)", d.Stream, d.Columns, len(d.Unsaid), d.File, d.Change)
	})
	fmt.Fprintln(io.out)
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
	for _, p := range policies {
		tellf(io.out, "wrote %s\n", p)
	}
	tellf(io.out, "next: read the contracts and the policy, then lethe check %s\n", dir)
}

func either(one bool, singular, plural string) string {
	if one {
		return singular
	}
	return plural
}
