package lanes

import (
	"encoding/binary"
	"math/bits"
)

// padding is the least that follows a message: a byte 0x80 and its length in
// bits (FIPS 180-4 §5.1.1).
const padding = 9

// tail is the last one or two blocks of a message.
type tail [2 * block]byte

// end makes the tail of m, and says how many blocks come before it and how many
// there are in all.
func (t *tail) end(m *Message) (whole, blocks int) {
	n := len(m.Data)
	whole, blocks = int(uint(n)/block), size(m)
	if m.Key != nil {
		n += block
	}
	rest := m.Data[whole*block:]
	if len(rest) <= block-padding {
		clear(t[:block])
		binary.BigEndian.PutUint64(t[block-8:], uint64(n)*8)
	} else {
		clear(t[:])
		binary.BigEndian.PutUint64(t[2*block-8:], uint64(n)*8)
	}
	t[copy(t[:block], rest)] = 0x80
	return whole, blocks
}

// size is how many blocks m is, its tail among them.
func size(m *Message) int { return int(uint(len(m.Data)+padding+block-1) / block) }

const (
	// huge is how many blocks are left to the standard library: it is called for
	// parts of them, and the scheduler has its turns.
	huge = 1 << 12

	classes = 160
)

// order sorts messages by whether they have keys, and by their blocks.
type order struct {
	list   []int32
	kinds  []kind
	counts [kinds]int32
}

// kind is the same for messages that go together: first come those with keys, then
// those without, then huge ones; the longest first, as far as classes tell.
type kind uint16

const kinds = 2*classes + 1

func kindOf(m *Message) kind {
	n := size(m)
	if n >= 32 {
		if n > huge {
			return kinds - 1
		}
		e := bits.Len(uint(n)) - 5
		n = e<<4 + n>>e
	}
	if m.Key == nil {
		n -= classes
	}
	return kind(classes - 1 - n)
}

// sort returns the messages that have keys, those that have none, and the huge
// ones.
func (o *order) sort(messages []Message) (keyed, plain, rest []int32) {
	if cap(o.list) < len(messages) {
		o.list, o.kinds = make([]int32, len(messages)), make([]kind, len(messages))
	}
	list, all := o.list[:len(messages)], o.kinds[:len(messages)]
	least, most := kind(kinds), kind(0)
	for i := range messages {
		k := kindOf(&messages[i])
		o.counts[k]++
		all[i] = k
		least, most = min(least, k), max(most, k)
	}
	var ends [2]int32
	at := int32(0)
	for k := least; k <= most; k++ {
		n := o.counts[k]
		o.counts[k] = at
		at += n
		if k < classes {
			ends[0] = at
		}
		if k < 2*classes {
			ends[1] = at
		}
	}
	for i, k := range all {
		list[o.counts[k]] = int32(i)
		o.counts[k]++
	}
	clear(o.counts[least : most+1])
	return list[:ends[0]], list[ends[0]:ends[1]], list[ends[1]:]
}
