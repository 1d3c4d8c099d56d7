package rules

import (
	"fmt"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/rules/packs"
	"lethe/stream"
)

// What a decision means for a stream's label.
const (
	labelClear   = "clear"
	labelPseudo  = "pseudonymised"
	labelRemoved = "removed"
)

// decide finds the rule that decides about a field, and checks that it may.
func (c *compiler) decide(f *field, streamClass stream.Class) (Decision, masking.Spec) {
	all := c.candidates(f)
	r := all[0]
	d := Decision{Stream: f.stream, Path: f.path, Element: f.element, Class: f.class, Operator: r.op.Name, Params: r.op.Params, Where: c.place(r), Unlisted: !f.column && f.col.Where == ""}
	if d.Class == "" {
		// What nobody classified is taken for the highest that the stream holds.
		d.Class = streamClass
	}
	unsaid := c.unclassified(f, r)
	spec, ok := masking.Lookup(r.op.Name)
	if !ok || spec.Check(r.op.Params) != nil {
		return d, masking.Spec{} // told when the policy was read
	}
	traits := spec.Traits(r.op.Params)
	d.Label = labelPseudo
	switch {
	case traits.Lowers:
		d.Label = labelRemoved
	case wholly(traits):
		d.Label = labelClear
	}
	d.Because = append(d.Because, fmt.Sprintf("%s decides: %s (%s)", r.kind, d.Operator, d.Where), c.aboutText(f, d.Class))

	c.invents(f, &d, r)
	c.lowered(f, &d)
	if traits.Reversible {
		c.erasable(f, &d, r, spec)
	}
	allowed := c.byPacks(f, &d, r)
	if !unsaid { // else the redaction is not anybody's choice
		c.operatorFits(f, &d, r, spec, traits, allowed)
	}
	if why := c.reveals(f, &d, spec, traits); len(why) > 0 {
		c.needsDeclaration(f, &d, r, why)
	}
	for _, other := range all[1:] {
		d.Because = append(d.Because, fmt.Sprintf("less specific: %s says %s (%s)", other.kind, other.op.Name, c.place(other)))
	}
	return d, spec
}

// lowered counts a generalised value as removed where every pack accepts that,
// and says by which section. Data that the laws call special is never lowered.
func (c *compiler) lowered(f *field, d *Decision) {
	as, ok := d.Params["as"].(string)
	if d.Operator != "generalize" || !ok || len(c.packs) == 0 || len(c.packs) < len(c.policy.Packs) || c.special(f.law) {
		return
	}
	var why []string
	for _, p := range c.packs {
		a, ok := p.Accepted(f.element, as)
		if !ok {
			return
		}
		why = append(why, fmt.Sprintf("%s %s accepts %s as %s in place of removal: %s", p.Name, a.Section, f.element, as, a.Because))
	}
	d.Label = labelRemoved
	d.Because = append(d.Because, why...)
}

// wholly reports whether a result shows whole values. A result that collides, or
// that a key turns back, shows a part: it counts as pseudonymised.
func wholly(t masking.Traits) bool { return t.Clear && !t.Collides && !t.Reversible }

// place is where a rule stands in the policy.
func (c *compiler) place(r rule) string {
	if r.at == "" {
		return c.doc.Name
	}
	return c.doc.Where(r.at)
}

// unclassified tells a column that nobody said anything about, unless the policy
// has a rule for just this column or says what becomes of such columns.
func (c *compiler) unclassified(f *field, r rule) bool {
	said := f.element != "" || f.class != "" || f.col.Element != "" || f.col.Class != ""
	if !f.column || said || f.walked || c.policy.Mask.Default != nil || r.at == "mask.fields."+f.id() {
		return false
	}
	hint := "say what it is about (letheElement) or its class (classification) in the contract, or write mask.default: redact to redact such columns"
	if f.named != "" {
		hint = "its name reads as " + f.named + ": write that as letheElement in the contract, or what it is about"
	}
	c.faultAt(f.col.Where, CodeUnclassified, fmt.Sprintf("column %s is not classified", f.id()), hint)
	return true
}

