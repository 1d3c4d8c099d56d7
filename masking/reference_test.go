package masking

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The reference masks decoded trees by the plainest means: it is slow, shares
// no code with the rewriter but the operators' definitions, and says what the
// rewriter must give.

// tree is a JSON value with its members in order, doubles included.
type tree struct {
	names  []string // of an object; nil otherwise
	items  []*tree  // of an object or array
	scalar any      // string, json.Number, bool, nil
	kind   byte     // { [ " 0 t n
}

// parseTree reads the one value that data holds.
func parseTree(data []byte) (*tree, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	t, err := nextTree(dec)
	if err == nil && dec.More() {
		err = fmt.Errorf("more than one value")
	}
	return t, err
}

func nextTree(dec *json.Decoder) (*tree, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch v := tok.(type) {
	case json.Delim:
		t := &tree{kind: byte(v)}
		for dec.More() {
			if v == '{' {
				name, err := dec.Token()
				if err != nil {
					return nil, err
				}
				t.names = append(t.names, name.(string))
			}
			item, err := nextTree(dec)
			if err != nil {
				return nil, err
			}
			t.items = append(t.items, item)
		}
		_, err := dec.Token()
		return t, err
	case string:
		return &tree{kind: '"', scalar: v}, nil
	case json.Number:
		return &tree{kind: '0', scalar: v}, nil
	case bool:
		return &tree{kind: 't', scalar: v}, nil
	}
	return &tree{kind: 'n'}, nil
}

func textTree(s string) *tree { return &tree{kind: '"', scalar: s} }

// member returns an object's only member of that name, and how many there are.
func (t *tree) member(name string) (*tree, int) {
	var found *tree
	n := 0
	for i, x := range t.names {
		if x == name {
			found = t.items[i]
			n++
		}
	}
	return found, n
}

// String is the tree as compact JSON.
func (t *tree) String() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func (t *tree) write(b *strings.Builder) {
	quote := func(s string) {
		q, _ := json.Marshal(s)
		b.Write(q)
	}
	switch t.kind {
	case '{', '[':
		b.WriteByte(t.kind)
		for i, item := range t.items {
			if i > 0 {
				b.WriteByte(',')
			}
			if t.kind == '{' {
				quote(t.names[i])
				b.WriteByte(':')
			}
			item.write(b)
		}
		b.WriteByte(t.kind + 2)
	case '"':
		quote(t.scalar.(string))
	default:
		fmt.Fprint(b, orNull(t.scalar))
	}
}

func orNull(v any) any {
	if v == nil {
		return "null"
	}
	return v
}

// holds reports whether any string or name of the tree holds s.
func (t *tree) holds(s string) bool {
	for _, n := range t.names {
		if strings.Contains(n, s) {
			return true
		}
	}
	if text, ok := t.scalar.(string); ok && strings.Contains(text, s) {
		return true
	}
	return slices.ContainsFunc(t.items, func(x *tree) bool { return x.holds(s) })
}

// refused is what the reference panics with.
type refused string

// reference masks by a plan whose fields have no type, or that of any JSON.
type reference struct {
	rules map[string]Field // by the steps of the path
	inner map[string]bool  // paths of objects whose members others name
	elems map[string]bool  // paths of arrays whose elements others name
	plan  Plan
}

const elementStep = "\x01"

func newReference(p Plan) *reference {
	r := &reference{rules: map[string]Field{}, inner: map[string]bool{}, elems: map[string]bool{}, plan: p}
	for _, f := range p.Fields {
		path := ""
		steps, _ := parsePath(f.Path)
		for _, s := range steps {
			if s.element {
				r.elems[path] = true
				path += elementStep
				continue
			}
			r.inner[path] = true
			path += "\x00" + s.name
		}
		r.rules[path] = f
	}
	return r
}

// record returns the masked key and value, or why there are none.
func (r *reference) record(key, value []byte) (k, v *tree, why string) {
	defer func() {
		if e := recover(); e != nil {
			why = string(e.(refused))
		}
	}()
	if len(key) > 0 {
		t, err := parseTree(key)
		if err != nil || t.kind != '{' {
			panic(refused("malformed"))
		}
		k = r.object(t, "", "redact")
		for _, name := range r.plan.Key {
			if _, n := t.member(name); n == 0 {
				panic(refused("required"))
			}
		}
	}
	t, err := parseTree(value)
	if err != nil || t.kind != '{' {
		panic(refused("malformed"))
	}
	return k, r.envelope(t), ""
}

func (r *reference) envelope(t *tree) *tree {
	out := &tree{kind: '{'}
	known := map[string]bool{}
	for i, name := range t.names {
		item := t.items[i]
		switch name {
		case "before", "after":
			if item.kind == '{' {
				item = r.object(item, "", "redact")
			} else if item.kind != 'n' {
				panic(refused("malformed"))
			}
		case "op":
			if op, _ := item.scalar.(string); len(op) != 1 || !strings.Contains("cudr", op) {
				panic(refused("malformed"))
			}
		case "source":
			if item = fixedMembers(item, "version s connector s name s ts_ms n snapshot sb db s sequence s ts_us n ts_ns n schema s table s txId n lsn n xmin n server_id n gtid s file f pos n row n snapshot_id s"); item == nil {
				continue
			}
		case "transaction":
			if item = fixedMembers(item, "id s total_order n data_collection_order n"); item == nil {
				continue
			}
		case "ts_ms", "ts_us", "ts_ns":
			if item.kind != '0' && item.kind != 'n' {
				item = nil
			}
		default:
			continue
		}
		if known[name] {
			panic(refused("duplicate"))
		}
		known[name] = true
		if item != nil {
			out.names, out.items = append(out.names, name), append(out.items, item)
		}
	}
	op, _ := t.member("op")
	after, _ := t.member("after")
	hasRow := after != nil && after.kind == '{'
	if op == nil || hasRow == (op.scalar == "d") {
		panic(refused("malformed"))
	}
	return out
}

