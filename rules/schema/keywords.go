package schema

import (
	"encoding/json"
	"strings"

	"lethe/masking/conform"
	"lethe/stream"
)

// optionTable is what options are set, under the standard's names.
func optionTable(o options) map[string]any {
	t := map[string]any{}
	set := func(name string, ok bool, v any) {
		if ok {
			t[name] = v
		}
	}
	set("minLength", o.MinLength != nil, o.MinLength)
	set("maxLength", o.MaxLength != nil, o.MaxLength)
	set("pattern", o.Pattern != "", o.Pattern)
	set("format", o.Format != "", o.Format)
	set("minimum", o.Minimum != "", json.RawMessage(o.Minimum))
	set("maximum", o.Maximum != "", json.RawMessage(o.Maximum))
	set("exclusiveMinimum", o.ExclusiveMinimum != "", json.RawMessage(o.ExclusiveMinimum))
	set("exclusiveMaximum", o.ExclusiveMaximum != "", json.RawMessage(o.ExclusiveMaximum))
	set("multipleOf", o.MultipleOf != "", json.RawMessage(o.MultipleOf))
	set("timezone", o.Timezone != nil, o.Timezone)
	set("defaultTimezone", o.DefaultTimezone != "", o.DefaultTimezone)
	set("minItems", o.MinItems != nil, o.MinItems)
	set("maxItems", o.MaxItems != nil, o.MaxItems)
	set("uniqueItems", o.UniqueItems, true)
	set("minProperties", o.MinProperties != nil, o.MinProperties)
	set("maxProperties", o.MaxProperties != nil, o.MaxProperties)
	set("required", len(o.Required) > 0, o.Required)
	return t
}

var boundNames = []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}

// keywords are the JSON Schema keywords for a column's values; nil for none.
// Types are checked where rows are masked, not here.
func keywords(col Column) map[string]any {
	t := optionTable(col.options)
	delete(t, "timezone")
	delete(t, "defaultTimezone")
	switch logical(col.Type) {
	case "integer", "number":
		// NaN and infinity are text: no bound holds for them.
		f, _ := t["format"].(string)
		delete(t, "format")
		if b, ok := integerBounds[f]; ok {
			bound(t, "minimum", b[0])
			bound(t, "maximum", b[1])
		}
		if len(t) > 0 {
			t["type"] = []string{"number", "null"}
		}
	case "date", "time", "timestamp":
		// A format says how the source writes it; rows hold ISO 8601.
		delete(t, "format")
		b := map[string]any{}
		for _, name := range boundNames {
			if x, ok := t[name]; ok {
				b[name] = x
				delete(t, name)
			}
		}
		if len(b) > 0 {
			t[conform.TimeBounds] = b
		}
	}
	var all []any
	for _, q := range col.quality {
		all = append(all, q.keywords(col)...)
	}
	if len(all) > 0 {
		t["allOf"] = all
	}
	inside(t, col)
	if len(t) == 0 {
		return nil
	}
	return t
}

func bound(t map[string]any, name, value string) {
	if _, ok := t[name]; !ok {
		t[name] = json.RawMessage(value)
	}
}

func (q quality) keywords(col Column) []any {
	if !q.perRow() {
		return nil
	}
	if q.Metric == "nullValues" {
		return []any{map[string]any{"not": map[string]any{"type": "null"}}}
	}
	var all []any
	if len(q.Arguments.ValidValues) > 0 {
		enum := []json.RawMessage{json.RawMessage("null")}
		for _, l := range q.Arguments.ValidValues {
			if s, ok := l.text(); ok && col.Type.Base == stream.Decimal && conform.IsNumber([]byte(s)) {
				l = literal(s)
			}
			enum = append(enum, json.RawMessage(l))
		}
		all = append(all, map[string]any{"enum": enum})
	}
	if q.Arguments.Pattern != "" {
		all = append(all, map[string]any{"pattern": q.Arguments.Pattern})
	}
	return all
}

// inside adds what the contract says about members and elements.
func inside(t map[string]any, col Column) {
	if col.items != nil {
		if k := keywords(*col.items); k != nil {
			t["items"] = k
		}
		return
	}
	members := map[string]any{}
	for _, m := range col.Inside {
		if k := keywords(m); k != nil {
			members[m.Name] = k
		}
	}
	if len(members) > 0 {
		t["properties"] = members
	}
}

var boundExample = map[string]string{"date": "2006-01-02", "time": "15:04:05", "timestamp": "2006-01-02T15:04:05Z"}

func isBound(logical, s string) bool {
	_, ok := conform.Instant(s)
	return ok && strings.Contains(s, ":") == (logical != "date") && (logical != "timestamp" || strings.ContainsAny(s, "T "))
}
