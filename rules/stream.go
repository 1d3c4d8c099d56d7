package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/rules/schema"
	"lethe/rules/strict"
	"lethe/stream"
)

// field is a path of a stream's rows while it is decided.
type field struct {
	stream, path string
	col          schema.Column // of the contract; zero for a path that only the policy names
	column       bool          // not inside of one
	key          bool          // of the primary key
	walked       bool          // paths inside of it are decided on their own

	element  string
	about    string       // who said so: a place
	wild     bool         // a wildcard entry said so
	wildcard string       // the element of the wildcard entry that the exact one overrides
	named    string       // the element that its name reads as
	class    stream.Class // "" if nobody said
	said     stream.Class // the same without what was declared
	law      stream.Class // by which packs and approvers are asked
	declared *strict.Entry[declaration]
	subject  bool // the rows have one
}

func (f *field) id() string { return f.stream + "/" + f.path }

// where is the field's place: in its contract, or in the policy.
func (c *compiler) where(f *field) string {
	if f.col.Where != "" {
		return f.col.Where
	}
	return c.doc.Where("elements." + f.id())
}

// stream decides all fields of one stream.
func (c *compiler) stream(ct *schema.Contract) Stream {
	fields := c.fields(ct)
	for _, f := range fields {
		c.resolve(f)
	}
	s := Stream{Name: ct.Stream, Class: c.class(ct, fields)}
	s.Plan = masking.Plan{Stream: ct.Stream, Key: slices.Clone(ct.Key)}
	s.Rows = stream.Schema{Stream: ct.Stream, Key: slices.Clone(ct.Key)}
	rows, err := ct.RowSchema()
	if err != nil {
		c.faultAt(ct.Doc.Where("schema[0]"), schema.CodeContract, err.Error(), "correct logicalTypeOptions and quality of its columns")
	}
	s.Plan.Schema = rows
	s.Plan.Subject = c.subject(ct, s.Class, fields)
	readable := true
	for _, f := range fields {
		f.law = c.lawClass(f, s.Class)
		f.subject = s.Plan.Subject.Column != ""
		d, spec := c.decide(f, s.Class)
		params := c.planned(&d)
		s.Decisions = append(s.Decisions, d)
		readable = readable && spec.Name != ""
		pf := masking.Field{Path: f.path, Operator: d.Operator, Params: params, Domain: f.element, Special: c.special(f.law), Apart: d.Apart, Erasable: d.Erasable}
		if e, ok := c.table.Lookup(f.element); ok {
			pf.Normal = e.Normal
		}
		// L1: where the contract says nothing of a path, keep shows scalars only.
		pf.Type, pf.Nullable = f.col.Type, f.col.Nullable
		if f.column {
			pf.Required = !f.col.Nullable
			if d.Operator != "drop" && spec.Name != "" {
				s.Rows.Fields = append(s.Rows.Fields, masked(f, spec, &d))
			}
		}
		s.Plan.Fields = append(s.Plan.Fields, pf)
	}
	s.Label = c.label(s.Decisions)
	if readable { // else nobody knows what is left, and a label would be a guess
		c.flow(&s)
	}
	c.maskable(&s, fields)
	return s
}

// maskable tells what masking refuses of a plan in which nothing else is wrong,
// such as a column called as unknown members are.
func (c *compiler) maskable(s *Stream, fields []*field) {
	if len(c.errs) > 0 {
		return
	}
	for _, told := range stream.Faults(masking.Check(s.Plan)) {
		where := told.Path
		for _, f := range fields {
			if f.id() == told.Path {
				where = c.where(f)
			}
		}
		c.faultAt(where, told.Code, told.Msg, told.Hint)
	}
}

// masked is the column after masking.
func masked(f *field, spec masking.Spec, d *Decision) stream.Field {
	out := stream.Field{Name: f.col.Name, Type: spec.Output(f.col.Type), Nullable: f.col.Nullable || spec.Name == "null" || d.Erasable || spec.Subject(d.Params)}
	if f.walked {
		// What lies inside is masked in place: the column stays JSON.
		out.Type = f.col.Type
		if f.col.Type.Base == stream.Array {
			out.Type = stream.Type{Base: stream.JSON}
		}
	}
	return out
}

