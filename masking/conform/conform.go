// Package conform checks JSON values against JSON Schema on their bytes, in one
// walk, without decoding them and without allocating.
//
// Its words are JSON Schema's (keyword, type, properties, items). [Compile]
// takes a document that santhosh-tekuri/jsonschema/v5 reads, drafts 4 to 2020-12,
// lets that library resolve drafts, references and anchors, and makes a graph of
// checks of what it understood. What the graph does not hold, the library decides
// about the value: unevaluatedProperties, unevaluatedItems, $dynamicRef,
// $recursiveRef, content keywords where a draft asserts them, and values that
// would cost more than they are worth (see [Beyond]). So the two never disagree on
// what conforms; a test compares them. A value that both would take too long for is
// refused: branches of oneOf that go inside one value each double the work at every
// level.
//
// In two points it says no where the library, which decodes first, says yes: a
// member that properties or required list must not occur twice in one object,
// and of any other member that occurs twice each value is checked.
//
// It knows no columns, policies or contracts, and expects JSON that package
// stream/scan accepts.
//
// Promises it upholds:
//
//	L1 closed       what cannot be decided is refused
//	L7 unprintable  a refusal names a keyword and a path of names that the
//	                schema lists, never a value
package conform

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Verdict is what a check came to.
type Verdict uint8

const (
	// Conforms: the value is as the schema asks.
	Conforms Verdict = iota
	// Fails: it is not; the Checker tells keyword and path.
	Fails
	// Beyond: only the library can tell, see [Rule.Ask].
	Beyond
)

// Rule is a compiled schema. It is immutable and safe for concurrent use.
type Rule struct {
	root    *node
	library *jsonschema.Schema
	tally   Tally
	// listed are the names of all properties: those that a path may show.
	listed  map[string]bool
	decimal bool
	scalar  bool // of a scalar the root asks what stands in its own keywords, and no more
}

// Tally counts the keywords of a schema.
type Tally struct {
	Compiled int      // checked in the walk
	Library  []string // left to the library, each once, in order
}

// Compile reads a schema document. It loads nothing from elsewhere: a reference
// to another document is an error. So is a schema that asks for itself about the
// same value, since no check of it would end (JSON Schema Core 2020-12, 9.4.1).
func Compile(document []byte) (*Rule, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat = true
	c.LoadURL = func(string) (io.ReadCloser, error) { return nil, errors.New("no schema is loaded from elsewhere") }
	c.RegisterExtension(TimeBounds, nil, boundsCompiler{})
	const at = "lethe:schema"
	if err := c.AddResource(at, bytes.NewReader(document)); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	s, err := c.Compile(at)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	b := builder{nodes: map[*jsonschema.Schema]*node{}, listed: map[string]bool{}, left: map[string]bool{}}
	r := &Rule{root: b.node(s), library: s, listed: b.listed}
	over := map[*node]bool{}
	for _, n := range b.nodes {
		if n.endless(over) {
			return nil, errors.New("schema: it asks for itself about the same value, without end")
		}
	}
	r.tally, r.scalar = b.tally(), !r.root.beyond && !r.root.never && !r.root.inPlace()
	return r, nil
}

// OfDecimals is the rule for a column of decimals, which rows hold as strings:
// a string that is written as a number counts as that number.
func (r *Rule) OfDecimals() *Rule {
	d := *r
	d.decimal = true
	return &d
}

// Keywords counts what the rule's schema asks for.
func (r *Rule) Keywords() Tally { return r.tally }

// Checker is the room that a check needs. It is used by one goroutine at a
// time; its zero value is ready.
type Checker struct {
	keyword string
	trail   []string // path of the failure, innermost first
	seen    []uint64 // bit sets of the objects that are open
	depth   int
	left    int    // how many more schemas may be held against values
	text    []byte // of a string, unescaped
	other   []byte // of the string that it is compared with
	digits  []byte // of a number
}

// Check decides about value, one JSON value and nothing else.
func (c *Checker) Check(r *Rule, value []byte) Verdict {
	c.trail = c.trail[:0]
	i := 0
	if len(value) > 0 && r.scalar {
		if v, known := c.scalar(r, value); known {
			return v
		}
	}
	if r.isDecimal(value) {
		i = 1
	}
	c.keyword, c.seen, c.depth = "", c.seen[:0], 0
	c.left = patience + len(value)*patiencePerByte
	_, v := c.value(r.root, value, i)
	if v == Beyond && c.left < 0 {
		// L1: the library goes the same way, and nobody ends it.
		c.trail = c.trail[:0]
		return c.fail("cost")
	}
	return v
}

// scalar decides about a string or number by the root, which asks nothing more of them
// than its own keywords: most columns hold one, and where it ends is known.
func (c *Checker) scalar(r *Rule, value []byte) (v Verdict, known bool) {
	n := r.root
	switch {
	case r.isDecimal(value):
		return c.number(n, value[1:len(value)-1]), true
	case value[0] == '-' || value[0]-'0' <= 9:
		return c.number(n, value), true
	case value[0] != '"' || len(value) < 2:
		return Conforms, false
	}
	body := value[1 : len(value)-1]
	if n.values == nil && n.text != nil && n.text.atMost(len(body)) && n.types == 0 {
		return Conforms, true
	}
	return c.string(n, body, bytes.IndexByte(body, '\\') >= 0), true
}

// isDecimal reports whether a value is a decimal's string.
func (r *Rule) isDecimal(value []byte) bool {
	return r.decimal && len(value) > 1 && value[0] == '"' && IsNumber(value[1:len(value)-1])
}

// patience and patiencePerByte bound how many schemas are held against one value and
// what is in it: a quarter of a second for a small one. Real schemas ask for a few
// for each byte.
const (
	patience        = 1 << 18
	patiencePerByte = 64
)

// Keyword is the keyword that the value failed at.
func (c *Checker) Keyword() string { return c.keyword }

// AppendPath appends where in the value that was: members with a dot before
// them, their dots, brackets and backslashes escaped by a backslash; [] for
// elements; _unknown for a member that the schema does not list.
func (c *Checker) AppendPath(dst []byte) []byte {
	for k := len(c.trail) - 1; k >= 0; k-- {
		dst = append(dst, c.trail[k]...)
	}
	return dst
}
