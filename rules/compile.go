package rules

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lethe/masking"
	"lethe/rules/packs"
	"lethe/rules/schema"
	"lethe/rules/strict"
	"lethe/stream"
)

// Compile turns the files of a folder into the program of one connection. Every
// fault of every file is told at once; [stream.Faults] takes the error apart.
// There is no program beside an error (L1).
func Compile(env Env) (*Program, error) {
	c, p := draft(env)
	err := c.err()
	if err != nil {
		return nil, err
	}
	p.Idle = c.idle()
	if p.Revision, p.Kept, err = c.keep(p); err != nil {
		return nil, err
	}
	return p, nil
}

// Draft is what [Compile] decides about each field as far as the files can be
// read. It is for explaining faults to a person: nothing may run by it.
func Draft(env Env) (all []Decision) {
	_, p := draft(env)
	for _, s := range p.Streams {
		all = append(all, s.Decisions...)
	}
	return all
}

// draft decides; what may not be is among the compiler's faults.
func draft(env Env) (*compiler, *Program) {
	c := &compiler{env: env, contracts: map[string]*schema.Contract{}, used: map[string]bool{}, sources: map[string]bool{env.Source: true},
		hierarchies: map[table]*masking.Hierarchy{}, tables: map[table]string{}}
	var err error
	if c.table, err = LoadElements(env.Elements...); err != nil {
		c.errs = append(c.errs, err)
	}
	if c.doc, err = strict.Decode(env.Policy.Name, env.Policy.Data, nil, &c.policy); err != nil {
		c.errs = append(c.errs, err)
	}
	c.loadContracts()
	if slices.ContainsFunc(stream.Faults(err), func(f *stream.Fault) bool { return f.Code == strict.CodeSyntax }) {
		return c, &Program{} // a policy that nobody could read says nothing about streams
	}
	c.notInBuild()
	c.loadPacks()
	c.checkRules()
	c.checkPaths()
	c.checkClearance()

	p := &Program{Packs: c.packs, table: c.table, Unchecked: c.unchecked}
	for _, name := range c.streams {
		p.Streams = append(p.Streams, c.stream(c.contracts[name]))
	}
	return c, p
}

type compiler struct {
	env    Env
	doc    *strict.Doc
	policy policy
	table  *Elements
	packs  []packs.Pack

	contracts map[string]*schema.Contract // of this source, by stream
	streams   []string                    // their names, sorted
	sources   map[string]bool             // that contracts are about
	unchecked []string
	used      map[string]bool // paths of the policy that could have decided nothing
	unclear   bool            // the clearance has labels that nobody knows

	hierarchies map[table]*masking.Hierarchy
	tables      map[table]string // what is said of each

	errs []error
}

// fault tells a fault about a path of the policy.
func (c *compiler) fault(path, code, msg, hint string) {
	c.faultAt(c.doc.Where(path), code, msg, hint)
}

func (c *compiler) faultAt(where, code, msg, hint string) {
	if where == c.doc.Name { // the default that is not written: where it would be
		where = c.doc.Where("mask")
	}
	c.errs = append(c.errs, &stream.Fault{Code: code, Path: where, Msg: msg, Hint: hint})
}

// err joins the faults in the order of files and lines, each once.
func (c *compiler) err() error {
	faults := stream.Faults(errors.Join(c.errs...))
	files := []string{c.env.Policy.Name}
	for _, f := range append(slices.Clone(c.env.Elements), c.env.Contracts...) {
		files = append(files, f.Name)
	}
	place := func(f *stream.Fault) (int, int) {
		m := fileLine.FindStringSubmatch(f.Path)
		if m == nil {
			return len(files), 0
		}
		n, _ := strconv.Atoi(m[2])
		if i := slices.Index(files, m[1]); i >= 0 {
			return i, n
		}
		return len(files), n
	}
	slices.SortStableFunc(faults, func(a, b *stream.Fault) int {
		af, al := place(a)
		bf, bl := place(b)
		if af != bf {
			return af - bf
		}
		return al - bl
	})
	var all []error
	seen := map[stream.Fault]bool{}
	for _, f := range faults {
		if !seen[*f] {
			seen[*f] = true
			all = append(all, f)
		}
	}
	return errors.Join(all...)
}

