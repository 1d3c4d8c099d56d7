package rules

import (
	"fmt"
	"slices"
	"strings"

	"lethe/masking"
	"lethe/rules/packs"
	"lethe/rules/strict"
)

// policy is policy.yaml.
type policy struct {
	Packs     []string                `yaml:"packs"`
	Elements  strict.Map[string]      `yaml:"elements"`
	Subjects  strict.Map[subjectRule] `yaml:"subjects"`
	Mask      mask                    `yaml:"mask"`
	Declared  strict.Map[declaration] `yaml:"declared"`
	Transfers strict.Map[string]      `yaml:"transfers"`
	Filter    any                     `yaml:"filter"`
	Add       any                     `yaml:"add"`
}

type mask struct {
	Fields   strict.Map[operation] `yaml:"fields"`
	Elements strict.Map[operation] `yaml:"elements"`
	Classes  strict.Map[operation] `yaml:"classes"`
	Default  *operation            `yaml:"default"`
}

// declaration says that somebody answers for a revealing rule.
type declaration struct {
	Reason string `yaml:"reason"`
	Class  string `yaml:"class"`  // of a field without an element
	By     string `yaml:"by"`     // who declares it
	Second string `yaml:"second"` // who approved it: another person
	// Survives says why values may be given back after their subject was erased.
	Survives string `yaml:"survives_erasure"`
}

// operation is an operator and its parameters: keep, or {hmac: {length: 32}}.
type operation struct {
	Name   string
	Params masking.Params
}

// DecodeNode implements [strict.Decoder].
func (o *operation) DecodeNode(n strict.Node) {
	const hint = "write an operator, such as redact, or {hmac: {length: 32}}"
	switch n.Kind() {
	case strict.Text:
		o.Name = n.Text()
		return
	case strict.Null:
		// The operator null is YAML's null.
		if n.Text() == "null" {
			o.Name = "null"
			return
		}
	case strict.Table:
		count := 0
		n.Each(func(name string, v strict.Node) {
			count++
			o.Name = name
			if v.Kind() != strict.Null {
				v.Into((*map[string]any)(&o.Params))
			}
		})
		if count == 1 {
			return
		}
		o.Name = ""
	}
	n.Fault(strict.CodeType, fmt.Sprintf("want one operator, found %s", n.Kind()), hint)
}

// subjectRule is {key: column}, {key: column, also: column} or none.
type subjectRule struct{ Key, Also string }

// DecodeNode implements [strict.Decoder].
func (s *subjectRule) DecodeNode(n strict.Node) {
	switch {
	case n.Kind() == strict.Text && n.Text() == "none":
	case n.Kind() == strict.Table:
		var t struct {
			Key  string `yaml:"key,required"`
			Also string `yaml:"also"`
		}
		if n.Into(&t) {
			s.Key, s.Also = t.Key, t.Also
		}
	default:
		n.Fault(strict.CodeType, "want the subject's key or none, found "+string(n.Kind()), "write {key: <column>}, or none if the rows are about nobody")
	}
}

// notInBuild tells the sections that this build does not have; they are never
// ignored.
func (c *compiler) notInBuild() {
	for _, key := range []string{"filter", "add"} {
		if c.doc.Has(key) {
			c.fault(key, CodeNotInBuild, key+" is not in this build", "remove it; filter and derive columns in a view at the source or behind the sink")
		}
	}
}

// loadPacks checks the pack names and loads them.
func (c *compiler) loadPacks() {
	if !c.doc.Has("packs") {
		c.fault("packs", CodePacks, "no law is named", "write packs: ["+strings.Join(packs.Names(), ", ")+"], those that apply, or packs: [] if none does")
	}
	for i, name := range c.policy.Packs {
		p, ok := packs.Load(name)
		at := fmt.Sprintf("packs[%d]", i)
		switch {
		case !ok:
			c.fault(at, CodePack, fmt.Sprintf("unknown pack %q", name), strict.Suggest(name, packs.Names()))
		case slices.ContainsFunc(c.packs, func(o packs.Pack) bool { return o.Name == name }):
			c.fault(at, CodePack, fmt.Sprintf("pack %q is named twice", name), "keep one")
		default:
			c.packs = append(c.packs, p)
		}
	}
}

// checkRules checks the names in the policy that do not depend on a stream.
func (c *compiler) checkRules() {
	for _, e := range c.policy.Elements.Entries {
		c.checkElement("elements."+e.Key, e.Value)
	}
	m := c.policy.Mask
	for _, e := range m.Fields.Entries {
		c.checkOperation("mask.fields."+e.Key, e.Value)
	}
	for _, e := range m.Elements.Entries {
		at := "mask.elements." + e.Key
		if family, ok := strings.CutSuffix(e.Key, ".*"); ok {
			if !c.table.hasFamily(family) {
				c.fault(at, CodeElement, fmt.Sprintf("no element is in family %q", e.Key), strict.Suggest(e.Key, c.table.families()))
			}
		} else {
			c.checkElement(at, e.Key)
		}
		c.checkOperation(at, e.Value)
	}
	for _, e := range m.Classes.Entries {
		at := "mask.classes." + e.Key
		c.checkClass(at, e.Key)
		c.checkOperation(at, e.Value)
	}
	if m.Default != nil {
		c.checkOperation("mask.default", *m.Default)
	}
	for _, e := range c.policy.Declared.Entries {
		if e.Value.Class != "" {
			c.checkClass("declared."+e.Key+".class", e.Value.Class)
			if strings.Contains(e.Key, "*") {
				c.fault("declared."+e.Key+".class", CodeClass, "a wildcard cannot say a class: it would hold for columns that nobody has seen yet", "name each field, or write classification in the contracts")
			}
		}
	}
}

func (c *compiler) checkElement(at, name string) bool {
	if _, ok := c.table.Lookup(name); ok || name == "" {
		return name != ""
	}
	c.fault(at, CodeElement, fmt.Sprintf("unknown element %q", name), c.table.hint(name))
	return false
}

func (c *compiler) checkClass(at, name string) {
	if !slices.Contains(c.table.classNames(), name) {
		c.fault(at, CodeClass, fmt.Sprintf("unknown class %q", name), strict.Suggest(name, c.table.classNames()))
	}
}

func (c *compiler) checkOperation(at string, o operation) {
	if o.Name == "" {
		return // told when it was decoded
	}
	spec, ok := masking.Lookup(o.Name)
	if !ok {
		c.fault(at, CodeOperator, fmt.Sprintf("unknown operator %q", o.Name), strict.Suggest(o.Name, operatorNames()))
		return
	}
	faults := lines(spec.Check(o.Params))
	for _, line := range faults {
		c.fault(at, CodeParams, line, spec.Hint())
	}
	if len(faults) == 0 {
		c.readTable(at, o)
	}
}

// lines are the messages of joined errors.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

func operatorNames() []string {
	var names []string
	for _, s := range masking.Operators() {
		names = append(names, s.Name)
	}
	return names
}
