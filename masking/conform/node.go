package conform

import (
	"slices"
	"sync/atomic"
)

// kinds is a set of JSON's types.
type kinds uint8

const (
	kindNull kinds = 1 << iota
	kindBool
	kindInteger // a number without fraction
	kindNumber  // any number
	kindString
	kindArray
	kindObject
)

// node is one schema: what it asks of a value, by the value's type.
type node struct {
	beyond bool  // asks something that only the library knows
	never  bool  // the schema false
	types  kinds // 0 for any
	values []*literals
	text   *textRule
	number *numberRule
	array  *arrayRule
	object *objectRule

	// Schemas of the same value.
	all  []*node // $ref and allOf
	not  *node
	any  []*node
	one  []*node
	cond *node // if
	then *node // nil for none
	els  *node
}

// inPlace reports whether n asks more than what stands in its own keywords.
func (n *node) inPlace() bool {
	return n.all != nil || n.not != nil || n.any != nil || n.one != nil || n.cond != nil
}

// sameValue lists the schemas that n asks for about the value that it is asked about.
func (n *node) sameValue() []*node {
	list := slices.Concat(n.all, n.any, n.one, []*node{n.not, n.cond, n.then, n.els})
	if n.object != nil {
		for _, w := range n.object.whens {
			list = append(list, w.then)
		}
	}
	return list
}

// endless reports whether n, or a schema that it asks for, asks for itself about the
// same value. over says of each schema that was met whether all below it was.
func (n *node) endless(over map[*node]bool) bool {
	if n == nil {
		return false
	}
	if known, met := over[n]; met {
		return !known
	}
	over[n] = false
	ring := slices.ContainsFunc(n.sameValue(), func(o *node) bool { return o.endless(over) })
	over[n] = true
	return ring
}

// textRule is what n asks of strings.
type textRule struct {
	min, max int // code points; max -1 for any
	format   *format
	pattern  *pattern
	times    timeBounds
}

// numberRule is what n asks of numbers.
type numberRule struct {
	bounds   []bound
	multiple *number // multipleOf
}

// arrayRule is what n asks of arrays.
type arrayRule struct {
	min, max int // max -1 for any
	prefix   []*node
	rest     *node // nil: anything
	closed   bool  // nothing after the prefix: additionalItems false
	unique   bool

	contains                 *node
	minContains, maxContains int // max -1 for any
}

// objectRule is what n asks of objects.
type objectRule struct {
	min, max int // max -1 for any
	members  []member
	index    map[string]int
	// next is a hint: which member came after which one when a name was looked up
	// last, at its number + 1. Nothing is decided by it.
	next     []atomic.Int32
	required []uint64 // bit set of members, nil for none
	patterns []patternRule
	names    *node // propertyNames
	rest     *node // additionalProperties: nil for anything
	closed   bool  // additionalProperties: false
	needs    []need
	whens    []when
}

// words is how many words hold one bit for each member.
func (o *objectRule) words() int { return (len(o.members) + 63) / 64 }

// member is a name that an object schema mentions.
type member struct {
	quoted string // as most writers write it, with its colon
	path   string // as it stands in a path
	node   *node
	listed bool // in properties; else required or named by a dependency
}

// patternRule is an entry of patternProperties.
type patternRule struct {
	pattern *pattern
	node    *node
}

// need says which members must be there if one is: dependentRequired.
type need struct {
	keyword string
	given   int
	then    []uint64
}

// when says what schema holds for the object if a member is there:
// dependentSchemas.
type when struct {
	given int
	then  *node
}