var fileLine = regexp.MustCompile(`^(.*?):(\d+)(?:: |$)`)

// loadContracts reads the contracts and keeps those of this source.
func (c *compiler) loadContracts() {
	for _, f := range c.env.Contracts {
		ct, err := schema.Parse(f.Name, f.Data)
		if err != nil {
			c.errs = append(c.errs, err)
		}
		source, _, _ := strings.Cut(ct.Stream, ".")
		c.sources[source] = true
		if source != c.env.Source {
			continue
		}
		if first, dup := c.contracts[ct.Stream]; dup {
			c.faultAt(ct.Doc.Where("schema[0].name"), CodeConflict, fmt.Sprintf("stream %s has two contracts", ct.Stream), "the other is "+first.Doc.Name+": keep one")
			continue
		}
		c.contracts[ct.Stream] = &ct
		c.streams = append(c.streams, ct.Stream)
		c.unchecked = append(c.unchecked, ct.Unchecked...)
	}
	slices.Sort(c.streams)
	if len(c.streams) == 0 && c.env.Source != "" {
		hint := "lethe discover writes them"
		if others := slices.DeleteFunc(slices.Sorted(maps.Keys(c.sources)), func(s string) bool { return s == "" || s == c.env.Source }); len(others) > 0 {
			hint = "if it was called " + strings.Join(others, " or ") + " before, write the new name in those contracts and in their file names, in subjects and in rules; else " + hint
		}
		c.faultAt(cmp.Or(c.env.SourceAt, "source "+c.env.Source), CodeContract, "no stream has a contract", hint)
	}
}

// checkPaths checks the streams and columns that the policy names.
func (c *compiler) checkPaths() {
	for _, s := range []struct {
		section string
		keys    []string
	}{
		{"elements", c.policy.Elements.Keys()},
		{"mask.fields", c.policy.Mask.Fields.Keys()},
		{"declared", c.policy.Declared.Keys()},
	} {
		for _, key := range s.keys {
			c.checkPath(s.section+"."+key, key)
		}
	}
	for _, key := range c.policy.Subjects.Keys() {
		c.knownStream("subjects."+key, key)
	}
}

func (c *compiler) checkPath(at, key string) {
	name, path, ok := strings.Cut(key, "/")
	if !ok || name == "" || path == "" {
		c.fault(at, CodePath, fmt.Sprintf("%q is no field", key), "write <stream>/<column>, such as crm.public.customer/email")
		return
	}
	if strings.Contains(key, "*") {
		return
	}
	ct := c.knownStream(at, name)
	column, inside, err := masking.Column(path)
	if err != nil {
		c.fault(at, CodePath, fmt.Sprintf("%q is no path: %v", path, err), `write members joined by dots, [] for every array element, \. for a dot in a name`)
	}
	if ct == nil || err != nil {
		return
	}
	i := slices.IndexFunc(ct.Columns, func(col schema.Column) bool { return col.Name == column })
	if i < 0 {
		var names []string
		for _, col := range ct.Columns {
			names = append(names, col.Name)
		}
		c.fault(at, CodeField, fmt.Sprintf("stream %s has no column %q", name, column), strict.Suggest(column, names))
		return
	}
	if t := ct.Columns[i].Type; inside && t.Base != stream.JSON && t.Base != stream.Array {
		c.fault(at, CodeField, fmt.Sprintf("column %s is %s: there is nothing inside", column, t), "name the column itself: "+name+"/"+masking.EscapeName(column))
	}
}

// knownStream returns the stream's contract; nil for a stream of another source or
// that is not asked for, and after a fault.
func (c *compiler) knownStream(at, name string) *schema.Contract {
	if ct := c.contracts[name]; ct != nil {
		return ct
	}
	if c.env.Only != "" && name != c.env.Only {
		return nil
	}
	if source, _, _ := strings.Cut(name, "."); source != c.env.Source && c.sources[source] {
		return nil
	}
	c.fault(at, CodeStream, fmt.Sprintf("unknown stream %q: no contract names it", name), c.streamHint(name))
	return nil
}

func (c *compiler) streamHint(name string) string {
	if len(c.streams) == 0 {
		return "lethe discover writes the contracts"
	}
	return strict.Suggest(name, c.streams)
}
