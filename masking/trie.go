package masking

import (
	"encoding/binary"
	"math/bits"

	"lethe/masking/conform"
	"lethe/stream"
	"lethe/stream/scan"
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
	text     bool            // every string is of its type
	kinds    kinds           // of actScalar
	masker   int32           // of actMask: index into the rewriter's replacers
	slot     int32           // counts the node's action; -1 for none, as in the three below
	restSlot int32           // counts what its rest did
	shape    int32           // counts values that are redacted, for their shape or by the masker
	finding  int32           // counts its nulls and empty values in after
	rules    []*conform.Rule // of a column: what its value conforms to in after
	typ      stream.Type
	path     string

	id       int      // among the nodes of the program
	members  []member // in the plan's order
	index    []int32  // open addressing over members by name: 1 + number, 0 is free
	elem     *node    // of every array element
	required []uint64 // members that must be there
}

// member is a known member of a node.
type member struct {
	name   string
	quoted string // the name as JSON with its colon
	node   *node

	head, tail uint64 // the first and the last eight bytes of quoted
	mask       uint64 // which bytes of head there are
}

// newNode is a node that does nothing and counts nothing yet. Slots and the finding
// count from 0, so none is -1.
func newNode(path string) *node {
	return &node{path: path, slot: -1, restSlot: -1, shape: -1, finding: -1}
}

func (n *node) add(name string, child *node) {
	quoted := append(scan.AppendQuoted(nil, []byte(name)), ':')
	m := member{name: name, quoted: string(quoted), node: child}
	var first [8]byte
	copy(first[:], quoted)
	m.head, m.mask = binary.LittleEndian.Uint64(first[:]), 1<<(8*min(len(quoted), 8))-1
	if len(quoted) > 8 {
		m.tail = binary.LittleEndian.Uint64(quoted[len(quoted)-8:])
	}
	n.members = append(n.members, m)
}

// isAt reports whether the member begins at src[i], its name and colon written as
// they mostly are.
func (m *member) isAt(src []byte, i int) bool {
	end := i + len(m.quoted)
	if i+8 > len(src) || end > len(src) {
		return end <= len(src) && string(src[i:end]) == m.quoted
	}
	if binary.LittleEndian.Uint64(src[i:])&m.mask != m.head {
		return false
	}
	if len(m.quoted) <= 8 {
		return true
	}
	return binary.LittleEndian.Uint64(src[end-8:]) == m.tail && (len(m.quoted) <= 16 || string(src[i+8:end-8]) == m.quoted[8:len(m.quoted)-8])
}

// order is the plan's order of the members: which one comes after none, after the
// first and so on.
func (n *node) order() []int32 {
	if len(n.members) == 0 {
		return nil
	}
	after := make([]int32, len(n.members)+1)
	for i := range n.members {
		after[i] = int32(i)
	}
	return after
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

// seal numbers the nodes and builds the index, of this node and below.
func (n *node) seal(nodes []*node) []*node {
	if n.index != nil {
		return nodes // it is in two tries
	}
	n.id, n.text = len(nodes), n.typ.Base == 0 || n.typ.Base == stream.String
	nodes = append(nodes, n)
	size := 4
	for size < 2*len(n.members) {
		size *= 2
	}
	n.index = make([]int32, size)
	for i, m := range n.members {
		h := hashName([]byte(m.name)) & uint64(size-1)
		for n.index[h] != 0 {
			h = (h + 1) & uint64(size-1)
		}
		n.index[h] = int32(i + 1)
		nodes = m.node.seal(nodes)
	}
	if n.elem != nil {
		nodes = n.elem.seal(nodes)
	}
	return nodes
}

// find returns the number of the member called name, or -1.
func (n *node) find(name []byte) int {
	mask := uint64(len(n.index) - 1)
	for h := hashName(name) & mask; n.index[h] != 0; h = (h + 1) & mask {
		if i := int(n.index[h]) - 1; n.members[i].name == string(name) {
			return i
		}
	}
	return -1
}

// hashName mixes a name's length, first and last eight bytes. Names that meet
// in one place cost a comparison each and decide nothing.
func hashName(name []byte) uint64 {
	const odd = 0x9e3779b97f4a7c15
	h := uint64(len(name)) * odd
	if len(name) >= 8 {
		h ^= binary.LittleEndian.Uint64(name)
		h *= odd
		h ^= binary.LittleEndian.Uint64(name[len(name)-8:])
	} else {
		for _, c := range name {
			h = h<<8 ^ h>>56 ^ uint64(c)
		}
	}
	hi, lo := bits.Mul64(h, odd)
	return hi ^ lo
}
