package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"lethe/masking"
	"lethe/masking/conform"
	"lethe/rules/strict"
	"lethe/stream"
)

// Codes of the faults that this package tells beside those of package strict.
const (
	CodeContract = "contract.invalid" // says something that cannot be
)

// Names of the custom properties.
const (
	propClass    = "letheClass"
	propType     = "letheType"
	propElement  = "letheElement"
	propEvidence = "letheEvidence"
	propSchema   = "letheSchema"
)

type parser struct {
	doc   *strict.Doc
	found []error
	out   *Contract
	key   map[string]int // position of each key column
}

// Parse reads a contract. name is what faults call the file; they are told all
// at once. Variables are not expanded: a contract is the same on every machine.
func Parse(name string, data []byte) (Contract, error) {
	var f file
	doc, err := strict.Decode(name, data, nil, &f)
	out := Contract{Doc: doc, rest: f.Rest, head: head{ID: f.ID, Name: f.Name, Version: f.Version, Status: f.Status}}
	p := &parser{doc: doc, out: &out, key: map[string]int{}}
	p.known("", f.Rest, knownFile, reflect.TypeFor[file]())
	if doc.Has("kind") && f.Kind != "DataContract" {
		p.fault("kind", "not a data contract", `write kind: DataContract`)
	}
	if doc.Has("apiVersion") && !strings.HasPrefix(f.APIVersion, "v3.") {
		p.fault("apiVersion", "another version of ODCS", "write apiVersion: v3.1.0")
	}
	switch {
	case len(f.Schema) == 1:
		p.object("schema[0]", f.Schema[0])
	case doc.Has("schema"):
		p.fault("schema", fmt.Sprintf("holds %d streams", len(f.Schema)), "write one file for each stream")
	}
	return out, errors.Join(append([]error{err}, p.found...)...)
}

func (p *parser) fault(path, msg, hint string) {
	p.found = append(p.found, p.doc.Fault(path, CodeContract, msg, hint))
}

