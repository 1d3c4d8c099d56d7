package masking

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"lethe/masking/subject"
	"lethe/stream"
)

// program is a compiled plan. It is immutable and shared by all rewriters of a
// plan; only its replacers are copied for each.
type program struct {
	envelope *node
	key      *node
	row      *node
	nodes    []*node // all of them
	slots    []stream.FieldCount
	measured []string         // paths whose nulls and empty values are counted
	whose    *whose           // nil where no operator works under the row's subject
	subjects subject.Subjects // nil where nothing is under a subject's key
	index    *whose           // nil where nobody asks whom records are about

	replacers []replacer
}

// compiler builds a program and collects every fault on the way.
type compiler struct {
	program
	plan Plan
	shop workshop
	// indexed says that it is asked whom records are about.
	indexed bool
	known   map[stream.FieldCount]int32
	ruled   []ruling
	faults  []error
}

// ruling is a decision that was written into its node.
type ruling struct {
	field Field
	op    Spec
	node  *node
}

var (
	// reservedName is what the output calls members that no field lists.
	reservedName = regexp.MustCompile(`^_unknown(_[0-9]+)?$`)
	epochName    = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// Compile makes a Rewriter of a plan. Its errors are Faults, all joined. keys may be
// nil for a plan without a field that works with keys.
func Compile(plan Plan, keys Keyring) (*Rewriter, error) { return compiled(plan, keys, false) }

// CompileIndexed does so, and the Rewriter tells whom the records are about that it
// delivers. keys are a [SubjectKeyring] where the plan's rows have a subject.
func CompileIndexed(plan Plan, keys Keyring) (*Rewriter, error) { return compiled(plan, keys, true) }

func compiled(plan Plan, keys Keyring, indexed bool) (*Rewriter, error) {
	c := &compiler{plan: plan, known: map[stream.FieldCount]int32{}}
	c.shop = workshop{stream: plan.Stream, keys: keys, subjects: &c.program.subjects}
	if keys != nil {
		c.shop.epoch = keys.Epoch()
		if !epochName.MatchString(c.shop.epoch) {
			c.fault("", "epoch", "the keyring's epoch is not a plain name", "use a keyring that names it by letters, digits, _ and -")
		}
	}
	c.indexed = indexed
	if err := c.compile(); err != nil {
		return nil, err
	}
	p := c.program
	return p.rewriter(), nil
}

// Check returns the faults that Compile would tell of a plan, all joined, but for
// those of its keys.
func Check(plan Plan) error {
	c := &compiler{plan: plan, known: map[stream.FieldCount]int32{}}
	c.shop = workshop{stream: plan.Stream, checks: true, subjects: &c.program.subjects}
	return c.compile()
}

// compile builds the program.
func (c *compiler) compile() error {
	c.program.row = newNode("")
	for _, f := range c.plan.Fields {
		c.field(f)
	}
	c.conforming()
	c.finish(c.row, restRedact)
	c.measure(c.row)
	for _, r := range c.ruled {
		c.takes(r)
	}
	c.buildKey()
	if c.indexed {
		c.buildIndex()
	}
	c.program.envelope = envelope()
	for _, root := range []*node{c.envelope, c.row, c.key} {
		c.nodes = root.seal(c.nodes)
	}
	return errors.Join(c.faults...)
}

func (c *compiler) fault(path, code, msg, hint string) {
	at := c.plan.Stream
	if path != "" {
		at += "/" + path
	}
	c.faults = append(c.faults, &stream.Fault{Code: "masking." + code, Path: at, Msg: msg, Hint: hint})
}

// field adds one decision to the trie.
func (c *compiler) field(f Field) {
	steps, err := parsePath(f.Path)
	if err != nil {
		c.fault(f.Path, "path", "path: "+err.Error(), `write a column, or a path inside one: orders[].ship_to`)
		return
	}
	n := c.row
	path := ""
	for _, s := range steps {
		if reservedName.MatchString(s.name) {
			c.fault(f.Path, "reserved_name", "the name "+s.name+" stands for members that no contract lists", "rename the column in a view, or leave the table out at the source and remove its contract")
			return
		}
		n, path = c.into(n, path, s)
	}
	n.inside = len(steps) > 1 || c.plan.Plain
	if n.ruled {
		c.fault(f.Path, "duplicate_path", "two decisions for one path", "keep one of them")
		return
	}
	op, ok := Lookup(f.Operator)
	if !ok {
		c.fault(f.Path, "unknown_operator", fmt.Sprintf("no operator %q", f.Operator), "use one of "+strings.Join(operatorNames(), " "))
		return
	}
	c.rule(n, f, op)
}

// conforming gives columns the rules of the plan's schema.
func (c *compiler) conforming() {
	if c.plan.Schema == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(c.plan.Schema.Columns)) {
		i := c.column(EscapeName(name))
		if i < 0 {
			// L1: what nobody masks, nobody checks.
			c.fault(EscapeName(name), "schema_column", "the schema asks something of a column that has no decision", "give the column an operator, or take it out of the schema")
			continue
		}
		c.row.members[i].node.rules = c.plan.Schema.Columns[name]
	}
}

