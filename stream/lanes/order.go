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
	whole, blocks = n/block, size(m)
	rest := copy(t[:block], m.Data[whole*block:])
	t[rest] = 0x80
	last := (blocks - whole) * block
	clear(t[rest+1 : last-8])
	if m.Key != nil {
		n += block
	}
	binary.BigEndian.PutUint64(t[last-8:], uint64(n)*8)
	return whole, blocks
}

// size is how many blocks m is, its tail among them.
func size(m *Message) int { return (len(m.Data) + padding + block - 1) / block }

const (
	// huge is how many blocks are left to the standard library: it is called for
	// parts of them, and the scheduler has its turns.
	huge = 1 << 12

	classes = 160
)

// order sorts messages by their blocks.
type order struct {
	list   []int32
	counts [classes]int32
}

// class is the same for messages that are about as long.
func class(blocks int) int {
	e := max(bits.Len(uint(blocks))-5, 0)
	return e<<4 + blocks>>e
}

// sort returns the messages that have keys or those that have none, the longest
// first as far as classes tell, and without huge ones.
func (o *order) sort(messages []Message, keyed bool) []int32 {
	most, n := 0, int32(0)
	for i := range messages {
		m := &messages[i]
		if b := size(m); (m.Key != nil) == keyed && b <= huge {
			c := class(b)
			o.counts[c]++
			most = max(most, c)
			n++
		}
	}
	if n == 0 {
		return nil
	}
	if cap(o.list) < int(n) {
		o.list = make([]int32, len(messages))
	}
	at := int32(0)
	for c := most; c >= 0; c-- {
		at, o.counts[c] = at+o.counts[c], at
	}
	for i := range messages {
		m := &messages[i]
		if b := size(m); (m.Key != nil) == keyed && b <= huge {
			c := class(b)
			o.list[:n][o.counts[c]] = int32(i)
			o.counts[c]++
		}
	}
	clear(o.counts[:most+1])
	return o.list[:n]
}
