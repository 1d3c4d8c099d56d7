package conform

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"lethe/stream/scan"
)

// builder makes nodes of what the library compiled, each schema once, so that
// schemas may refer to themselves.
type builder struct {
	nodes  map[*jsonschema.Schema]*node
	listed map[string]bool
	done   int             // keywords compiled
	left   map[string]bool // keywords left to the library
}

func (b *builder) tally() Tally {
	return Tally{Compiled: b.done, Library: slices.Sorted(maps.Keys(b.left))}
}

// has counts a keyword that is compiled, if it is there.
func (b *builder) has(there bool) bool {
	if there {
		b.done++
	}
	return there
}

func (b *builder) node(s *jsonschema.Schema) *node {
	if s == nil {
		return nil
	}
	if n, ok := b.nodes[s]; ok {
		return n
	}
	n := &node{}
	b.nodes[s] = n
	if b.has(s.Always != nil) {
		n.never = !*s.Always
		return n
	}
	if n.beyond = b.outside(s); n.beyond {
		return n
	}
	if b.has(len(s.Types) > 0) {
		n.types = typesOf(s.Types)
	}
	if b.has(len(s.Constant) > 0) {
		n.values = append(n.values, literalsOf("const", s.Constant))
	}
	if b.has(len(s.Enum) > 0) {
		n.values = append(n.values, literalsOf("enum", s.Enum))
	}
	n.text, n.number, n.array, n.object = b.textRule(s), b.numberRule(s), b.arrayRule(s), b.objectRule(s)
	b.inPlace(n, s)
	return n
}

// outside notes the keywords of s that only the library knows.
func (b *builder) outside(s *jsonschema.Schema) bool {
	found := false
	note := func(keyword string, there bool) {
		if there {
			b.left[keyword], found = true, true
		}
	}
	note("$recursiveRef", s.RecursiveRef != nil)
	note("$dynamicRef", s.DynamicRef != nil)
	note("unevaluatedProperties", s.UnevaluatedProperties != nil)
	note("unevaluatedItems", s.UnevaluatedItems != nil)
	note("regexProperties", s.RegexProperties)
	asserted := s.Draft != jsonschema.Draft2019 && s.Draft != jsonschema.Draft2020
	note("contentEncoding", asserted && s.ContentEncoding != "")
	note("contentMediaType", asserted && s.ContentMediaType != "")
	for name := range s.Extensions {
		note(name, name != TimeBounds)
	}
	return found
}

func typesOf(names []string) (k kinds) {
	for _, name := range names {
		switch name {
		case "null":
			k |= kindNull
		case "boolean":
			k |= kindBool
		case "integer":
			k |= kindInteger
		case "number":
			k |= kindNumber | kindInteger
		case "string":
			k |= kindString
		case "array":
			k |= kindArray
		case "object":
			k |= kindObject
		}
	}
	return k
}

func (b *builder) textRule(s *jsonschema.Schema) *textRule {
	t := textRule{min: s.MinLength, max: s.MaxLength}
	b.has(s.MinLength >= 0)
	b.has(s.MaxLength >= 0)
	if f := formatOf(s.Format); b.has(f != nil) {
		t.format = f
	}
	if b.has(s.Pattern != nil) {
		t.pattern = patternOf(s.Pattern)
	}
	if x, ok := s.Extensions[TimeBounds].(timeBounds); b.has(ok) {
		t.times = x
	}
	if t.min < 0 && t.max < 0 && t.format == nil && t.pattern == nil && t.times == nil {
		return nil
	}
	return &t
}

func (b *builder) numberRule(s *jsonschema.Schema) *numberRule {
	r := &numberRule{}
	for _, x := range []struct {
		keyword  string
		value    *big.Rat
		sign     int
		included bool
	}{{"minimum", s.Minimum, -1, true}, {"exclusiveMinimum", s.ExclusiveMinimum, -1, false},
		{"maximum", s.Maximum, 1, true}, {"exclusiveMaximum", s.ExclusiveMaximum, 1, false}} {
		if b.has(x.value != nil) {
			r.bounds = append(r.bounds, bound{x.keyword, numberOf(exact(x.value)), x.sign, x.included})
		}
	}
	if b.has(s.MultipleOf != nil) {
		m := numberOf(exact(s.MultipleOf))
		r.multiple = &m
	}
	if r.bounds == nil && r.multiple == nil {
		return nil
	}
	return r
}

func (b *builder) arrayRule(s *jsonschema.Schema) *arrayRule {
	a := &arrayRule{min: s.MinItems, max: s.MaxItems, unique: s.UniqueItems}
	some := b.has(s.MinItems >= 0)
	some = b.has(s.MaxItems >= 0) || some
	some = b.has(s.UniqueItems) || some
	prefix, rest := s.PrefixItems, s.Items2020
	switch items := s.Items.(type) {
	case *jsonschema.Schema:
		rest = items
	case []*jsonschema.Schema:
		prefix = items
		switch more := s.AdditionalItems.(type) {
		case *jsonschema.Schema:
			rest = more
		case bool:
			a.closed = b.has(!more)
		}
	}
	if b.has(prefix != nil) {
		some = true
		for _, p := range prefix {
			a.prefix = append(a.prefix, b.node(p))
		}
	}
	if b.has(rest != nil) {
		some, a.rest = true, b.node(rest)
	}
	if s.Contains != nil && b.has(s.MinContains >= 0 || s.MaxContains >= 0) {
		some, a.contains, a.minContains, a.maxContains = true, b.node(s.Contains), s.MinContains, s.MaxContains
	}
	if !some {
		return nil
	}
	return a
}