// into goes one step down the trie, making the node if it is new.
func (c *compiler) into(n *node, path string, s step) (*node, string) {
	if s.element {
		path += "[]"
		if n.elem == nil {
			n.elem = newNode(path)
		}
		return n.elem, path
	}
	if path != "" {
		path += "."
	}
	path += EscapeName(s.name)
	for _, m := range n.members {
		if m.name == s.name {
			return m.node, path
		}
	}
	child := newNode(path)
	n.add(s.name, child)
	return child, path
}

// rule writes the decision into its node.
func (c *compiler) rule(n *node, f Field, op Spec) {
	n.ruled = true
	c.ruled = append(c.ruled, ruling{f, op, n})
	n.act, n.special, n.typ, n.nullable = op.act, f.Special, f.Type, f.Nullable
	n.slot = c.slot(n.path, op.Name)
	if n.act == actKeep && n.typ.Base == 0 {
		n.act, n.shape = actKeepScalar, c.slot(n.path, "redact")
	}
	if err := op.Check(f.Params); err != nil {
		c.fault(f.Path, "params", err.Error(), op.Hint())
		return
	}
	if _, ok := normalOf(f.Normal, f.Params); !ok {
		c.fault(f.Path, "normal_form", fmt.Sprintf("no normal form %q", f.Normal), "use lower, digits, identifier or e164")
		return
	}
	if op.Domain && f.Domain == "" {
		c.fault(f.Path, "domain", op.Name+" has no element domain to derive its key from", "say what the field is about under elements:")
		return
	}
	if f.Apart && !op.Apart {
		c.fault(f.Path, "apart", op.Name+" mixes no subject into its results", "use "+strings.Join(namesWhere(func(s Spec) bool { return s.Apart }), " or "))
		return
	}
	if op.build == nil {
		return
	}
	if (f.Apart || f.Erasable || op.Subject(f.Params)) && !c.underSubject(f, op) {
		return
	}
	// A normal form gives two keys one pseudonym, and sinks would take two rows for
	// one.
	f.exact = c.isKey(f.Path)
	m, ok := c.build(f, op)
	if !ok {
		return
	}
	n.masker, n.shape = int32(len(c.replacers)), c.slot(n.path, "redact")
	c.replacers = append(c.replacers, replacer{m, op.kinds(f.Params), f.Apart || op.Subject(f.Params), op.standIns(f)})
}

// build makes the field's masker; false after a fault.
func (c *compiler) build(f Field, op Spec) (masker, bool) {
	m, err := op.build(f, c.shop)
	if err == nil {
		return m, true
	}
	if fault := (*stream.Fault)(nil); errors.As(err, &fault) {
		c.faults = append(c.faults, fault) // it says itself what to do
		return nil, false
	}
	hint := op.Hint()
	if h := (hinted{}); errors.As(err, &h) {
		hint = h.hint
	}
	c.fault(f.Path, "operator", op.Name+": "+err.Error(), hint)
	return nil, false
}

// underSubject readies the plan for an operator that works under the row's
// subject, and reports whether there is one wherever the field is.
func (c *compiler) underSubject(f Field, op Spec) bool {
	s := c.plan.Subject
	switch {
	case s.Column == "":
		c.fault(f.Path, "subject", op.Name+" works under the row's subject, and the stream has none", "say whose data the rows are under subjects:")
		return false
	case c.isKey(f.Path) && (!slices.Contains(c.plan.Key, s.Column) || s.Also != "" && !slices.Contains(c.plan.Key, s.Also)):
		c.fault(f.Path, "subject", op.Name+" works under the row's subject, which the record's key does not name", "use hmac or keep on a key column")
		return false
	}
	if c.program.whose == nil {
		c.program.whose = c.buildWhose()
	}
	return c.program.whose != nil
}

func (c *compiler) isKey(path string) bool {
	for _, k := range c.plan.Key {
		if EscapeName(k) == path {
			return true
		}
	}
	return false
}