// fields lists the columns of the contract, then what lies inside of them and is
// named by the contract or the policy.
func (c *compiler) fields(ct *schema.Contract) []*field {
	var columns, inside []*field
	known := map[string]bool{}
	for _, col := range ct.All() {
		top, in, err := masking.Column(col.Path)
		if err != nil || known[col.Path] {
			continue // told when the contract was read
		}
		known[col.Path] = true
		f := &field{stream: ct.Stream, path: col.Path, col: col, column: !in, key: !in && slices.Contains(ct.Key, top)}
		if in {
			inside = append(inside, f)
		} else {
			columns = append(columns, f)
		}
	}
	for _, key := range slices.Concat(c.policy.Elements.Keys(), c.policy.Mask.Fields.Keys()) {
		name, path, _ := strings.Cut(key, "/")
		if name != ct.Stream || strings.Contains(key, "*") || known[path] {
			continue
		}
		if _, in, err := masking.Column(path); err == nil && in {
			known[path] = true
			inside = append(inside, &field{stream: ct.Stream, path: path, col: element(ct, path)})
		}
	}
	for _, f := range slices.Concat(columns, inside) {
		f.walked = slices.ContainsFunc(inside, func(i *field) bool {
			rest, ok := strings.CutPrefix(i.path, f.path)
			return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
		})
	}
	return append(columns, inside...)
}

// element is what the contract says of the elements of an array column: their
// type. It is zero for any other path.
func element(ct *schema.Contract, path string) (col schema.Column) {
	name := strings.TrimRight(path, "[]")
	i := slices.IndexFunc(ct.Columns, func(c schema.Column) bool { return c.Path == name })
	if i < 0 {
		return col
	}
	t := &ct.Columns[i].Type
	for range strings.Count(path[len(name):], "[]") {
		if t = t.Elem; t == nil {
			return col
		}
	}
	col.Type, col.Nullable = *t, true
	return col
}

// resolve finds what a field is about and its class.
func (c *compiler) resolve(f *field) {
	if f.col.Element != "" {
		if _, ok := c.table.Lookup(f.col.Element); ok {
			f.element, f.about = f.col.Element, f.col.Where
		} else {
			c.faultAt(f.col.Where, CodeElement, fmt.Sprintf("unknown element %q", f.col.Element), c.table.hint(f.col.Element))
		}
	}
	for _, e := range f.col.Evidence {
		if _, ok := c.table.Lookup(e.Element); !ok {
			c.faultAt(f.col.Where, CodeElement, fmt.Sprintf("unknown element %q in letheEvidence", e.Element), "run lethe discover again, or remove it")
		}
	}
	f.named = c.reads(f)
	at := "elements." + f.id()
	exact, ok := c.policy.Elements.Get(f.id())
	switch {
	case !ok || exact == "":
	case f.col.Element != "" && f.col.Element != exact:
		c.fault(at, CodeConflict, fmt.Sprintf("the policy says %s, the contract says %s", exact, f.col.Element), "keep one: the contract's is at "+f.col.Where)
	default:
		if _, known := c.table.Lookup(exact); known {
			f.element, f.about = exact, c.doc.Where(at)
		}
	}
	if wide, ok := widest(c, c.policy.Elements, f, "elements."); ok {
		switch {
		case f.element == "":
			if _, known := c.table.Lookup(wide.Value); known {
				f.element, f.about, f.wild = wide.Value, c.doc.Where("elements."+wide.Key), true
			}
		case f.element != wide.Value:
			f.wildcard = wide.Value
		}
	}
	f.declared = c.declaration(f)
	c.resolveClass(f)
}

// reads is the element that a field's name reads as, whatever was written about it;
// "" for none.
func (c *compiler) reads(f *field) string {
	table, name := f.stream, f.path
	if i := strings.LastIndexByte(f.path, '.'); i >= 0 && !f.column {
		table, name = strings.TrimRight(f.path[:i], "[]"), f.path[i+1:] // number of phones is a phone number
	}
	if f.column {
		name = f.col.Name
	}
	return c.table.Suggest(stream.Schema{Stream: table, Fields: []stream.Field{{Name: name, Type: f.col.Type}}})[name].Element
}

// declaration finds what was declared about a field.
func (c *compiler) declaration(f *field) *strict.Entry[declaration] {
	for _, e := range c.policy.Declared.Entries {
		if e.Key == f.id() {
			return &e
		}
	}
	if e, ok := widest(c, c.policy.Declared, f, declaredSection); ok {
		return &e
	}
	return nil
}

