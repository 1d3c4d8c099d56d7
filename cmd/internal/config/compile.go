package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lethe/rules"
	"lethe/rules/strict"
	"lethe/stream"
)

// Elements is the file in which a folder adds to the table of elements.
const Elements = "elements.yaml"

// ContractSuffix ends the names of contract files.
// ContractSuffix ends the names of contracts: <stream>.odcs.yaml.
const ContractSuffix = ".odcs.yaml"

// Compile compiles the policy of a connection.
func (f *Folder) Compile(connection string) (*rules.Program, error) {
	env, err := f.Env(connection)
	if err != nil {
		return nil, err
	}
	return rules.Compile(env)
}

// Env reads everything that the program of a connection is compiled from.
func (f *Folder) Env(connection string) (rules.Env, error) {
	c, ok := f.Connection(connection)
	if !ok {
		return rules.Env{}, &stream.Fault{Code: "config.no_connection", Path: f.Doc.Where("connections"),
			Msg: fmt.Sprintf("there is no connection %q", connection), Hint: "add it below connections:"}
	}
	policy, err := f.read(c.Policy)
	if errors.Is(err, fs.ErrNotExist) {
		hint := "lethe discover " + f.Dir + " writes one to begin with"
		if near := besides(c.Policy); near != "" {
			hint = fmt.Sprintf("did you mean %q? Else ", near) + hint
		}
		err = f.Doc.Fault("connections."+c.Name+".policy", "config.no_policy", "there is no file "+f.Rel(c.Policy), hint)
	}
	contracts, cerr := f.Contracts()
	elements, eerr := f.Elements()
	tables, terr := Tables(f.Root, f.Dir, policy)
	source, _ := f.Source(c.From) // without a name where c names none: told by Load
	sink, _ := f.Sink(c.To)
	env := rules.Env{Policy: policy, Contracts: contracts, Elements: elements, Tables: tables,
		Workspace: f.Workspace, Source: source.Name, Connection: c.Name, Purpose: c.Purpose,
		Sink: sink.Name, Region: sink.Region,
		SourceAt: f.Doc.Where("sources." + c.From), SinkAt: f.Doc.Where("sinks." + c.To), ConnectionAt: f.Doc.Where("connections." + c.Name)}
	for _, s := range f.SIEM {
		if s.Personal() {
			env.Feeds = append(env.Feeds, rules.Feed{At: f.Doc.Where("siem." + s.Name), Region: s.Region})
		}
	}
	for _, l := range sink.Clearance {
		env.Clearance = append(env.Clearance, string(l))
	}
	return env, errors.Join(err, cerr, eerr, terr)
}

// besides is the YAML file in the directory of path whose name is near; "" for
// none.
func besides(path string) string {
	entries, _ := os.ReadDir(filepath.Dir(path)) // none to name where it cannot be read
	var names []string
	for _, e := range entries {
		if n := e.Name(); e.Type().IsRegular() && filepath.Ext(n) == ".yaml" && n != FileName {
			names = append(names, n)
		}
	}
	near, _ := strict.Nearest(filepath.Base(path), names)
	return near
}

// Contracts reads the contract files, in the order of their names.
func (f *Folder) Contracts() ([]rules.File, error) {
	dir := filepath.Join(f.Root, Contracts)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unreadable(f.Rel(dir), err)
	}
	var files []rules.File
	var faults []error
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ContractSuffix) {
			continue
		}
		file, err := f.read(filepath.Join(dir, e.Name()))
		files, faults = append(files, file), append(faults, err)
	}
	return files, errors.Join(faults...)
}

// ContractFile is where the contract of a stream belongs. Characters of its name
// that file systems treat in ways of their own are written as %XX.
func (f *Folder) ContractFile(stream string) string {
	var b strings.Builder
	for i := range len(stream) {
		c := stream[i]
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || slices.Contains([]byte("._-"), c) {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return filepath.Join(f.Root, Contracts, b.String()+ContractSuffix)
}

// Elements reads what the folder adds to the table of elements, if anything.
func (f *Folder) Elements() ([]rules.File, error) {
	file, err := f.read(filepath.Join(f.Root, Elements))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return []rules.File{file}, err
}

// Tables reads the hierarchy files that a policy names, which lie in root; faults
// call them by their path from dir. Those that are not there are left out: the fault
// tells where the policy names them.
func Tables(root, dir string, policy rules.File) (map[string]rules.File, error) {
	all := map[string]rules.File{}
	var faults []error
	for _, path := range rules.Tables(policy) {
		name := filepath.Join(dir, filepath.FromSlash(path))
		data, err := ReadFile(name, filepath.Join(root, filepath.FromSlash(path)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		all[path], faults = rules.File{Name: name, Data: data}, append(faults, err)
	}
	return all, errors.Join(faults...)
}

// read reads a file; its name is what faults call it. A file that is not there
// is an error wrapping fs.ErrNotExist.
func (f *Folder) read(path string) (rules.File, error) {
	data, err := ReadFile(f.Rel(path), path)
	return rules.File{Name: f.Rel(path), Data: data}, err
}