func (c *compiler) aboutText(f *field, class stream.Class) string {
	e, ok := c.table.Lookup(f.element)
	switch {
	case ok && e.About != "":
		return fmt.Sprintf("it is about %s, %s; class %s (%s)", e.Name, e.About, class, f.about)
	case ok:
		return fmt.Sprintf("it is about %s; class %s (%s)", e.Name, class, f.about)
	case f.class != "":
		return fmt.Sprintf("nobody said what it is about; class %s (%s)", class, c.where(f))
	}
	return fmt.Sprintf("nobody said what it is about or its class; it counts as %s, the class of the stream", class)
}

// byPacks checks the operator against every pack and returns what all allow. It
// is nil where no pack is named: then every operator is allowed.
func (c *compiler) byPacks(f *field, d *Decision, r rule) []string {
	if len(c.packs) == 0 {
		return nil
	}
	allowed := c.allowed(f.element, f.law)
	hint := "all packs allow: " + strings.Join(allowed, " ")
	if wide, bound := c.wide(f.element, f.law); bound && slices.Contains(allowed, "generalize") {
		hint += " (generalize as " + strings.Join(wide, " or ") + ")"
	}
	if f.law != d.Class {
		hint += "\na declared class does not lower what a law asks: if " + string(d.Class) + " is right, write it as classification in the contract"
	}
	for _, p := range c.packs {
		rule := c.spoken(p, f.element, f.law)
		d.Because = append(d.Because, fmt.Sprintf("%s %s allows %s: %s", p.Name, rule.Section, rule.Words(), rule.Because))
		if as, _ := d.Params["as"].(string); rule.Allows(d.Operator, as) || len(allowed) == 0 {
			continue
		}
		c.faultAt(c.place(r), CodeWeakerThanLaw, fmt.Sprintf("%s on %s%s is weaker than %s %s allows for purpose %q: %s",
			d.Operator, f.id(), aboutShort(f), p.Name, rule.Section, c.env.Purpose, rule.Because), hint)
	}
	if len(allowed) == 0 {
		c.faultAt(c.place(r), CodeEmpty, fmt.Sprintf("no operator for %s%s is allowed by all packs", f.id(), aboutShort(f)), "leave the column out at the source")
	}
	return allowed
}

func aboutShort(f *field) string {
	if f.element != "" {
		return " (" + f.element + ")"
	}
	return " (class " + string(f.law) + ")"
}

// spoken is what a pack says about data of an element and class. Packs know the
// built-in classes: one above special is special to them.
func (c *compiler) spoken(p packs.Pack, element string, class stream.Class) packs.Rule {
	if c.special(class) {
		class = stream.Special
	}
	return p.Allowed(element, class, c.env.Purpose)
}

// allowed are the operators that every pack allows.
func (c *compiler) allowed(element string, class stream.Class) []string {
	out := slices.Clone(packs.Operators)
	for _, p := range c.packs {
		rule := c.spoken(p, element, class)
		out = slices.DeleteFunc(out, func(op string) bool { return !slices.Contains(rule.Allow, op) })
	}
	if wide, bound := c.wide(element, class); bound && len(wide) == 0 {
		out = slices.DeleteFunc(out, func(op string) bool { return op == "generalize" })
	}
	return out
}

// wide is what all packs allow generalize to make of values; bound is false if none
// of them says anything about it.
func (c *compiler) wide(element string, class stream.Class) (as []string, bound bool) {
	for _, p := range c.packs {
		rule := c.spoken(p, element, class)
		switch {
		case len(rule.As) == 0:
		case !bound:
			as, bound = slices.Clone(rule.As), true
		default:
			as = slices.DeleteFunc(as, func(one string) bool { return !slices.Contains(rule.As, one) })
		}
	}
	return as, bound
}
