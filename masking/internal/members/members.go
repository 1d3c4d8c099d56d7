// Package members reads many members of a JSON object at once, as they are mostly
// written: a listed name, no white space, and a scalar without escapes. What is
// written otherwise it leaves to its caller, who reads it by package scan.
//
// Where the CPU has AVX-512 it is assembly, which sees a whole record in one pass and
// then steps from string to string; elsewhere, and with build tag purego, plain Go.
// Both read the same. It knows no operators and no types of columns.
//
// Promises it upholds:
//
//	L1 closed      what it reads is well-formed as package scan has it
//	L6 same again  both ways, and whatever order was learnt, read the same members
package members

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"lethe/stream/scan"
)

// Names are those of the members that an object may have, by number. They learn in
// which order members come, since most objects have that of the one before them. They
// are used by one goroutine at a time.
type Names struct {
	names []spelling // that of number n is at n+1; the first one is that of no member
	index []int32    // open addressing by hash; 0 is free
}

// spelling is how a member's name is mostly written.
type spelling struct {
	head, tail uint64 // the first and the last eight bytes of quoted, zeros behind a shorter one
	mask       uint64 // which bytes of them there are
	quoted     string // as JSON with its colon
	rear       int32  // where tail begins
	next       int32  // place of the one that came after it the last time; 0 for none
}

// NewNames returns names that are expected in this order.
func NewNames(texts []string) *Names {
	size := 4
	for size < 2*len(texts) {
		size *= 2
	}
	n := &Names{names: make([]spelling, len(texts)+1), index: make([]int32, size)}
	for i, text := range texts {
		n.names[i].next = int32(i + 1)
		x := newName(append(scan.AppendQuoted(nil, []byte(text)), ':'))
		n.names[i+1] = x
		at := hash(x.head, x.tail, len(x.quoted)) & (size - 1)
		for n.index[at] != 0 {
			at = (at + 1) & (size - 1)
		}
		n.index[at] = int32(i + 1)
	}
	return n
}

func newName(quoted []byte) spelling {
	n := spelling{quoted: string(quoted), rear: int32(max(len(quoted)-8, 0)), mask: 1<<(8*min(len(quoted), 8)) - 1}
	var word [8]byte
	copy(word[:], quoted)
	n.head = binary.LittleEndian.Uint64(word[:])
	copy(word[:], quoted[n.rear:])
	n.tail = binary.LittleEndian.Uint64(word[:])
	return n
}

// hash mixes how a name begins and ends and its length. Names that meet in one place
// cost a comparison each and decide nothing.
func hash(head, tail uint64, size int) int {
	return int((head ^ bits.RotateLeft64(tail, 23) + uint64(size)) * 0x9e3779b97f4a7c15 >> 33)
}

// Clone returns the same names for another goroutine.
func (n *Names) Clone() *Names {
	return &Names{names: slices.Clone(n.names), index: n.index}
}

// Quoted returns a name as JSON with its colon.
func (n *Names) Quoted(number int) string { return n.names[number+1].quoted }

// Find returns the number of a name, which is given as JSON with its colon and without
// escapes that need not be; -1 if there is none.
func (n *Names) Find(quoted []byte) int {
	x := newName(quoted)
	for at := hash(x.head, x.tail, len(quoted)); ; at++ {
		k := n.index[at&(len(n.index)-1)]
		if k == 0 || n.names[k].quoted == x.quoted {
			return int(k) - 1
		}
	}
}

// Member is where a member begins, where its value does and where that ends.
type Member struct {
	Start, Value, End int32 // End is -1 if the value was not read
	Number            int32 // of its name
}

// Members reads the members from src[i] on that have names of n, as long as they are
// written without white space and their values are strings without escapes, integers
// above zero, true, false and null. If the last value is something else, it is not read.
// It appends no more than members has room for. It stops before a member that has no
// such name, or one with escapes, or whose number is in seen or above 63. after is
// the number of the member before the first, -1 if there is none.
//
// What it has read is well-formed; what is behind that nobody has looked at. Who goes
// on from there must read it in another way, and say so if it is malformed.
func (s *Stops) Members(i int, n *Names, after int, seen uint64, members []Member) []Member {
	had, room := len(members), cap(members)-len(members)
	if room == 0 || i >= len(s.src) || len(s.src) > math.MaxInt32 {
		return members
	}
	if !native { // L6: which way is taken depends on the machine, the members do not
		return plainMembers(s.src, i, n, after, seen, members)
	}
	return members[:had+listed(&s.src[0], len(s.src), &s.bits[0], i, &n.names[0], &n.index[0], len(n.index)-1, after+1, seen, &members[:had+1][had], room)]
}

// plainMembers is Members in plain Go.
func plainMembers(src []byte, i int, n *Names, after int, seen uint64, members []Member) []Member {
	last := int32(after + 1)
	for len(members) < cap(members) {
		k := n.names[last].next
		if k == 0 || !n.names[k].isAt(src, i) {
			if k = n.at(src, i); k == 0 {
				break
			}
			n.names[last].next = k
		}
		if k > 64 || seen>>(k-1)&1 != 0 {
			break
		}
		seen |= 1 << (k - 1)
		last = k
		value := i + len(n.names[k].quoted)
		end := scalar(src, value) // L1: what is not known to be well-formed is not read
		members = append(members, Member{int32(i), int32(value), int32(end), k - 1})
		if end < 0 || end+1 >= len(src) || src[end] != ',' || src[end+1] != '"' {
			break
		}
		i = end + 1
	}
	return members
}

// at returns the place of the name at src[i], 0 if it is none of n's or has no eight bytes
// behind it.
func (n *Names) at(src []byte, i int) int32 {
	if src[i] != '"' {
		return 0
	}
	end, escaped := scan.String(src, i)
	size := end + 1 - i
	if end < 0 || escaped || i+size+8 > len(src) || src[end] != ':' {
		return 0
	}
	mask := uint64(1)<<(8*min(size, 8)) - 1
	for at := hash(word(src, i)&mask, word(src, i+max(size-8, 0))&mask, size); ; at++ {
		k := n.index[at&(len(n.index)-1)]
		if k == 0 || len(n.names[k].quoted) == size && n.names[k].isAt(src, i) {
			return k
		}
	}
}

// isAt reports whether the name is at src[i] with its colon, and eight bytes behind it.
func (n *spelling) isAt(src []byte, i int) bool {
	if i+len(n.quoted)+8 > len(src) {
		return false
	}
	rear := i + int(n.rear)
	if word(src, i)&n.mask != n.head || word(src, rear)&n.mask != n.tail {
		return false
	}
	return len(n.quoted) <= 16 || string(src[i+8:rear]) == n.quoted[8:n.rear]
}

func word(src []byte, i int) uint64 { return binary.LittleEndian.Uint64(src[i : i+8 : i+8]) }

// scalar returns the index after the value at src[i], behind which there are eight bytes;
// -1 if it is none of those that Members reads.
func scalar(src []byte, i int) int {
	switch c := src[i]; {
	case c == '"':
		if end, escaped := scan.String(src, i); !escaped {
			return end
		}
	case c-'1' < 9:
		if end := scan.Digits(src, i); end < len(src) && (src[end] == ',' || src[end] == '}') {
			return end
		}
	case c == 't' || c == 'f' || c == 'n':
		return scan.Literal(src, i)
	}
	return -1
}
