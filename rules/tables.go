package rules

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/rules/strict"
)

// CodeTable is the code of faults of hierarchy files.
const CodeTable = "rules.table"

// mostTable is how many bytes a level of a table may have: it is kept with each
// revision.
const mostTable = 512 << 10

// Tables lists the hierarchy files that a policy names, by their paths in the
// folder. Those that lead out of it are left out, and told when the policy is
// compiled.
func Tables(file File) []string {
	var p policy
	// Whatever else is wrong with the policy is told when it is compiled.
	_, _ = strict.Decode(file.Name, file.Data, nil, &p)
	var all []string
	add := func(o operation) {
		if t, ok := tableOf(o); ok && local(t.path) {
			all = append(all, t.path)
		}
	}
	for _, m := range []strict.Map[operation]{p.Mask.Fields, p.Mask.Elements, p.Mask.Classes} {
		for _, e := range m.Entries {
			add(e.Value)
		}
	}
	if p.Mask.Default != nil {
		add(*p.Mask.Default)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// table is a level of a hierarchy file.
type table struct {
	path  string
	level int64
}

func tableOf(o operation) (table, bool) {
	p, ok := o.Params["file"].(string)
	level := int64(1)
	if n, said := o.Params["level"].(int64); said {
		level = n
	}
	return table{p, level}, ok && o.Name == "generalize"
}

// local reports whether a path lies in the folder.
func local(p string) bool {
	return p != "" && !strings.ContainsAny(p, "\\\x00") && !path.IsAbs(p) && path.Clean(p) != ".." && !strings.HasPrefix(path.Clean(p), "../")
}

// readTable reads the level of the hierarchy file that a rule names, if it names one.
func (c *compiler) readTable(at string, o operation) {
	t, ok := tableOf(o)
	if !ok || c.hierarchies[t] != nil {
		return
	}
	at += "." + o.Name + ".file"
	file, read := c.env.Tables[t.path]
	switch {
	case !local(t.path):
		c.fault(at, CodeTable, "the path of a hierarchy file leads out of the folder", "put the file into the folder, and write its path from there, such as hierarchies/city.csv")
		return
	case !read:
		c.fault(at, CodeTable, fmt.Sprintf("there is no hierarchy file %s", t.path), "write one, with lines of value;level 1;level 2;…, and a line *;… for all other values; its path is from the folder")
		return
	}
	h, err := masking.ReadHierarchy(string(file.Data), int(t.level))
	for _, e := range each(err) {
		var line masking.LineFault
		if errors.As(e, &line) {
			c.faultAt(fmt.Sprintf("%s:%d", file.Name, line.Line), CodeTable, "the line "+line.Msg, "write value;level 1;level 2;…, with texts that have a semicolon or a quote in \"quotes\"; each value once")
			continue
		}
		c.faultAt(file.Name+":1", CodeTable, e.Error(), "write lines of value;level 1;level 2;…")
	}
	if n := len(h.String()); err == nil && n > mostTable {
		c.faultAt(file.Name+":1", CodeTable, fmt.Sprintf("level %d has %d KiB, and a revision keeps %d at most", t.level, n>>10, mostTable>>10), "leave out values that fall under *, or mask with another operator")
	}
	if c.hierarchies[t] = h; err == nil {
		c.tables[t] = fmt.Sprintf("%s has %d values at level %d", file.Name, h.Len(), t.level)
	}
}

// each are the errors that err joins.
func each(err error) []error {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		return all.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// planned are the parameters of a plan: with a level of the table itself in the
// place of the file.
//
// L6: a revision holds what decides about a byte, and a file may change.
func (c *compiler) planned(d *Decision) masking.Params {
	t, ok := tableOf(operation{d.Operator, d.Params})
	h := c.hierarchies[t]
	if !ok || h == nil {
		return d.Params
	}
	p := maps.Clone(d.Params)
	delete(p, "file")
	delete(p, "level")
	p["table"] = h.String()
	d.Because = append(d.Because, c.tables[t])
	return p
}
