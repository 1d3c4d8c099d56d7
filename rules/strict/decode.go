package strict

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"lethe/stream"
)

type decoder struct {
	doc    *Doc
	lookup Lookup
	root   reflect.Type
}

var (
	secretType   = reflect.TypeFor[stream.Value]()
	durationType = reflect.TypeFor[time.Duration]()
	numberType   = reflect.TypeFor[Number]()
)

// value decodes n into v, or tells why it cannot.
func (d *decoder) value(n Node, v reflect.Value) {
	if n.n.Anchor != "" || n.n.Kind == yaml.AliasNode {
		n.Fault(CodeSyntax, "anchors and aliases are refused", "write the value out where it is used")
		return
	}
	if v.CanAddr() {
		if own, ok := v.Addr().Interface().(Decoder); ok {
			own.DecodeNode(n)
			return
		}
	}
	switch {
	case v.Kind() == reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		d.value(n, p.Elem())
		v.Set(p)
	case v.Type() == secretType || v.Type() == durationType || v.Type() == numberType || v.Kind() <= reflect.Float64 || v.Kind() == reflect.String:
		d.scalar(n, v)
	case v.Kind() == reflect.Interface:
		if x := d.untyped(n); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	case v.Kind() == reflect.Slice:
		d.list(n, v)
	case v.Kind() == reflect.Map:
		d.table(n, v)
	case v.Kind() == reflect.Struct:
		d.object(n, v)
	default:
		panic("strict: no decoding into " + v.Type().String())
	}
}

// want tells a fault if n is not of that kind.
func (d *decoder) want(n Node, k Kind) bool {
	if n.Kind() == k {
		return true
	}
	hint := ""
	switch {
	case k == Text && n.n.Kind == yaml.ScalarNode && n.Kind() != Null:
		hint = "put it in quotes"
	case k == Text:
		hint = "write one word or a text in quotes"
	case k == Table:
		hint = "write key: value lines below it"
	case k == List:
		hint = "write [a, b], or lines that begin with -"
	}
	n.Fault(CodeType, fmt.Sprintf("want %s, found %s", k, n.Kind()), hint)
	return false
}

func (d *decoder) list(n Node, v reflect.Value) {
	if !d.want(n, List) {
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.n.Content), len(n.n.Content))
	for i, c := range n.n.Content {
		d.value(d.at(c, c.Line, n.path+"["+strconv.Itoa(i)+"]"), out.Index(i))
	}
	v.Set(out)
}

func (d *decoder) table(n Node, v reflect.Value) {
	if !d.want(n, Table) {
		return
	}
	out := reflect.MakeMap(v.Type())
	n.Each(func(key string, c Node) {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(c, e)
		out.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), e)
	})
	v.Set(out)
}

func (d *decoder) object(n Node, v reflect.Value) {
	if !d.want(n, Table) {
		return
	}
	known, required, rest := fieldsOf(v)
	n.Each(func(key string, c Node) {
		f, ok := known[key]
		switch {
		case ok:
			delete(required, key)
			d.value(c, f)
		case rest.IsValid():
			e := reflect.New(rest.Type().Elem()).Elem()
			e.FieldByName("Key").SetString(key)
			e.FieldByName("Line").SetInt(int64(c.n.Line))
			d.value(c, e.FieldByName("Value"))
			rest.Set(reflect.Append(rest, e))
		default:
			hint := d.elsewhere(key, n.path)
			if hint == "" {
				hint = Suggest(key, keysOf(known))
			}
			c.Fault(CodeUnknown, fmt.Sprintf("unknown key %q", key), hint)
		}
	})
	for _, key := range keysOf(required) {
		n.Fault(CodeMissing, fmt.Sprintf("key %q is missing", key), "add "+key+": …")
	}
}

// elsewhere is the hint about a key that is unknown where it stands, and known at
// the top of the file or in a section of it; "" if there is no such place.
func (d *decoder) elsewhere(key, path string) string {
	if d.root.Kind() != reflect.Struct {
		return ""
	}
	if path != "" {
		if slices.Contains(tags(d.root), key) {
			return fmt.Sprintf("%s: is a key of the top level: move it out of %s:, to the left edge", key, path)
		}
		return ""
	}
	for i := range d.root.NumField() {
		f := d.root.Field(i)
		section, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if section != "" && f.Type.Kind() == reflect.Struct && slices.Contains(tags(f.Type), key) {
			return fmt.Sprintf("%s: belongs below %s:, indented", key, section)
		}
	}
	return ""
}

// tags lists the keys of a struct.
func tags(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); name != "" {
			keys = append(keys, name)
		}
	}
	return keys
}