// known tells the keys in rest that the standard has no meaning for.
func (p *parser) known(path string, rest strict.Map[any], allowed []string, read reflect.Type) {
	all := slices.Clone(allowed)
	for i := range read.NumField() {
		if name, option, _ := strings.Cut(read.Field(i).Tag.Get("yaml"), ","); option != "rest" {
			all = append(all, name)
		}
	}
	for _, e := range rest.Entries {
		if !slices.Contains(allowed, e.Key) {
			f := p.doc.Fault(join(path, e.Key), strict.CodeUnknown, fmt.Sprintf("unknown key %q", e.Key), strict.Suggest(e.Key, all))
			p.found = append(p.found, f)
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (p *parser) object(path string, o object) {
	p.known(path, o.Rest, knownObject, reflect.TypeFor[object]())
	p.out.Stream, p.out.restObject = o.Name, o.Rest
	if p.doc.Has(path, "name") && strings.Count(o.Name, ".") < 2 {
		p.fault(path+".name", fmt.Sprintf("stream %q has no source or schema", o.Name), "write <source>.<schema>.<table>")
	}
	for i, c := range o.Custom {
		at := fmt.Sprintf("%s.customProperties[%d]", path, i)
		switch {
		case c.Property == propClass:
			p.out.Class = stream.Class(p.text(at, c))
		case strings.HasPrefix(c.Property, "lethe"):
			p.fault(at, fmt.Sprintf("unknown property %q", c.Property), strict.Suggest(c.Property, []string{propClass}))
		default:
			p.out.head.keep(o.Custom[i], &p.out.restObject)
		}
	}
	for i, q := range o.Quality {
		p.unchecked(fmt.Sprintf("%s.quality[%d]", path, i), q)
	}
	seen := map[string]bool{}
	for i, pr := range o.Properties {
		at := fmt.Sprintf("%s.properties[%d]", path, i)
		col := p.column(at, pr, "", true)
		if pr.Name != "" && seen[pr.Name] {
			p.fault(at, fmt.Sprintf("column %q is written twice", pr.Name), "keep one")
		}
		seen[pr.Name] = true
		p.out.Columns = append(p.out.Columns, col)
		if pr.PrimaryKey {
			p.out.Key = append(p.out.Key, pr.Name)
			p.key[pr.Name] = pr.PrimaryKeyPosition
		}
	}
	slices.SortStableFunc(p.out.Key, func(a, b string) int { return p.key[a] - p.key[b] })
}

// keep appends a custom property that is not ours to what is kept.
func (head) keep(c custom, rest *strict.Map[any]) {
	kept := map[string]any{"property": c.Property, "value": c.Value}
	if c.ID != "" {
		kept["id"] = c.ID
	}
	for i, e := range rest.Entries {
		if list, ok := e.Value.([]any); ok && e.Key == "customProperties" {
			rest.Entries[i].Value = append(list, kept)
			return
		}
	}
	rest.Entries = append(rest.Entries, strict.Entry[any]{Key: "customProperties", Value: []any{kept}})
}

func (p *parser) text(at string, c custom) string {
	s, ok := c.Value.(string)
	if !ok {
		p.fault(at+".value", c.Property+": want text", "write a word in value, such as {property: letheElement, value: contact.email}")
	}
	return s
}

// column reads one property; top says that it is a column and not a member.
func (p *parser) column(at string, pr property, prefix string, top bool) Column {
	p.known(at, pr.Rest, knownColumn, reflect.TypeFor[property]())
	col := Column{Path: prefix + masking.EscapeName(pr.Name), Class: stream.Class(pr.Classification),
		Where: p.doc.Where(at), options: pr.Options, quality: pr.Quality, rest: pr.Rest}
	col.Name, col.Physical, col.Nullable = pr.Name, pr.PhysicalType, !pr.Required
	if pr.Name == "" && !strings.HasSuffix(prefix, "[]") {
		p.fault(at, "a property has no name", "add name: …")
	} else if pr.Name != "" {
		col.Where = p.doc.Where(at) + " (" + col.Path + ")"
	}
	exact := p.custom(at, pr, &col)
	col.logical = pr.LogicalType
	p.typed(at, pr, exact, &col, top)
	p.options(at, &col)
	for i, q := range pr.Quality {
		p.quality(fmt.Sprintf("%s.quality[%d]", at, i), q)
	}
	if e, _ := pr.Rest.Get("unique"); e == true && !pr.PrimaryKey {
		p.out.Unchecked = append(p.out.Unchecked, p.doc.Where(at+".unique"))
	}
	if pr.Options.DefaultTimezone != "" {
		p.out.Unchecked = append(p.out.Unchecked, p.doc.Where(at+".logicalTypeOptions.defaultTimezone"))
	}
	inside := col.Path
	switch {
	case pr.Items != nil:
		item := p.column(at+".items", withoutName(*pr.Items), col.Path+"[]", false)
		col.items = &item
		col.Inside = item.Inside
		if item.Element != "" || item.Class != "" {
			item.Inside = nil
			col.Inside = append([]Column{item}, col.Inside...)
		}
	case strings.HasSuffix(prefix, "[]") && pr.Name == "":
		inside = prefix
	}
	for i, m := range pr.Properties {
		col.Inside = append(col.Inside, p.column(at+".properties["+strconv.Itoa(i)+"]", m, inside+".", false))
	}
	return col
}

// withoutName drops the name of an array's items, which has no meaning.
func withoutName(pr property) property {
	pr.Name = ""
	return pr
}

// custom reads the properties that are ours and returns the exact type, if any.
func (p *parser) custom(at string, pr property, col *Column) string {
	exact := ""
	for i, c := range pr.Custom {
		at := fmt.Sprintf("%s.customProperties[%d]", at, i)
		switch c.Property {
		case propType:
			exact = p.text(at, c)
		case propElement:
			col.Element = p.text(at, c)
		case propEvidence:
			p.evidence(at, c, col)
		case propSchema:
			p.document(at, c, col)
			col.custom = append(col.custom, c)
		default:
			if strings.HasPrefix(c.Property, "lethe") {
				p.fault(at, fmt.Sprintf("unknown property %q", c.Property), strict.Suggest(c.Property, []string{propType, propElement, propEvidence, propSchema}))
			}
			col.custom = append(col.custom, c)
		}
	}
	return exact
}

// document reads a whole JSON Schema that a column's values conform to.
func (p *parser) document(at string, c custom, col *Column) {
	text, err := json.Marshal(c.Value)
	if err == nil {
		_, err = conform.Compile(text)
	}
	switch {
	case strings.ContainsAny(strings.NewReplacer(`\\`, "", `\.`, "", `\[`, "").Replace(col.Path), ".["):
		p.fault(at, "letheSchema stands inside a column", "write it at the column, with properties or items for what is inside")
	case err != nil:
		p.fault(at+".value", "letheSchema: no JSON Schema that can be checked: "+err.Error(), "write a schema that refers to nothing outside of it")
	default:
		col.document = text
	}
}

func (p *parser) evidence(at string, c custom, col *Column) {
	list, ok := c.Value.([]any)
	if !ok {
		p.fault(at+".value", "letheEvidence: want a list", `write ["contact.email: column name"]`)
		return
	}
	for _, x := range list {
		s, _ := x.(string)
		element, why, ok := strings.Cut(s, ": ")
		if !ok {
			p.fault(at+".value", "letheEvidence: want <element>: <why>", `write ["contact.email: column name"]`)
			return
		}
		col.Evidence = append(col.Evidence, Evidence{Element: element, Why: why})
	}
}

// typed finds the column's type: the exact one where it is written, else the
// widest that the logical type allows.
func (p *parser) typed(at string, pr property, exact string, col *Column, top bool) {
	if pr.LogicalType != "" && !slices.Contains(logicalTypes, pr.LogicalType) {
		p.fault(at+".logicalType", fmt.Sprintf("unknown type %q", pr.LogicalType), strict.Suggest(pr.LogicalType, logicalTypes))
		return
	}
	if exact == "" {
		if pr.LogicalType == "" {
			if top {
				p.fault(at, fmt.Sprintf("column %q has no type", pr.Name), "add logicalType: "+strings.Join(logicalTypes, " | "))
			}
			return
		}
		col.Type = fromLogical(pr)
		return
	}
	t, err := stream.ParseType(exact)
	if err != nil {
		p.fault(at, propType+": "+err.Error(), "write one of them, or let lethe discover write it: remove the property and run it again")
		return
	}
	if l := logical(t); pr.LogicalType != "" && pr.LogicalType != l && t.Base != stream.JSON &&
		!(t.Base == stream.Decimal && pr.LogicalType == "integer") {
		p.fault(at+".logicalType", fmt.Sprintf("%s is not %s, which letheType says", pr.LogicalType, exact), "write logicalType: "+l)
	}
	col.Type = t
}
