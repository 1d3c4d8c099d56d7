package lanes

// few is how many lanes at work are no faster than what takes their messages one
// or two at a time.
const few = 7

// side works on messages side by side.
type side struct {
	tails   [width]tail
	scratch [2 * 8][width]uint32
}

// group is what sixteen lanes work on. It lies on the stack: the assembly moves
// its pointers, of which the collector is not told.
type group struct {
	keys   [width]*Key
	at     [width]*byte // the next block
	tail   [width]*byte
	out    [width]*[Size]byte
	whole  [width]uint32 // blocks that come before the tail
	blocks [width]uint32 // all of them
}

// keyless is where a message without a key starts.
var keyless = Key{inner: initial}

// sum hashes the messages that run names, which all have keys or none.
func (s *side) sum(messages []Message, run []int32) {
	var g group
	most := 0
	for i, k := range run {
		m, t := &messages[k], &s.tails[i]
		whole, blocks := t.end(m)
		g.keys[i], g.tail[i], g.at[i], g.out[i] = m.Key, &t[0], &t[0], m.Out
		if m.Key == nil {
			g.keys[i] = &keyless
		}
		if whole > 0 {
			g.at[i] = &m.Data[0]
		}
		g.whole[i], g.blocks[i] = uint32(whole), uint32(blocks)
		most = max(most, blocks)
	}
	for i := len(run); i < width; i++ { // the last one once more
		j := len(run) - 1
		g.keys[i], g.tail[i], g.at[i], g.out[i] = g.keys[j], g.tail[j], g.at[j], g.out[j]
		g.whole[i], g.blocks[i] = g.whole[j], g.blocks[j]
	}
	sixteen(&g, &s.scratch, most, messages[run[0]].Key != nil)
}

// worth reports whether lanes are the faster way for the first of the messages
// that run names, longest first: none works much longer than the others.
func worth(messages []Message, run []int32) bool {
	if len(run) <= few {
		return false
	}
	sum, most := 0, 0
	for _, k := range run[:min(width, len(run))] {
		n := size(&messages[k])
		sum, most = sum+n, max(most, n)
	}
	return sum > few*most
}