// fieldsOf lists the fields of a struct by key, those that must be written, and
// the entries of the [Map] that takes the rest. Those of a struct that is inlined are
// among them.
func fieldsOf(v reflect.Value) (known, required map[string]reflect.Value, rest reflect.Value) {
	known, required = map[string]reflect.Value{}, map[string]reflect.Value{}
	for i := range v.NumField() {
		tag, ok := v.Type().Field(i).Tag.Lookup("yaml")
		if !ok {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		switch {
		case option == "rest":
			rest = v.Field(i).FieldByName("Entries")
			continue
		case option == "inline":
			in := v.Field(i)
			for in.Kind() == reflect.Interface || in.Kind() == reflect.Pointer {
				in = in.Elem()
			}
			if in.IsValid() {
				k, r, _ := fieldsOf(in)
				maps.Copy(known, k)
				maps.Copy(required, r)
			}
			continue
		case option == "required":
			required[name] = v.Field(i)
		}
		known[name] = v.Field(i)
	}
	return known, required, rest
}

func (d *decoder) each(n Node, f func(string, Node)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.n.Content); i += 2 {
		k, c := n.n.Content[i], n.n.Content[i+1]
		kn := Node{d: d, n: k, path: n.path}
		switch {
		case k.Kind != yaml.ScalarNode || k.Anchor != "":
			kn.Fault(CodeSyntax, "a key must be text", "write key: value")
			continue
		case k.Tag == "!!merge":
			kn.Fault(CodeSyntax, "merge keys are refused", "write the keys out where they are used")
			continue
		}
		path := k.Value
		if n.path != "" {
			path = n.path + "." + k.Value
		}
		if first, dup := seen[k.Value]; dup {
			Node{d: d, n: k, path: path}.Fault(CodeDuplicate, fmt.Sprintf("key %q is written twice", k.Value),
				fmt.Sprintf("it is also at line %d: keep one", first))
			continue
		}
		seen[k.Value] = k.Line
		f(k.Value, d.at(c, k.Line, path))
	}
}

// at is a node that faults and Where place at line, which is its key's.
func (d *decoder) at(c *yaml.Node, line int, path string) Node {
	if _, ok := d.doc.lines[path]; !ok {
		d.doc.lines[path] = line
	}
	if c.Line != line {
		moved := *c
		moved.Line = line
		c = &moved
	}
	return Node{d: d, n: c, path: path}
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// expand returns the text of a scalar with variables expanded, and whether there
// were any.
func (d *decoder) expand(n Node) (string, bool) {
	if d.lookup == nil || !strings.Contains(n.n.Value, "${") {
		return n.n.Value, false
	}
	return variable.ReplaceAllStringFunc(n.n.Value, func(m string) string {
		name := m[2 : len(m)-1]
		s, ok := d.lookup(name)
		switch {
		case !ok:
			n.Fault(CodeVariable, fmt.Sprintf("variable %s is not set", name), "export "+name+"=…, or write the value")
		case s == "":
			n.Fault(CodeVariable, fmt.Sprintf("variable %s is empty", name), "export "+name+"=…, or write the value")
		}
		return s
	}), true
}

func (d *decoder) scalar(n Node, v reflect.Value) {
	text, expanded := n.n.Value, false
	if n.n.Kind == yaml.ScalarNode && n.n.Tag != "!!null" {
		text, expanded = d.expand(n)
	}
	// A plain ${PORT} may stand for a number or a flag.
	loose := expanded && n.n.Style == 0
	switch {
	case v.Type() == secretType:
		if d.want(n, Text) {
			v.Set(reflect.ValueOf(stream.NewValue([]byte(text))))
		}
	case v.Type() == durationType:
		x, err := time.ParseDuration(text)
		if err != nil || n.n.Kind != yaml.ScalarNode {
			n.Fault(CodeType, "want a duration, found "+string(n.Kind()), "write 10s, 5m or 1h30m")
			return
		}
		v.SetInt(int64(x))
	case v.Type() == numberType:
		if !isJSONNumber(text) || n.Kind() != Num && !loose {
			n.Fault(CodeType, "want a number, found "+string(n.Kind()), "write digits, such as 8, without quotes")
			return
		}
		v.SetString(text)
	case v.Kind() == reflect.String:
		if d.want(n, Text) {
			v.SetString(text)
		}
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" || n.Kind() != Flag && !loose {
			n.Fault(CodeType, "want true or false, found "+string(n.Kind()), "write true or false, without quotes")
			return
		}
		v.SetBool(text == "true")
	default:
		d.number(n, v, text, n.Kind() == Num || loose)
	}
}

func (d *decoder) number(n Node, v reflect.Value, text string, numeric bool) {
	ok := false
	switch {
	case !numeric:
	case v.CanInt():
		x, err := strconv.ParseInt(text, 10, 64)
		if ok = err == nil && !v.OverflowInt(x); ok {
			v.SetInt(x)
		}
	case v.CanUint():
		x, err := strconv.ParseUint(text, 10, 64)
		if ok = err == nil && !v.OverflowUint(x); ok {
			v.SetUint(x)
		}
	case v.CanFloat():
		x, err := strconv.ParseFloat(text, 64)
		if ok = err == nil && !math.IsInf(x, 0) && !math.IsNaN(x); ok {
			v.SetFloat(x)
		}
	}
	switch {
	case ok:
	case v.CanFloat():
		n.Fault(CodeType, "want a number, found "+string(n.Kind()), "write digits, such as 8, without quotes")
	case numeric:
		n.Fault(CodeType, "want a whole number, found another", "write digits only, without fraction or exponent")
	default:
		n.Fault(CodeType, "want a whole number, found "+string(n.Kind()), "write digits, such as 8, without quotes")
	}
}

// untyped decodes n into the Go value of its kind.
func (d *decoder) untyped(n Node) any {
	switch n.Kind() {
	case Table:
		m := map[string]any{}
		n.Each(func(key string, c Node) {
			var x any
			c.Into(&x)
			m[key] = x
		})
		return m
	case List:
		l := []any{}
		d.list(n, reflect.ValueOf(&l).Elem())
		return l
	case Flag:
		var b bool
		d.scalar(n, reflect.ValueOf(&b).Elem())
		return b
	case Null:
		return nil
	case Num:
		if i, err := strconv.ParseInt(n.n.Value, 10, 64); err == nil {
			return i
		}
		var f float64
		d.scalar(n, reflect.ValueOf(&f).Elem())
		return f
	}
	return n.Text()
}

func isJSONNumber(s string) bool { return jsonNumber.MatchString(s) }

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
