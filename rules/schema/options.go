package schema

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"lethe/masking/conform"
	"lethe/rules/strict"
)

// allowedOptions are the options that the standard gives each logical type.
var allowedOptions = map[string][]string{
	"string":    {"minLength", "maxLength", "pattern", "format"},
	"date":      {"format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
	"time":      {"format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "timezone", "defaultTimezone"},
	"timestamp": {"format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "timezone", "defaultTimezone"},
	"integer":   {"multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"},
	"number":    {"multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "format"},
	"object":    {"minProperties", "maxProperties", "required"},
	"array":     {"minItems", "maxItems", "uniqueItems"},
	"boolean":   {},
}

// options checks that the options of a column can be enforced.
func (p *parser) options(at string, col *Column) {
	at += ".logicalTypeOptions"
	if !p.doc.Has(at) {
		return
	}
	l, o := col.logicalType(), col.options
	for _, name := range slices.Sorted(maps.Keys(optionTable(o))) {
		if !slices.Contains(allowedOptions[l], name) {
			p.fault(at+"."+name, fmt.Sprintf("%s is no option of %s", name, l), strict.Suggest(name, allowedOptions[l]))
		}
	}
	if o.Pattern != "" {
		if _, err := regexp.Compile(o.Pattern); err != nil {
			p.fault(at+".pattern", "not a regular expression: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "), "use RE2 syntax: no look-around, no back-references")
		}
	}
	switch {
	case o.Format == "":
	case l == "string":
		if _, ok := jsonschema.Formats[o.Format]; !ok {
			p.fault(at+".format", fmt.Sprintf("unknown format %q", o.Format), strict.Suggest(o.Format, formats()))
		}
	case l == "integer" && !slices.Contains(integerFormats, o.Format):
		p.fault(at+".format", fmt.Sprintf("unknown format %q", o.Format), strict.Suggest(o.Format, integerFormats))
	case l == "number" && o.Format != "f32" && o.Format != "f64":
		p.fault(at+".format", fmt.Sprintf("unknown format %q", o.Format), "one of: f32 f64")
	}
	p.bounds(at, l, o)
}

var integerFormats = []string{"i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128"}

func formats() []string {
	var all []string
	for name := range jsonschema.Formats {
		all = append(all, name)
	}
	return all
}

// bounds checks that bounds are of the column's kind.
func (p *parser) bounds(at, l string, o options) {
	for i, b := range []literal{o.Minimum, o.Maximum, o.ExclusiveMinimum, o.ExclusiveMaximum} {
		name := boundNames[i]
		if b == "" || !slices.Contains(allowedOptions[l], name) {
			continue
		}
		text, isText := b.text()
		switch {
		case l == "integer" || l == "number":
			if !conform.IsNumber([]byte(b)) || !conform.Cheap(string(b)) {
				p.fault(at+"."+name, "want a number", "write digits, such as 100")
			}
		case !isText || !isBound(l, text):
			p.fault(at+"."+name, "want a "+l+" as text", `write it as "`+boundExample[l]+`"`)
		}
	}
	if !conform.Cheap(string(o.MultipleOf)) || strings.HasPrefix(string(o.MultipleOf), "-") || strings.Trim(string(o.MultipleOf), "0.") == "" && o.MultipleOf != "" {
		p.fault(at+".multipleOf", "want a number above 0", "write digits, such as 0.01")
	}
}

// quality checks one quality rule of a column: the rules about values of single
// rows are compiled, the others listed.
func (p *parser) quality(at string, q quality) {
	for _, e := range q.Rest.Entries {
		if !slices.Contains(knownQuality, e.Key) {
			p.found = append(p.found, p.doc.Fault(at+"."+e.Key, strict.CodeUnknown, fmt.Sprintf("unknown key %q", e.Key),
				strict.Suggest(e.Key, append([]string{"type", "metric", "mustBe", "arguments"}, knownQuality...))))
		}
	}
	if !q.perRow() {
		p.unchecked(at, q)
		return
	}
	a := q.Arguments
	if q.Metric == "invalidValues" && len(a.ValidValues) == 0 && a.Pattern == "" {
		p.fault(at, "invalidValues says no valid values", "add arguments: {validValues: [...]} or {pattern: ...}")
	}
	if _, err := regexp.Compile(a.Pattern); err != nil {
		p.fault(at+".arguments.pattern", "not a regular expression", "use RE2 syntax: no look-around, no back-references")
	}
	for _, e := range a.Rest.Entries {
		p.fault(at+".arguments."+e.Key, fmt.Sprintf("argument %q is not known for %s", e.Key, q.Metric), strict.Suggest(e.Key, []string{"validValues", "pattern"}))
	}
}

// perRow reports whether a single row can break the rule.
func (q quality) perRow() bool {
	return (q.Type == "" || q.Type == "library") && q.MustBe == "0" && (q.Metric == "invalidValues" || q.Metric == "nullValues")
}

func (p *parser) unchecked(at string, q quality) {
	// L1: what nobody checks is told.
	if q.Type != "text" {
		p.out.Unchecked = append(p.out.Unchecked, p.doc.Where(at))
	}
}
