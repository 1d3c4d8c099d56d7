package lanes

import (
	"encoding/binary"
	"math/bits"
)

const (
	// few is how many lanes at work are no faster than the standard library one
	// after the other.
	few = 5

	// padding is the least that follows a message: a byte 0x80 and its length in
	// bits (FIPS 180-4 §5.1.1).
	padding = 9

	classes = 64
)

// side works on messages side by side.
type side struct {
	state [8][width]uint32
	tails [width][2 * block]byte // the last one or two blocks of each lane's message
	lanes [width]lane

	scratch [2 * 8][width]uint32

	order  []int32 // messages, longest first
	short  []int32 // messages with a key whose inner hash is one block
	counts [classes]int32
}

// lane is where a lane stands.
type lane struct {
	m    *Message
	part part
	done int // bytes of the part that are hashed
	left int // blocks left of the part
}

// part is a run of blocks that lie one after the other.
type part uint8

const (
	whole part = iota // whole blocks of the message
	tail              // its end and padding
	outer             // the digest under the key's outer state
)

// sum hashes the messages.
func (s *side) sum(messages []Message, one *single) {
	s.sort(messages)
	for at := 0; at < len(s.short); at += width {
		s.macs(messages, s.short[at:min(at+width, len(s.short))], one)
	}
	s.long(messages, one)
}

// macs hashes messages with keys that are short: both hashes of each are one
// block.
func (s *side) macs(messages []Message, run []int32, one *single) {
	if len(run) <= few {
		for _, k := range run {
			one.sum(&messages[k])
		}
		return
	}
	var keys [width]*Key
	var in [width]*byte
	var out [width]*[Size]byte
	for i, k := range run {
		m, t := &messages[k], (*[block]byte)(s.tails[i][:])
		clear(t[:])
		n := copy(t[:block-padding], m.Data)
		t[n] = 0x80
		binary.BigEndian.PutUint16(t[block-2:], uint16(block+n)*8)
		keys[i], in[i], out[i] = m.Key, &t[0], m.Out
	}
	for i := len(run); i < width; i++ { // the same once more
		keys[i], in[i], out[i] = keys[0], in[0], out[0]
	}
	macs(&s.scratch, &keys, &in, &out)
}

// long hashes the messages in order. The longest come first, so that the lanes
// end together; what then is left for few lanes, one takes.
func (s *side) long(messages []Message, one *single) {
	var in [width]*byte
	busy := uint32(0) // a bit for each lane at work
	next := 0
	for i := range min(width, len(s.order)) {
		s.begin(i, &messages[s.order[next]])
		next++
		busy |= 1 << i
	}
	for {
		if next == len(s.order) && bits.OnesCount32(busy) <= few {
			busy = s.hand(busy, one)
		}
		if busy == 0 {
			return
		}
		n := s.aim(&in, busy)
		blocks(&s.state, &in, n)
		for b := busy; b != 0; b &= b - 1 {
			i := bits.TrailingZeros32(b)
			if !s.advance(i, n) {
				continue
			}
			if next == len(s.order) {
				busy &^= 1 << i
				s.lanes[i].m = nil
				continue
			}
			s.begin(i, &messages[s.order[next]])
			next++
		}
	}
}

// sort fills short, and order with all others: longest first, by their blocks;
// all the very long ones are alike.
func (s *side) sort(messages []Message) {
	s.short = s.short[:0]
	clear(s.counts[:])
	for i := range messages {
		m := &messages[i]
		if m.Key != nil && len(m.Data) <= block-padding {
			s.short = append(s.short, int32(i))
		} else {
			s.counts[length(m)]++
		}
	}
	rest := len(messages) - len(s.short)
	if cap(s.order) < rest {
		s.order = make([]int32, len(messages))
	}
	s.order = s.order[:rest]
	if rest == 0 {
		return
	}
	at := int32(0)
	for k := classes - 1; k >= 0; k-- {
		at, s.counts[k] = at+s.counts[k], at
	}
	for i := range messages {
		m := &messages[i]
		if m.Key != nil && len(m.Data) <= block-padding {
			continue
		}
		k := length(m)
		s.order[s.counts[k]] = int32(i)
		s.counts[k]++
	}
}