func (b *builder) objectRule(s *jsonschema.Schema) *objectRule {
	o := &objectRule{min: s.MinProperties, max: s.MaxProperties, index: map[string]int{}}
	some := b.has(s.MinProperties >= 0)
	some = b.has(s.MaxProperties >= 0) || some
	if b.has(s.Properties != nil) {
		some = true
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			m := &o.members[o.mention(name)]
			m.node, m.listed = b.node(s.Properties[name]), true
			b.listed[name] = true
		}
	}
	if b.has(len(s.Required) > 0) {
		some = true
		o.required = o.mentions(s.Required)
	}
	for name, names := range s.DependentRequired {
		some = b.has(true)
		o.needs = append(o.needs, need{"dependentRequired", o.mention(name), o.mentions(names)})
	}
	for name, sub := range s.DependentSchemas {
		some = b.has(true)
		o.whens = append(o.whens, when{o.mention(name), b.node(sub)})
	}
	for name, d := range s.Dependencies {
		some = b.has(true)
		switch d := d.(type) {
		case []string:
			o.needs = append(o.needs, need{"dependencies", o.mention(name), o.mentions(d)})
		case *jsonschema.Schema:
			o.whens = append(o.whens, when{o.mention(name), b.node(d)})
		}
	}
	for p, sub := range s.PatternProperties {
		some = b.has(true)
		o.patterns = append(o.patterns, patternRule{patternOf(p), b.node(sub)})
	}
	if b.has(s.PropertyNames != nil) {
		some, o.names = true, b.node(s.PropertyNames)
	}
	switch more := s.AdditionalProperties.(type) {
	case bool:
		o.closed = b.has(!more)
		some = some || o.closed
	case *jsonschema.Schema:
		some, o.rest = b.has(true), b.node(more)
	}
	if !some {
		return nil
	}
	o.settle()
	return o
}

// mention gives a name its number.
func (o *objectRule) mention(name string) int {
	i, ok := o.index[name]
	if !ok {
		i = len(o.members)
		o.index[name] = i
		quoted := scan.AppendQuoted(nil, []byte(name))
		o.members = append(o.members, member{quoted: string(append(quoted, ':')), path: "." + EscapeName(name)})
	}
	return i
}

func (o *objectRule) mentions(names []string) []uint64 {
	var set []uint64
	for _, name := range names {
		i := o.mention(name)
		for len(set) <= i/64 {
			set = append(set, 0)
		}
		set[i/64] |= 1 << (i % 64)
	}
	return set
}

// settle orders what maps gave, so that the first failure is always the same.
func (o *objectRule) settle() {
	o.next = make([]atomic.Int32, len(o.members)+1)
	for k := range o.next {
		o.next[k].Store(int32(min(k, len(o.members)-1)))
	}
	slices.SortFunc(o.needs, func(x, y need) int { return strings.Compare(o.members[x.given].path, o.members[y.given].path) })
	slices.SortFunc(o.whens, func(x, y when) int { return strings.Compare(o.members[x.given].path, o.members[y.given].path) })
	slices.SortFunc(o.patterns, func(x, y patternRule) int { return strings.Compare(x.pattern.re.String(), y.pattern.re.String()) })
}

func (b *builder) inPlace(n *node, s *jsonschema.Schema) {
	if b.has(s.Ref != nil) {
		n.all = append(n.all, b.node(s.Ref))
	}
	list := func(subs []*jsonschema.Schema, to *[]*node) {
		if b.has(len(subs) > 0) {
			for _, sub := range subs {
				*to = append(*to, b.node(sub))
			}
		}
	}
	list(s.AllOf, &n.all)
	list(s.AnyOf, &n.any)
	list(s.OneOf, &n.one)
	if b.has(s.Not != nil) {
		n.not = b.node(s.Not)
	}
	if b.has(s.If != nil) {
		n.cond, n.then, n.els = b.node(s.If), b.node(s.Then), b.node(s.Else)
	}
}

// exact is the decimal text of a fraction that a JSON number was.
func exact(r *big.Rat) []byte {
	if r.IsInt() {
		return []byte(r.Num().String())
	}
	// The denominator has the factors 2 and 5 only: as many digits as the more
	// frequent of them write it out.
	digits := 0
	for _, prime := range []int64{2, 5} {
		d, p, count := new(big.Int).Set(r.Denom()), big.NewInt(prime), 0
		for rem := new(big.Int); ; count++ {
			q := new(big.Int)
			if q.QuoRem(d, p, rem); rem.Sign() != 0 {
				break
			}
			d = q
		}
		digits = max(digits, count)
	}
	return []byte(r.FloatString(digits))
}

// jsonOf is a value of a schema document as JSON.
func jsonOf(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was read from JSON
	}
	return text
}

// EscapeName writes a member's name as a path names it.
func EscapeName(name string) string {
	return strings.NewReplacer(`\`, `\\`, `.`, `\.`, `[`, `\[`, `]`, `\]`).Replace(name)
}
