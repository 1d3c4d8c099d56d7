package subject

import (
	"math/bits"
	"slices"
	"sync/atomic"
)

const (
	fanBits = 4            // an inner page splits the levels below it by so many bits
	fan     = 1 << fanBits // and so has so many slots
	most    = 32           // punctured leaves that a page holds before it is split
)

// slot says what is left of the leaves below a prefix: all of them, if nothing
// was punctured, or what a page says.
type slot struct {
	whole  bool
	secret seed // of the node, if whole
	at     ref  // where the page lies; the zero ref if it was not stored yet
	page   atomic.Pointer[page]
}

// page is what is left of a subtree: 16 slots, or punctured leaves and the nodes
// beside the ways to them.
type page struct {
	level int
	inner *[fan]slot

	leaves []uint64 // punctured, ascending
	marks  []uint16 // a mark for each of them
	// nodes cover the rest, from left to right. Where they are follows from the
	// leaves: the roots of the largest subtrees without one. A register has none.
	nodes []seed
}

// slots are those of an inner page.
func (p *page) slots() []slot {
	if p.inner == nil {
		return nil
	}
	return p.inner[:]
}

// nodesOf is how many nodes cover what is below a node at that level without the
// given leaves.
//
// Each leaf adds to the ways those levels that it does not share with the one
// before. Of T such steps T+1-m nodes have children, two each, of which T are on
// a way themselves.
func nodesOf(leaves []uint64, level int) int {
	if len(leaves) == 0 {
		return 1
	}
	steps := depth - level
	for i, leaf := range leaves[1:] {
		steps += depth - max(level, bits.LeadingZeros64(leaf^leaves[i]))
	}
	return steps + 2 - 2*len(leaves)
}

// split tells where in sorted leaves, all below one node at that level, those
// of its right child begin.
func split(leaves []uint64, level int) int {
	i := 0
	for i < len(leaves) && bit(leaves[i], level) == 0 {
		i++
	}
	return i
}

// find returns which of the nodes is above a leaf and at which level; false if the
// leaf is punctured.
func (p *page) find(leaf uint64) (node, level int, ok bool) {
	left := p.leaves
	level = p.level
	for len(left) > 1 {
		right := split(left, level)
		if bit(leaf, level) == 0 {
			left = left[:right]
		} else {
			node += nodesOf(left[:right], level+1)
			left = left[right:]
		}
		level++
	}
	if len(left) == 0 {
		return node, level, true
	}
	// Beside the way to one leaf lie first, from the top, the nodes to its left,
	// and then, from the bottom, those to its right.
	way := left[0]
	fork := bits.LeadingZeros64(leaf ^ way)
	if fork == depth {
		return 0, 0, false
	}
	rights := bits.OnesCount64(prefix(way, fork) << level)
	if bit(way, fork) == 1 {
		return node + rights, fork + 1, true
	}
	return node + depth - 1 - level - (fork - level - rights), fork + 1, true
}

// puncture takes a leaf out, and gives it a mark. A register has no halves.
func (p *page) puncture(h *halves, leaf uint64, mark uint16) {
	i, there := slices.BinarySearch(p.leaves, leaf)
	if there {
		p.marks[i] = mark
		return
	}
	if h != nil {
		p.uncover(h, leaf)
	}
	p.leaves = slices.Insert(p.leaves, i, leaf)
	p.marks = slices.Insert(p.marks, i, mark)
}

// uncover replaces the node above a leaf by those beside the way to it. The
// leaf's own secret and those on the way are not kept (L5).
func (p *page) uncover(h *halves, leaf uint64) {
	node, level, _ := p.find(leaf)
	on := p.nodes[node]
	beside := make([]seed, depth-level)
	first, last := 0, len(beside)
	for ; level < depth; level++ {
		turn := bit(leaf, level)
		to := &first
		if turn == 0 {
			last--
			to = &last
		}
		h.child(&beside[*to], &on, turn^1)
		if turn == 1 {
			first++
		}
		h.child(&on, &on, turn)
	}
	p.nodes = slices.Replace(p.nodes, node, node+1, beside...)
	clear(on[:])
}

// divide makes a page with slots of one that holds too many leaves.
func (p *page) divide(h *halves) *page {
	q := &page{level: p.level, inner: new([fan]slot)}
	rest := p.nodes
	var fill func(level, from, to int, leaves []uint64, above *seed)
	fill = func(level, from, to int, leaves []uint64, above *seed) {
		if len(leaves) == 0 && above == nil && h != nil {
			above, rest = &rest[0], rest[1:]
		}
		if level == p.level+fanBits {
			s := &q.inner[from]
			if len(leaves) == 0 {
				if s.whole = true; above != nil {
					s.secret = *above
				}
				return
			}
			sub := &page{level: level, leaves: slices.Clone(leaves)}
			at, _ := slices.BinarySearch(p.leaves, leaves[0])
			sub.marks = slices.Clone(p.marks[at : at+len(leaves)])
			if h != nil {
				n := nodesOf(leaves, level)
				sub.nodes, rest = slices.Clone(rest[:n]), rest[n:]
			}
			if len(leaves) > most {
				sub = sub.divide(h)
			}
			s.page.Store(sub)
			return
		}
		right, half := split(leaves, level), (from+to)/2
		var children [2]*seed
		if above != nil {
			for side := range children {
				children[side] = new(seed)
				h.child(children[side], above, uint64(side))
			}
		}
		fill(level+1, from, half, leaves[:right], children[0])
		fill(level+1, half, to, leaves[right:], children[1])
	}
	fill(p.level, 0, fan, p.leaves, nil)
	return q
}

// slotOf is the index of the slot of an inner page at that level that a leaf is
// under.
func slotOf(leaf uint64, level int) int {
	return int(leaf >> (depth - fanBits - level) & (fan - 1))
}