// takes checks that an operator works on the values that it is given: those of a
// path that is gone through are not.
func (c *compiler) takes(r ruling) {
	f := r.field
	if r.node.act == actWalk || r.op.Takes(f.Type, f.Params) {
		return
	}
	if f.Type.Base == stream.Array || f.Type.Base == stream.JSON {
		c.fault(f.Path, "operator_type", fmt.Sprintf("%s does not work on %s as a whole", r.op.Name, f.Type), "name paths inside, such as "+f.Path+"[], or use redact")
		return
	}
	c.fault(f.Path, "operator_type", fmt.Sprintf("%s does not work on %s", r.op.Name, f.Type), "use redact")
}

// finish settles what nodes do that paths go through, once all are known, and
// which members must be there.
func (c *compiler) finish(n *node, inherited rest) {
	if len(n.members) > 0 || n.elem != nil || n == c.row {
		n.rest = inherited
		if n.ruled {
			n.rest = restOf(n.act)
		}
		if n != c.row {
			n.act = actWalk
		}
		c.restSlots(n)
	}
	for i := range n.members {
		c.finish(n.members[i].node, n.rest)
	}
	if n.elem != nil {
		c.finish(n.elem, n.rest)
	}
	if n == c.row {
		for _, f := range c.plan.Fields {
			if i := c.column(f.Path); i >= 0 && f.Required {
				n.require(i)
			}
		}
	}
}

// restOf is what a column's operator means for members that have no path of
// their own.
func restOf(a action) rest {
	switch a {
	case actKeep:
		return restKeep
	case actDrop:
		return restDrop
	}
	return restRedact
}

// restSlots gives a node that is walked the counters of what it does to
// members that it does not list and to values of another shape.
func (c *compiler) restSlots(n *node) {
	unknown := "_unknown"
	if n.path != "" {
		unknown = n.path + "." + unknown
		n.shape = c.slot(n.path, "redact")
	}
	switch n.rest {
	case restRedact:
		n.restSlot = c.slot(unknown, "redact")
	case restDrop:
		n.restSlot = c.slot(unknown, "drop")
	}
}

func (c *compiler) slot(path, operator string) int32 {
	f := stream.FieldCount{Field: path, Operator: operator}
	if i, ok := c.known[f]; ok {
		return i
	}
	i := int32(len(c.slots))
	c.slots = append(c.slots, f)
	c.known[f] = i
	return i
}

// column returns the number of the column whose path this is, or -1.
func (c *compiler) column(path string) int {
	for i, m := range c.row.members {
		if m.node.path == path {
			return i
		}
	}
	return -1
}

// buildKey makes the trie of the record's key: the same nodes, of which the
// columns of the primary key must be there.
func (c *compiler) buildKey() {
	c.program.key = newNode("")
	c.key.restSlot = c.row.restSlot
	inKey := map[string]bool{}
	for _, name := range c.plan.Key {
		i := c.column(EscapeName(name))
		if i < 0 || !c.row.members[i].node.ruled {
			c.fault(EscapeName(name), "key_operator", "the key column has no decision", "give it one that is deterministic and does not collide: keep or hmac")
			continue
		}
		if inKey[name] {
			continue
		}
		inKey[name] = true
		c.checkKey(c.row.members[i].node.path)
		c.key.add(name, c.row.members[i].node)
	}
	for i := range c.key.members {
		c.key.require(i)
	}
	for _, m := range c.row.members {
		if !inKey[m.name] {
			c.key.add(m.name, m.node)
		}
	}
	if c.key.required != nil { // as many words as it has members now
		c.key.required = append(c.key.required, make([]uint64, c.key.words()-len(c.key.required))...)
	}
}

// checkKey refuses operators that make two rows one, or one row two.
func (c *compiler) checkKey(path string) {
	for _, f := range c.plan.Fields {
		if f.Path != path {
			continue
		}
		if op, ok := Lookup(f.Operator); ok {
			switch t := op.Traits(f.Params); {
			case t.Collides:
				c.fault(path, "key_operator", op.Name+" on a key column would make rows indistinguishable", "use keep or hmac")
			case !t.Deterministic:
				c.fault(path, "key_operator", op.Name+" on a key column would give a row another key each time", "use keep or hmac")
			}
		}
	}
}

func operatorNames() []string { return namesWhere(func(Spec) bool { return true }) }

func namesWhere(ok func(Spec) bool) []string {
	var names []string
	for _, s := range Operators() {
		if ok(s) {
			names = append(names, s.Name)
		}
	}
	return names
}
