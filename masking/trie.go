package masking

import (
	"lethe/masking/conform"
	"lethe/masking/internal/members"
	"lethe/stream"
)

// action is what a node does with the value at its path.
type action uint8

const (
	actWalk       action = iota // goes inside; what is not of that shape is redacted
	actKeep                     // copies
	actKeepScalar               // copies a scalar; an object or array is redacted (L1)
	actDrop                     // leaves the member out
	actNull                     // replaces by null
	actRedact                   // replaces by the constant
	actMask                     // replaces by what the masker says

	// Of the envelope only.
	actBefore
	actAfter
	actOp     // the operation's code
	actScalar // kept if it is a scalar of the kinds that the node names, else dropped
	actInside // kept if it is an object of the node's members or null, else dropped
)

// rest is what becomes of members that a node does not list.
type rest uint8

const (
	restRedact rest = iota // name and value replaced (L1)
	restKeep
	restDrop
)

// node is one path of the trie. It is immutable once compiled. What every value
// needs comes first, so that it lies together.
type node struct {
	act      action
	rest     rest
	special  bool
	nullable bool
	ruled    bool            // a field of the plan names this very path
	inside   bool            // inside a column
	kinds    kinds           // of actScalar
	masker   int32           // of actMask: index into the rewriter's replacers
	slot     int32           // counts the node's action; -1 for none, as in the three below
	restSlot int32           // counts what its rest did
	shape    int32           // counts values that are redacted, for their shape or by the masker
	measured int32           // counts its nulls and empty values in after
	leads    uint8           // to a person of the index: 1 + which; 0 for a column that does not
	rules    []*conform.Rule // of a column: what its value conforms to in after
	typ      stream.Type
	path     string

	id       int            // among the nodes of the program
	members  []member       // in the plan's order
	strides  []stride       // of the members
	names    *members.Names // of the members; rewriters have clones of it
	elem     *node          // of every array element
	required []uint64       // members that must be there
}

// member is a known member of a node.
type member struct {
	name string
	node *node
}

// newNode is a node that does nothing and counts nothing yet. Slots and what is
// measured count from 0, so none is -1.
func newNode(path string) *node {
	return &node{path: path, slot: -1, restSlot: -1, shape: -1, measured: -1}
}

func (n *node) add(name string, child *node) {
	n.members = append(n.members, member{name, child})
}

// words is how many words of a bit set hold one bit per member.
func (n *node) words() int { return (len(n.members) + 63) / 64 }

// require notes that the named member must be there.
func (n *node) require(i int) {
	if n.required == nil {
		n.required = make([]uint64, n.words())
	}
	n.required[i/64] |= 1 << (i % 64)
}

// seal numbers the nodes and readies this node and those below for the walk.
func (n *node) seal(nodes []*node) []*node {
	if n.names != nil {
		return nodes // it is in two tries
	}
	n.id = len(nodes)
	nodes = append(nodes, n)
	var names []string
	for _, m := range n.members {
		names = append(names, m.name)
		n.strides = append(n.strides, strideOf(m.node))
	}
	n.names = members.NewNames(names)
	for _, m := range n.members {
		nodes = m.node.seal(nodes)
	}
	if n.elem != nil {
		nodes = n.elem.seal(nodes)
	}
	return nodes
}