// fixedMembers keeps the members that the list names: s strings, n numbers, b
// booleans, f names of binary logs; null always.
func fixedMembers(t *tree, list string) *tree {
	if t.kind == 'n' {
		return t
	}
	if t.kind != '{' {
		return nil
	}
	words := strings.Fields(list)
	out := &tree{kind: '{'}
	seen := map[string]bool{}
	for i, name := range t.names {
		at := slices.Index(words, name)
		if at < 0 || at%2 == 1 {
			continue
		}
		if seen[name] {
			panic(refused("duplicate"))
		}
		seen[name] = true
		item := t.items[i]
		ok := item.kind == 'n'
		for _, want := range words[at+1] {
			switch want {
			case 's':
				ok = ok || item.kind == '"'
			case 'n':
				ok = ok || item.kind == '0'
			case 'b':
				ok = ok || item.kind == 't'
			case 'f':
				ok = ok || item.kind == '"' && logNames.MatchString(item.scalar.(string))
			}
		}
		if ok {
			out.names, out.items = append(out.names, name), append(out.items, item)
		}
	}
	return out
}

// object masks an object's members; rest is the operator for unknown ones.
func (r *reference) object(t *tree, path, rest string) *tree {
	out := &tree{kind: '{'}
	unknown := 0
	seen := map[string]bool{}
	for i, name := range t.names {
		// A name with the marks of steps in it is none that the plan lists.
		at := path + "\x00" + strings.NewReplacer("\x00", "?\x02", elementStep, "?\x03").Replace(name)
		_, ruled := r.rules[at]
		if !ruled && !r.inner[at] && !r.elems[at] {
			unknown++
			switch rest {
			case "keep":
				out.names, out.items = append(out.names, name), append(out.items, t.items[i])
			case "drop":
			default:
				out.names, out.items = append(out.names, fmt.Sprintf("_unknown_%d", unknown)), append(out.items, textTree("[redacted]"))
			}
			continue
		}
		if seen[name] {
			panic(refused("duplicate"))
		}
		seen[name] = true
		if item := r.value(t.items[i], at, rest); item != nil {
			out.names, out.items = append(out.names, name), append(out.items, item)
		}
	}
	return out
}

// value masks one value; nil is dropped.
func (r *reference) value(t *tree, path, rest string) *tree {
	f, ruled := r.rules[path]
	if r.inner[path] || r.elems[path] {
		if ruled {
			rest = f.Operator
		}
		if rest == "keep" && ruled && f.Type.Base == 0 {
			rest = "redact"
		}
		return r.inside(t, path, rest, f.Special)
	}
	switch f.Operator {
	case "drop":
		return nil
	case "keep":
		if f.Type.Base == 0 && (t.kind == '{' || t.kind == '[') {
			return textTree("[redacted]")
		}
		return t
	case "null":
		return &tree{kind: 'n'}
	case "redact":
		if t.kind == 'n' && !f.Special {
			return t
		}
		return textTree("[redacted]")
	}
	if t.kind == 'n' {
		return t
	}
	if t.kind == '{' || t.kind == '[' {
		panic(refused("operator"))
	}
	text := fmt.Sprint(t.scalar)
	if f.Operator == "partial" {
		n := utf8.RuneCountInString(text)
		last := f.Params["keep_last"].(int)
		if n == 0 {
			return textTree("")
		}
		if content(text) == 0 {
			return textTree(strings.Repeat("*", n))
		}
		if n-last < 1 || t.kind == 't' {
			panic(refused("operator"))
		}
		hidden := content(string([]rune(text)[:n-last]))
		if hidden < 1 || 2*hidden < content(text) {
			panic(refused("operator"))
		}
		return textTree(strings.Repeat("*", n-last) + string([]rune(text)[n-last:]))
	}
	return textTree(digestOf(f.Domain, text))
}

// content counts what of a text is not there to pad it.
func content(text string) int {
	return len(strings.FieldsFunc(strings.Join(strings.Split(text, ""), "\n"), func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.N) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point)
	}))
}

func (r *reference) inside(t *tree, path, rest string, special bool) *tree {
	switch {
	case t.kind == '{' && r.inner[path]:
		return r.object(t, path, rest)
	case t.kind == '[' && r.elems[path]:
		out := &tree{kind: '['}
		for _, item := range t.items {
			if item = r.value(item, path+elementStep, rest); item != nil {
				out.items = append(out.items, item)
			}
		}
		return out
	case t.kind == 'n' && !special:
		return t
	}
	return textTree("[redacted]")
}
