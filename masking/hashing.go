package masking

import "lethe/stream/lanes"

// hashing is the digests that were asked for and are not there yet, of many
// records, so that they are made side by side. How they are written has a fixed
// width: outputs get their length at once, and the digests when finish is called.
type hashing struct {
	text  []byte // what is hashed, one after the other
	asked []asked
	holes []hole
	round uint32 // changes when numbers of asked become void

	// Of the record in work: how much there was before it, and which holes are
	// placed.
	textBefore, askedBefore, holesBefore, placed int

	hasher   lanes.Hasher
	messages []lanes.Message
	sums     [][lanes.Size]byte
	written  []byte
}

// asked is one digest: what is hashed ends at end, and begins where the one
// before it ends.
type asked struct {
	key  *lanes.Key
	form *digestForm
	end  int
}

// ask names a digest that was asked for.
type ask struct {
	round  uint32
	number int32
}

// hole is where a digest goes.
type hole struct {
	number int32
	from   int    // in the output in work
	at     []byte // once that is whole
}

// digestForm is how a digest is written.
type digestForm struct {
	encoding encoding
	length   int // characters of it
}

// bytes is how many of the digest's bytes are seen.
func (f *digestForm) bytes() int {
	return min(lanes.Size, (f.length*f.encoding.bits+7)/8)
}

const (
	// pendingText and pendingDigests bound what waits: a record that asks for more
	// is finished at once.
	pendingText    = 64 << 10
	pendingDigests = 1 << 10
	// idleText bounds what is kept from one round to the next.
	idleText = 1 << 20
)

// blank begins a string, and stands in the hole until it is filled; it is as long
// as the longest digest.
const blank = `"----------------------------------------------------------------`

func newHashing() *hashing { return &hashing{round: 1} }

// begin notes where a record begins.
func (h *hashing) begin() {
	h.textBefore, h.askedBefore, h.holesBefore, h.placed = len(h.text), len(h.asked), len(h.holes), len(h.holes)
}

// revoke forgets what the record in work asked for: it is refused.
func (h *hashing) revoke() {
	if len(h.holes) == h.holesBefore && len(h.asked) == h.askedBefore {
		return
	}
	clear(h.holes[h.holesBefore:])
	h.text, h.asked, h.holes = h.text[:h.textBefore], h.asked[:h.askedBefore], h.holes[:h.holesBefore]
	h.round++
}

// still reports whether the digest is yet to be made.
func (h *hashing) still(a ask) bool { return a.round == h.round }

// ask asks for a digest. text is h.text and behind it what is hashed.
func (h *hashing) ask(key *lanes.Key, text []byte, form *digestForm) ask {
	h.text = text
	h.asked = append(h.asked, asked{key, form, len(text)})
	return ask{h.round, int32(len(h.asked) - 1)}
}

// leave appends a string to the output in work whose characters are the digest's.
func (h *hashing) leave(dst []byte, a ask, form *digestForm) []byte {
	h.holes = append(h.holes, hole{number: a.number, from: len(dst) + 1})
	return append(append(dst, blank[:1+form.length]...), '"')
}

// place says that the output in work is whole, and is where it stays.
func (h *hashing) place(out []byte) {
	for ; h.placed < len(h.holes); h.placed++ {
		o := &h.holes[h.placed]
		o.at = out[o.from : o.from+h.asked[o.number].form.length]
	}
}

// full reports whether enough waits.
func (h *hashing) full() bool {
	return len(h.text) >= pendingText || len(h.asked) >= pendingDigests
}

// finish makes all digests and fills all holes.
func (h *hashing) finish() {
	if len(h.asked) == 0 {
		return
	}
	if cap(h.sums) < len(h.asked) {
		h.sums = make([][lanes.Size]byte, 2*len(h.asked))
	}
	h.messages = h.messages[:0]
	from := 0
	for i := range h.asked {
		a := &h.asked[i]
		h.messages = append(h.messages, lanes.Message{Key: a.key, Data: h.text[from:a.end], Out: &h.sums[:cap(h.sums)][i]})
		from = a.end
	}
	h.hasher.Sum(h.messages)
	last := int32(-1)
	for i := range h.holes {
		o := &h.holes[i]
		if form := h.asked[o.number].form; o.number != last {
			last = o.number
			h.written = form.encoding.append(h.written[:0], h.messages[last].Out[:form.bytes()])
		}
		copy(o.at, h.written)
	}
	clear(h.messages)
	clear(h.holes)
	h.text, h.asked, h.holes = h.text[:0], h.asked[:0], h.holes[:0]
	if cap(h.text) > idleText {
		h.text = nil
	}
	h.round++
}
