package rules

import (
	"fmt"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/stream"
)

const declaredSection = "declared."

// idle lists what of the policy decided nothing.
func (c *compiler) idle() (out []string) {
	look := func(section string, keys []string, wild bool) {
		for _, key := range keys {
			if !c.used[section+key] && (!wild || strings.Contains(key, "*")) {
				out = append(out, c.doc.Where(section+key))
			}
		}
	}
	look("elements.", c.policy.Elements.Keys(), true)
	look("mask.fields.", c.policy.Mask.Fields.Keys(), true)
	look(declaredSection, c.policy.Declared.Keys(), false)
	look("transfers.", c.policy.Transfers.Keys(), false)
	return out
}

// reveals says why a decision needs somebody who answers for it: it shows values
// of a field that nobody said anything about, or only a wildcard, or JSON as a
// whole, or the field was relabelled against its name, what discover found, or a
// wildcard.
func (c *compiler) reveals(f *field, d *Decision, spec masking.Spec, t masking.Traits) []string {
	if t.Lowers {
		return nil
	}
	var why []string
	if t.Clear && f.element == "" {
		why = append(why, "nobody said what the field is about")
	}
	if t.Clear && f.wild {
		// L1: a wildcard speaks of columns that nobody has seen yet.
		why = append(why, "only a wildcard says what it is about")
	}
	if t.Clear && innermost(f.col.Type).Base == stream.JSON {
		// L1: a member that is new tomorrow would pass.
		why = append(why, "nobody lists what lies inside of it")
	}
	seen := map[string]bool{f.element: true}
	for _, e := range f.col.Evidence {
		if !seen[e.Element] && c.weaker(e.Element, d, spec, t) {
			seen[e.Element] = true
			why = append(why, fmt.Sprintf("discover found %s (%s)", e.Element, e.Why))
		}
	}
	// L1: a name says the same whether or not somebody took the evidence out.
	if !seen[f.named] && c.weaker(f.named, d, spec, t) {
		why = append(why, "its name reads as "+f.named)
	}
	if f.wildcard != "" && (t.Clear || c.weaker(f.wildcard, d, spec, t)) {
		why = append(why, "a wildcard says "+f.wildcard)
	}
	return why
}

// innermost is the type of an array's elements, however deep, or t itself.
func innermost(t stream.Type) stream.Type {
	for t.Base == stream.Array && t.Elem != nil {
		t = *t.Elem
	}
	return t
}

// weaker reports whether a decision would not be enough if the field were about
// element: its class is higher, a pack does not allow the operator for it, or it
// has so few values that a digest of them is clear by counting.
func (c *compiler) weaker(element string, d *Decision, spec masking.Spec, t masking.Traits) bool {
	e, ok := c.table.Lookup(element)
	if !ok {
		return false
	}
	if c.table.rank(e.Class) > c.table.rank(d.Class) || digests(spec, t) && !d.Apart && !d.Erasable && e.Log2 < minLog2 {
		return true
	}
	return len(c.packs) > 0 && !slices.Contains(c.allowed(element, e.Class), d.Operator)
}

// needsDeclaration checks that somebody declared what needs it.
func (c *compiler) needsDeclaration(f *field, d *Decision, r rule, why []string) {
	if f.declared == nil {
		c.faultAt(c.place(r), CodeDeclared, fmt.Sprintf("%s on %s must be declared: %s", d.Operator, f.id(), strings.Join(why, "; ")),
			"say what it is about, use redact, or add to "+c.doc.Name+", at the left edge:\n"+c.declare(f))
		return
	}
	at := declaredSection + f.declared.Key
	c.used[at] = true
	v := f.declared.Value
	switch {
	case !c.doc.Has(at + ".reason"):
		c.fault(at, CodeDeclared, "the reason is missing", "add reason: …, why the values may be seen")
	case unwritten(v.Reason):
		c.fault(at+".reason", CodeDeclared, "the reason is empty", "say why the values may be seen")
	}
	if c.table.personal(c.highest(f)) {
		switch {
		case unwritten(v.By) || unwritten(v.Second):
			c.fault(at, CodeApprover, fmt.Sprintf("%s may be about persons: a second person must approve", f.id()), "write both below it: {reason: …, by: <who declares it>, second: <who approved it>}")
		case strings.EqualFold(strings.TrimSpace(v.By), strings.TrimSpace(v.Second)):
			c.fault(at, CodeApprover, fmt.Sprintf("%s is declared and approved by one person", f.id()), "second: must be somebody else")
		}
	}
	text := fmt.Sprintf("declared, since %s: %s (%s)", strings.Join(why, "; "), v.Reason, c.doc.Where(at))
	if v.By != "" {
		text += ", by " + v.By
	}
	if v.Second != "" {
		text += ", approved by " + v.Second
	}
	d.Because = append(d.Because, text)
}

// unwritten reports whether a person has yet to write a text: it is empty, or as
// a hint left it.
func unwritten(s string) bool {
	s = strings.TrimSpace(s)
	return s == "" || strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">")
}

// declare is the declaration that a decision needs, ready to be pasted.
func (c *compiler) declare(f *field) string {
	entry := "{reason: <why the values may be seen>"
	if c.table.personal(c.highest(f)) {
		entry += ", by: <who declares it>, second: <who approved it>"
	}
	return block("declared", plain(f.id()), entry+"}")
}

// block is YAML of nested keys, one line each, ready to be pasted.
func block(keysAndValue ...string) string {
	last := len(keysAndValue) - 1
	var lines []string
	for i, k := range keysAndValue[:last] {
		lines = append(lines, strings.Repeat("  ", i)+k+":")
	}
	return strings.Join(lines, "\n") + " " + keysAndValue[last]
}

// highest is the highest class that anything says of a field.
func (c *compiler) highest(f *field) stream.Class {
	class, elements := f.law, []string{f.named, f.wildcard}
	for _, e := range f.col.Evidence {
		elements = append(elements, e.Element)
	}
	for _, name := range elements {
		e, _ := c.table.Lookup(name)
		class = c.higher(class, e.Class)
	}
	return class
}
