package conform

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// maker makes schemas and documents that are near them.
type maker struct {
	*rand.Rand
	draft string
	defs  int
}

func (m *maker) pick(from ...string) string { return from[m.IntN(len(from))] }

func (m *maker) oneIn(n int) bool { return m.IntN(n) == 0 }

var drafts = []string{"http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-06/schema#"}

// document is a schema document.
func (m *maker) document() string {
	m.draft, m.defs = drafts[m.IntN(len(drafts))], m.IntN(3)
	s, ok := m.schema(3).(map[string]any)
	if !ok {
		s = map[string]any{"type": m.types()}
	}
	s["$schema"] = m.draft
	defs := map[string]any{}
	for d := range m.defs {
		defs[fmt.Sprint("d", d)] = m.schema(2)
	}
	if m.defs > 0 {
		s["definitions"] = defs
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

var kindNames = []string{"null", "boolean", "integer", "number", "string", "array", "object"}

func (m *maker) types() any {
	if m.oneIn(2) {
		return m.pick(kindNames...)
	}
	if m.oneIn(2) {
		return []string{m.pick(kindNames[1:]...), "null"}
	}
	i := m.IntN(len(kindNames) - 1)
	return []string{kindNames[i], kindNames[i+1]}
}

// schema is a schema of some keywords that belong together, and sometimes of
// others, too.
func (m *maker) schema(depth int) any {
	if m.oneIn(20) {
		return !m.oneIn(3)
	}
	s := map[string]any{}
	if m.defs > 0 && m.oneIn(6) {
		s["$ref"] = fmt.Sprint("#/definitions/d", m.IntN(m.defs))
		if m.oneIn(2) {
			return s
		}
	}
	for k := 1 + m.IntN(2); k > 0; k-- {
		switch m.IntN(7) {
		case 0:
			m.textual(s)
		case 1:
			m.numeric(s)
		case 2, 3:
			if depth > 0 {
				m.objective(s, depth)
			}
		case 4:
			if depth > 0 {
				m.listed(s, depth)
			}
		case 5:
			m.valued(s)
		case 6:
			if depth > 0 {
				m.combined(s, depth)
			}
		}
	}
	if !m.oneIn(3) {
		s["type"] = m.types()
	}
	return s
}

var patterns = []string{"^[A-Z]+$", "^[a-z]{2,4}$", "[0-9]+", "^.*$", `\d{4}-\d{2}-\d{2}`, "0|1|2", "^(a|bc|)$", "^a", "b$", "^[^a]*$", "^[^0-9]{1,3}$", "ก", "^ก+$", "^x?y?z*$",
	"^(ab){2}$", "^[a-z]+[a-z]$", "^[a-z]*[0-9]+$", "(?i)^abc$", `^\w+@\w+$`, "^.{2}$", `^\S+$`, "", "^$", "a.c", `^(\d{2}-)?\d+$`, `[[:alpha:]]\.$`, "^a*b", "^[é-ü]+$", `\bfoo\b`, "(a|b)*c", `^a{0}b`, "a*$"}

func (m *maker) textual(s map[string]any) {
	if m.oneIn(3) {
		s["minLength"] = m.IntN(4)
	}
	if m.oneIn(3) {
		s["maxLength"] = m.IntN(6)
	}
	if m.oneIn(3) {
		s["pattern"] = m.pick(patterns...)
	}
	if m.oneIn(3) {
		s["format"] = m.pick("date", "time", "date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "duration", "json-pointer", "uri-reference", "regex", "nonsense")
	}
}

var numbers = []string{"0", "1", "-1", "2", "3", "10", "1.5", "0.1", "-0.0", "-0", "1.0", "1e2", "100", "1E-1", "2.50", "99999999999999999999", "99999999999999999999.5", "1e30", "-1e30", "123456789012345678", "1234567890123456789",
	"0.000000000000000001", "0.0000000000000000001", "1e-30", "18446744073709551616", "5e0", "0e5", "0.10", "1000000000000000000", "9.99999999999999999"}

func (m *maker) number() json.Number { return json.Number(m.pick(numbers...)) }

func (m *maker) numeric(s map[string]any) {
	for _, keyword := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
		if m.oneIn(4) {
			s[keyword] = m.number()
		}
	}
	if m.oneIn(4) {
		s["multipleOf"] = json.Number(m.pick("1", "2", "0.1", "0.01", "1.5", "1e2", "3", "123456789012345678"))
	}
}

var names = []string{"a", "b", "c", "a.b", "ก", `q"\`, "x[]"}

func (m *maker) names(n int) []string {
	order := m.Perm(len(names))
	out := []string{}
	for _, i := range order[:n] {
		out = append(out, names[i])
	}
	return out
}

func (m *maker) objective(s map[string]any, depth int) {
	if !m.oneIn(4) {
		p := map[string]any{}
		for _, name := range m.names(1 + m.IntN(4)) {
			p[name] = m.schema(depth - 1)
		}
		s["properties"] = p
	}
	if m.oneIn(3) {
		s["required"] = m.names(m.IntN(3))
	}
	switch m.IntN(6) {
	case 0:
		s["additionalProperties"] = false
	case 1:
		s["additionalProperties"] = m.schema(depth - 1)
	}
	if m.oneIn(6) {
		s["patternProperties"] = map[string]any{m.pick(patterns...): m.schema(depth - 1), "^[a-b]": m.schema(depth - 1)}
	}
	if m.oneIn(8) {
		s["propertyNames"] = m.schema(0)
	}
	if m.oneIn(6) {
		s["minProperties"] = m.IntN(3)
	}
	if m.oneIn(6) {
		s["maxProperties"] = m.IntN(4)
	}
	if m.oneIn(8) {
		s["dependentRequired"] = map[string]any{m.pick(names...): m.names(2), m.pick(names...): m.names(1)}
	}
	if m.oneIn(8) {
		s["dependentSchemas"] = map[string]any{m.pick(names...): m.schema(depth - 1)}
	}
	if m.oneIn(8) {
		s["dependencies"] = map[string]any{m.pick(names...): m.schema(depth - 1), "b": m.names(1)}
	}
	if m.oneIn(30) {
		s["unevaluatedProperties"] = false
	}
}

func (m *maker) listed(s map[string]any, depth int) {
	switch {
	case !m.oneIn(3):
		s["items"] = m.schema(depth - 1)
	case m.oneIn(2):
		s["prefixItems"] = []any{m.schema(depth - 1)}
	case m.draft != drafts[2]:
		s["items"] = []any{m.schema(depth - 1), m.schema(depth - 1)}
		if m.oneIn(2) {
			s["additionalItems"] = m.schema(depth - 1)
		}
	}
	for _, keyword := range []string{"minItems", "maxItems"} {
		if m.oneIn(4) {
			s[keyword] = m.IntN(4)
		}
	}
	if m.oneIn(4) {
		s["uniqueItems"] = true
	}
	if m.oneIn(6) {
		s["contains"] = m.schema(depth - 1)
		if m.oneIn(2) {
			s["minContains"] = m.IntN(3)
		}
		if m.oneIn(2) {
			s["maxContains"] = m.IntN(3)
		}
	}
}

func (m *maker) valued(s map[string]any) {
	values := []any{}
	for range 1 + m.IntN(4) {
		values = append(values, json.RawMessage(m.value(2)))
	}
	if m.oneIn(3) {
		s["const"] = values[0]
		return
	}
	s["enum"] = values
}

func (m *maker) combined(s map[string]any, depth int) {
	list := func() []any {
		all := []any{}
		for range 1 + m.IntN(3) {
			all = append(all, m.schema(depth-1))
		}
		return all
	}
	switch m.IntN(6) {
	case 0:
		s["allOf"] = list()
	case 1:
		s["anyOf"] = list()
	case 2:
		s["oneOf"] = list()
	case 3:
		s["not"] = m.schema(depth - 1)
	case 4:
		s["if"], s["then"] = m.schema(depth-1), m.schema(depth-1)
		if m.oneIn(2) {
			s["else"] = m.schema(depth - 1)
		}
	case 5:
		s[m.pick("anyOf", "oneOf")] = []any{m.schema(depth - 1), map[string]any{"type": "null"}}
	}
}

var texts = []string{"", "a", "b", "ab", "abc", "ABC", "0", "12", "1", "ก", "กข", "😀", "2024-02-29", "2023-02-29", "12:30:00Z", "12:30:00.5+07:00", "23:59:60Z", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.123-05:00",
	"a@b.co", "@b.co", "a..b@c.d", `"a b"@c.d`, "a@[1.2.3.4]", "a@b.c.", "x.org", "-x.org", "1.2.3.4", "01.2.3.4", "+1.2.3.4", "::1", "fe80::1%eth0", "http://x.org/a?b=c#d", "https://x.org:80/", "urn:a:b", "http://x.org/a b", "/a/b", "~2",
	"123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-42661417400g", "P1Y2M", "foo", "foo bar", "a\nb", "tab\tq\"\\/", "ab ab", "é", "aBc", "12-34", "x", "xyz", "yz", "abab", "c", "aac", "b.", "http://ก.th/", "1", "2"}

func (m *maker) text() string {
	s := m.pick(texts...)
	if m.oneIn(4) {
		s = m.pick(patterns...)
	}
	if m.oneIn(8) && len(s) > 1 { // a character less, or more
		r := []rune(s)
		i := m.IntN(len(r))
		s = string(append(r[:i:i], r[i+m.IntN(2):]...)) + m.pick("", "x", "0")
	}
	return m.quoted(s)
}

// quoted is s as JSON, now and then with escapes where none are needed.
func (m *maker) quoted(s string) string {
	if !m.oneIn(5) {
		text, _ := json.Marshal(s)
		return string(text)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r > 0xffff {
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04X`, 0xd800+r>>10, 0xdc00+r&0x3ff)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	b.WriteByte('"')
	return b.String()
}

func (m *maker) space() string {
	if m.oneIn(10) {
		return m.pick(" ", "\n\t", "  ")
	}
	return ""
}

// value is any value.
func (m *maker) value(depth int) string {
	k := m.IntN(9)
	if depth <= 0 {
		k = m.IntN(6)
	}
	switch k {
	case 0:
		return "null"
	case 1:
		return m.pick("true", "false")
	case 2, 3:
		return m.pick(numbers...)
	case 4, 5:
		return m.text()
	case 6:
		n := m.IntN(4)
		if m.oneIn(30) {
			n = 40
		}
		return m.list(n, func(int) string { return m.value(depth - 1) })
	}
	return m.object(m.names(m.IntN(4)), func(string) string { return m.value(depth - 1) })
}

func (m *maker) list(n int, element func(int) string) string {
	all := []string{}
	for i := range n {
		all = append(all, m.space()+element(i)+m.space())
	}
	return "[" + strings.Join(all, ",") + m.space() + "]"
}

func (m *maker) object(of []string, value func(string) string) string {
	all := []string{}
	for _, name := range of {
		all = append(all, m.space()+m.quoted(name)+m.space()+":"+m.space()+value(name))
	}
	return "{" + strings.Join(all, ",") + m.space() + "}"
}

// near is a value that mostly is as the schema asks.
func (m *maker) near(schema any, root map[string]any, depth int) string {
	s, ok := schema.(map[string]any)
	if !ok || depth <= 0 || m.oneIn(8) {
		return m.value(2)
	}
	if ref, ok := s["$ref"].(string); ok && m.oneIn(2) {
		defs, _ := root["definitions"].(map[string]any)
		return m.near(defs[strings.TrimPrefix(ref, "#/definitions/")], root, depth-1)
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		if list, ok := s[keyword].([]any); ok && m.oneIn(2) {
			return m.near(list[m.IntN(len(list))], root, depth-1)
		}
	}
	if enum, ok := s["enum"].([]any); ok && m.oneIn(2) {
		text, _ := json.Marshal(enum[m.IntN(len(enum))])
		return string(text)
	}
	if c, ok := s["const"]; ok && m.oneIn(2) {
		text, _ := json.Marshal(c)
		return string(text)
	}
	switch m.kind(s) {
	case "null":
		return "null"
	case "boolean":
		return m.pick("true", "false")
	case "integer", "number":
		return m.pick(numbers...)
	case "string":
		return m.text()
	case "array":
		return m.list(m.IntN(4), func(i int) string {
			items := s["items"]
			if list, ok := items.([]any); ok && i < len(list) {
				items = list[i]
			}
			return m.near(items, root, depth-1)
		})
	}
	properties, _ := s["properties"].(map[string]any)
	of := m.names(m.IntN(3))
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !m.oneIn(4) && !slices.Contains(of, name) {
			of = append(of, name)
		}
	}
	return m.object(of, func(name string) string { return m.near(properties[name], root, depth-1) })
}

// kind is one of the types that a schema names, or hints at.
func (m *maker) kind(s map[string]any) string {
	switch t := s["type"].(type) {
	case string:
		return t
	case []any:
		return t[m.IntN(len(t))].(string)
	}
	for _, hint := range [][2]string{{"properties", "object"}, {"required", "object"}, {"items", "array"}, {"uniqueItems", "array"}, {"minimum", "number"},
		{"multipleOf", "number"}, {"pattern", "string"}, {"format", "string"}} {
		if _, ok := s[hint[0]]; ok {
			return hint[1]
		}
	}
	return m.pick(kindNames...)
}