// resolveClass finds the class: the element's, which a contract may raise, or
// the contract's, or the one declared.
func (c *compiler) resolveClass(f *field) {
	own := f.col.Class
	if own != "" && c.table.rank(own) < 0 {
		c.faultAt(f.col.Where, CodeClass, fmt.Sprintf("unknown class %q", own), strict.Suggest(string(own), c.table.classNames()))
		own = ""
	}
	e, ok := c.table.Lookup(f.element)
	switch {
	case ok && own != "" && c.table.rank(own) < c.table.rank(e.Class):
		c.faultAt(f.col.Where, CodeClass, fmt.Sprintf("class %s is lower than %s, the class of %s", own, e.Class, e.Name), "write classification: "+string(e.Class)+", or remove it")
		f.class = e.Class
	case ok && own == "":
		f.class = e.Class
	default:
		f.class = own
	}
	f.said = f.class
	if f.declared == nil || f.declared.Value.Class == "" || f.element != "" {
		return
	}
	c.used[declaredSection+f.declared.Key] = true
	said := stream.Class(f.declared.Value.Class)
	switch {
	case c.table.rank(said) < 0: // told when the policy was read
	case f.class != "" && c.table.rank(said) < c.table.rank(f.class):
		c.fault("declared."+f.declared.Key+".class", CodeClass, fmt.Sprintf("class %s of %s is lower than %s, which the contract says", said, f.id(), f.class), "change the contract: "+f.col.Where)
	default:
		f.class = said
	}
}

// class is the class of the raw stream: the contract's, which is never lower than
// the highest of the columns. Where nobody said anything it is pii: rows of an
// unknown table are taken for rows about persons (L1). What is declared raises it,
// and does not lower it.
func (c *compiler) class(ct *schema.Contract, fields []*field) stream.Class {
	highest, declared := stream.Class(""), stream.Class("")
	for _, f := range fields {
		highest, declared = c.higher(highest, f.said), c.higher(declared, f.class)
	}
	if highest != "" || c.table.personal(declared) {
		highest = c.higher(highest, declared)
	}
	switch {
	case ct.Class != "" && c.table.rank(ct.Class) < 0:
		c.faultAt(ct.Doc.Where("schema[0].customProperties"), CodeClass, fmt.Sprintf("unknown class %q", ct.Class), strict.Suggest(string(ct.Class), c.table.classNames()))
	case ct.Class != "" && c.table.rank(ct.Class) < c.table.rank(highest):
		c.faultAt(ct.Doc.Where("schema[0].customProperties"), CodeClass, fmt.Sprintf("class %s of stream %s is lower than %s, the class of a column", ct.Class, ct.Stream, highest), "write letheClass: "+string(highest))
	case ct.Class != "":
		return ct.Class
	}
	if highest == "" {
		return stream.PII
	}
	return highest
}

// higher is the higher of two classes.
func (c *compiler) higher(a, b stream.Class) stream.Class {
	if c.table.rank(b) > c.table.rank(a) {
		return b
	}
	return a
}

// lawClass is the class by which packs and approvers are asked about a field: a
// declaration may raise it, but nobody declares a law away (L1). What nobody
// classified is taken for the highest that the stream holds.
func (c *compiler) lawClass(f *field, streamClass stream.Class) stream.Class {
	return c.higher(cmp.Or(f.said, streamClass), f.class)
}

// special reports whether data of a class is treated as class special is: what
// stands above it is no weaker.
func (c *compiler) special(class stream.Class) bool {
	return c.table.rank(class) >= c.table.rank(stream.Special)
}

// subject finds whose data the rows are. Ids of one element are one person's in
// every stream; where nobody said what the column is about, they are the stream's.
func (c *compiler) subject(ct *schema.Contract, class stream.Class, fields []*field) masking.Subject {
	s, ok := c.policy.Subjects.Get(ct.Stream)
	if !ok {
		if c.table.personal(class) {
			hint := "add subjects: {" + plain(ct.Stream) + ": {key: <column>}}, or none if the rows are about nobody"
			c.fault("subjects", CodeSubject, fmt.Sprintf("stream %s is of class %s and has no subject", ct.Stream, class), hint)
		}
		return masking.Subject{}
	}
	if s.Key == "" {
		return masking.Subject{}
	}
	out := masking.Subject{}
	out.Column, out.Domain = c.person(ct, fields, "key", s.Key)
	if s.Also == s.Key && s.Also != "" {
		c.fault("subjects."+ct.Stream+".also", CodeField, "the second person is the first", "name another column, or leave also out")
	} else if s.Also != "" {
		out.Also, out.AlsoDomain = c.person(ct, fields, "also", s.Also)
	}
	return out
}

// person finds the column that leads to a person, and what its ids are about.
func (c *compiler) person(ct *schema.Contract, fields []*field, member, path string) (column, domain string) {
	for _, f := range fields {
		if f.column && f.path == path {
			return f.col.Name, cmp.Or(f.element, "stream/"+ct.Stream)
		}
	}
	var names []string
	for _, col := range ct.Columns {
		names = append(names, masking.EscapeName(col.Name))
	}
	c.fault("subjects."+ct.Stream+"."+member, CodeField, fmt.Sprintf("stream %s has no column %q", ct.Stream, path), strict.Suggest(path, names))
	return "", ""
}
