package lanes

import "encoding/binary"

// pair works on two messages at a time.
type pair struct {
	tails [2]tail
}

// run is a message, or a part of one, that one of two works on.
type run struct {
	state  state
	at     *byte // the next block
	whole  int   // blocks that come before the tail
	tail   *byte
	blocks int // all of them
}

// sum hashes two messages, which both have keys, or neither.
func (p *pair) sum(a, b *Message) {
	var r, q run
	r.start(a, &p.tails[0])
	q.start(b, &p.tails[1])
	two(&r, &q)
	if a.Key != nil {
		r.around(a.Key, &p.tails[0])
		q.around(b.Key, &p.tails[1])
		two(&r, &q)
	}
	r.state.write(a.Out)
	q.state.write(b.Out)
}

func (r *run) start(m *Message, t *tail) {
	r.state = initial
	if m.Key != nil {
		r.state = m.Key.inner
	}
	r.whole, r.blocks = t.end(m)
	r.at, r.tail = &t[0], &t[0]
	if r.whole > 0 {
		r.at = &m.Data[0]
	}
}

// around goes on with the digest under the outer state.
func (r *run) around(k *Key, t *tail) {
	r.state.write((*[Size]byte)(t[:]))
	t[Size] = 0x80
	clear(t[Size+1 : block-8])
	binary.BigEndian.PutUint64(t[block-8:], (block+Size)*8)
	r.state = k.outer
	r.at, r.tail, r.whole, r.blocks = &t[0], &t[0], 0, 1
}

// write writes the digest.
func (s *state) write(out *[Size]byte) {
	for i, w := range s {
		binary.BigEndian.PutUint32(out[4*i:], w)
	}
}
