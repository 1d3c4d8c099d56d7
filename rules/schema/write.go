package schema

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"lethe/rules/strict"
)

// Write is the contract as a file: the same bytes for the same contract. Comments
// of a file that was parsed are not kept.
func Write(c Contract) []byte {
	h := c.head
	if h.ID == "" {
		h.ID = c.Stream
	}
	if h.Version == "" {
		h.Version = "1.0.0"
	}
	if h.Status == "" {
		h.Status = "draft"
	}
	var top, obj table
	top.text("apiVersion", "v3.1.0")
	top.text("kind", "DataContract")
	top.text("id", h.ID)
	top.text("name", h.Name)
	top.text("version", h.Version)
	top.text("status", h.Status)
	top.rest(c.rest)

	obj.text("name", c.Stream)
	obj.text("logicalType", "object")
	var own []*yaml.Node
	if c.Class != "" {
		own = append(own, property1(propClass, scalar(string(c.Class))))
	}
	kept := c.restObject
	if i := slices.IndexFunc(kept.Entries, func(e strict.Entry[any]) bool { return e.Key == "customProperties" }); i >= 0 {
		for _, x := range kept.Entries[i].Value.([]any) {
			own = append(own, anyNode(x))
		}
		kept.Entries = slices.Delete(slices.Clone(kept.Entries), i, i+1)
	}
	obj.list("customProperties", own)
	obj.rest(kept)
	var cols []*yaml.Node
	for _, col := range c.Columns {
		cols = append(cols, columnNode(col, slices.Index(c.Key, col.Name)+1))
	}
	if len(cols) == 0 {
		// A table without columns says so.
		obj.add("properties", &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle})
	}
	obj.list("properties", cols)
	top.list("schema", []*yaml.Node{obj.node()})

	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	// Nodes of scalars, lists and maps always encode.
	_ = enc.Encode(top.node())
	_ = enc.Close()
	return out.Bytes()
}

// columnNode writes a column; key is its place in the primary key, 0 for none.
func columnNode(col Column, key int) *yaml.Node {
	var t table
	t.text("name", col.Name)
	if col.Type.Base != 0 {
		t.text("logicalType", col.logicalType())
	}
	t.text("physicalType", col.Physical)
	if !col.Nullable {
		t.add("required", raw("true"))
	}
	if key > 0 {
		t.add("primaryKey", raw("true"))
		t.add("primaryKeyPosition", raw(strconv.Itoa(key)))
	}
	t.text("classification", string(col.Class))
	t.add("logicalTypeOptions", optionsNode(col.options))
	var own []*yaml.Node
	if col.Type.Base != 0 {
		own = append(own, property1(propType, scalar(col.Type.String())))
	}
	if col.Element != "" {
		own = append(own, property1(propElement, scalar(col.Element)))
	}
	if len(col.Evidence) > 0 {
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, e := range col.Evidence {
			list.Content = append(list.Content, scalar(e.String()))
		}
		own = append(own, property1(propEvidence, list))
	}
	for _, c := range col.custom {
		own = append(own, property1(c.Property, anyNode(c.Value)))
	}
	t.list("customProperties", own)
	var checks []*yaml.Node
	for _, q := range col.quality {
		checks = append(checks, qualityNode(q))
	}
	t.list("quality", checks)
	t.rest(col.rest)
	if col.items != nil {
		t.add("items", columnNode(*col.items, 0))
		return t.node()
	}
	var members []*yaml.Node
	for _, m := range col.Inside {
		members = append(members, columnNode(m, 0))
	}
	t.list("properties", members)
	return t.node()
}

func optionsNode(o options) *yaml.Node {
	var t table
	number := func(name string, n *int) {
		if n != nil {
			t.add(name, raw(strconv.Itoa(*n)))
		}
	}
	flag := func(name string, b *bool) {
		if b != nil {
			t.add(name, raw(strconv.FormatBool(*b)))
		}
	}
	number("minLength", o.MinLength)
	number("maxLength", o.MaxLength)
	t.text("pattern", o.Pattern)
	t.text("format", o.Format)
	t.add("minimum", literalNode(o.Minimum))
	t.add("maximum", literalNode(o.Maximum))
	t.add("exclusiveMinimum", literalNode(o.ExclusiveMinimum))
	t.add("exclusiveMaximum", literalNode(o.ExclusiveMaximum))
	t.add("multipleOf", literalNode(literal(o.MultipleOf)))
	flag("timezone", o.Timezone)
	t.text("defaultTimezone", o.DefaultTimezone)
	number("minItems", o.MinItems)
	number("maxItems", o.MaxItems)
	if o.UniqueItems {
		t.add("uniqueItems", raw("true"))
	}
	number("minProperties", o.MinProperties)
	number("maxProperties", o.MaxProperties)
	var names []*yaml.Node
	for _, r := range o.Required {
		names = append(names, scalar(r))
	}
	t.list("required", names)
	if len(t.content) == 0 {
		return nil
	}
	return t.node()
}

func qualityNode(q quality) *yaml.Node {
	var t, args table
	t.text("type", q.Type)
	t.text("metric", q.Metric)
	var values []*yaml.Node
	for _, v := range q.Arguments.ValidValues {
		values = append(values, literalNode(v))
	}
	args.list("validValues", values)
	args.text("pattern", q.Arguments.Pattern)
	args.rest(q.Arguments.Rest)
	if len(args.content) > 0 {
		t.add("arguments", args.node())
	}
	t.add("mustBe", literalNode(q.MustBe))
	t.rest(q.Rest)
	return t.node()
}

// table builds a map in order and leaves out what is empty.
type table struct{ content []*yaml.Node }

func (t *table) add(key string, v *yaml.Node) {
	if v != nil {
		t.content = append(t.content, scalar(key), v)
	}
}

func (t *table) text(key, v string) {
	if v != "" {
		t.add(key, scalar(v))
	}
}

func (t *table) list(key string, items []*yaml.Node) {
	if len(items) > 0 {
		t.add(key, &yaml.Node{Kind: yaml.SequenceNode, Content: items})
	}
}

func (t *table) rest(m strict.Map[any]) {
	for _, e := range m.Entries {
		t.add(e.Key, anyNode(e.Value))
	}
}

func (t *table) node() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Content: t.content} }

func property1(name string, value *yaml.Node) *yaml.Node {
	var t table
	t.text("property", name)
	t.add("value", value)
	return t.node()
}

func scalar(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func raw(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

func literalNode(l literal) *yaml.Node {
	if l == "" {
		return nil
	}
	var s string
	if l[0] == '"' && json.Unmarshal([]byte(l), &s) == nil {
		return scalar(s)
	}
	return raw(string(l))
}

func anyNode(x any) *yaml.Node {
	n := &yaml.Node{}
	if err := n.Encode(x); err != nil {
		return raw("null")
	}
	return n
}