// length is the class that a message is sorted by.
func length(m *Message) int {
	n := (len(m.Data) + padding) / block
	if m.Key != nil {
		n++
	}
	return min(n, classes-1)
}

// aim points each lane at its next block, and says how many blocks all lanes at
// work have left in their parts. A lane without work follows one that has some:
// whatever it reads is there to be read, and nobody looks at its state.
func (s *side) aim(in *[width]*byte, busy uint32) (n int) {
	n = int(^uint(0) >> 1)
	for b := busy; b != 0; b &= b - 1 {
		i := bits.TrailingZeros32(b)
		l := &s.lanes[i]
		n = min(n, l.left)
		if l.part == whole {
			in[i] = &l.m.Data[l.done]
		} else {
			in[i] = &s.tails[i][l.done]
		}
	}
	for b := ^busy & (1<<width - 1); b != 0; b &= b - 1 {
		in[bits.TrailingZeros32(b)] = in[bits.TrailingZeros32(busy)]
	}
	return n
}

// begin gives lane i a message.
func (s *side) begin(i int, m *Message) {
	from := &initial
	if m.Key != nil {
		from = &m.Key.inner
	}
	s.put(i, from)
	l := &s.lanes[i]
	*l = lane{m: m, part: whole, left: len(m.Data) / block}
	if l.left == 0 {
		s.end(i)
	}
}

// advance notes n more blocks of lane i, and reports whether its message is
// hashed.
func (s *side) advance(i, n int) bool {
	l := &s.lanes[i]
	l.done += n * block
	if l.left -= n; l.left > 0 {
		return false
	}
	switch {
	case l.part == whole:
		s.end(i)
		return false
	case l.part == tail && l.m.Key != nil:
		s.around(i)
		return false
	}
	s.digest(i, l.m.Out)
	return true
}

// end lets lane i go on with the end of its message, padded.
func (s *side) end(i int) {
	l, t := &s.lanes[i], &s.tails[i]
	size := len(l.m.Data)
	n := copy(t[:], l.m.Data[size&^(block-1):])
	t[n] = 0x80
	l.part, l.done, l.left = tail, 0, (n+padding+block-1)/block
	clear(t[n+1 : l.left*block-8])
	if l.m.Key != nil {
		size += block
	}
	binary.BigEndian.PutUint64(t[l.left*block-8:], uint64(size)*8)
}

// around lets lane i go on with the digest under the outer state.
func (s *side) around(i int) {
	l, t := &s.lanes[i], &s.tails[i]
	s.digest(i, (*[Size]byte)(t[:]))
	t[Size] = 0x80
	clear(t[Size+1 : block-8])
	binary.BigEndian.PutUint64(t[block-8:], (block+Size)*8)
	s.put(i, &l.m.Key.outer)
	l.part, l.done, l.left = outer, 0, 1
}

// hand lets the standard library end the messages of which whole blocks are
// left, and returns which lanes are still at work.
func (s *side) hand(busy uint32, one *single) uint32 {
	for b := busy; b != 0; b &= b - 1 {
		i := bits.TrailingZeros32(b)
		l := &s.lanes[i]
		if l.part != whole {
			continue
		}
		var at state
		for j := range at {
			at[j] = s.state[j][i]
		}
		one.rest(l.m, &at, l.done)
		l.m = nil
		busy &^= 1 << i
	}
	return busy
}

// put makes v the state of lane i.
func (s *side) put(i int, v *state) {
	for j := range v {
		s.state[j][i] = v[j]
	}
}

// digest writes the state of lane i.
func (s *side) digest(i int, out *[Size]byte) {
	for j := range s.state {
		binary.BigEndian.PutUint32(out[4*j:], s.state[j][i])
	}
}
