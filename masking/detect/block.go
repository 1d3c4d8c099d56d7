package detect

import "math/bits"

// block says of 64 bytes of a text what each is: a bit for each byte, the lowest
// for the first.
type block struct {
	digit, upper, lower uint64 // of ASCII
	high                uint64 // beyond ASCII
	odd                 uint64 // beyond ASCII, and may be of a character with a plain form
	mark                uint64 // @ and :
	stop                uint64 // may end a line, a sentence or a part of a list
}

const blockSize = 64

// classify sets f.blocks to what the bytes of text are.
func (f *Finder) classify(text []byte) {
	n := (len(text) + blockSize - 1) / blockSize
	if cap(f.blocks) < n {
		f.blocks = make([]block, n+n/2)
	}
	f.blocks = f.blocks[:n]
	switch {
	case n == 0:
	case native:
		// L6: which way is taken depends on the machine, the bits do not.
		classify(&f.blocks[0], &text[0], len(text))
	default:
		classifyBytes(f.blocks, text)
	}
}

// bitsOf has, for each byte, the lowest bit of one byte for each kind that it is
// of, in the order of block's fields.
var bitsOf = func() (t [256]uint64) {
	for b := range t {
		for i, is := range [...]bool{
			classes[b] == isDigit, classes[b] == isUpper, classes[b] == isLower, b >= 0x80,
			b == 0xC2 || b == 0xE2 || b == 0xE3 || b == 0xEF || b == 0xB9, // see unusual
			b == '@' || b == ':',
			b == '\n' || b == ';' || b == '|' || b == '!' || b == '?' || b == '.', // see breaks
		} {
			if is {
				t[b] |= 1 << (8 * i)
			}
		}
	}
	return t
}()

// classifyBytes is classify for any machine.
func classifyBytes(blocks []block, text []byte) {
	var last [blockSize]byte
	for k := range blocks {
		b := &blocks[k]
		*b = block{}
		part := text[k*blockSize:]
		if len(part) < blockSize {
			copy(last[:], part)
			part = last[:]
		}
		for at := uint(0); at < blockSize; at += 8 {
			w := part[at : at+8 : at+8]
			bits := bitsOf[w[0]] | bitsOf[w[1]]<<1 | bitsOf[w[2]]<<2 | bitsOf[w[3]]<<3 |
				bitsOf[w[4]]<<4 | bitsOf[w[5]]<<5 | bitsOf[w[6]]<<6 | bitsOf[w[7]]<<7
			b.digit |= bits & 0xFF << at
			b.upper |= bits >> 8 & 0xFF << at
			b.lower |= bits >> 16 & 0xFF << at
			b.high |= bits >> 24 & 0xFF << at
			b.odd |= bits >> 32 & 0xFF << at
			b.mark |= bits >> 40 & 0xFF << at
			b.stop |= bits >> 48 & 0xFF << at
		}
	}
}

// nextStop is where the first byte of text[from:to] is that may end a line, a
// sentence or a part of a list, -1 if there is none.
func (f *Finder) nextStop(from, to int) int {
	for at := from; at < to; at = at&^(blockSize-1) + blockSize {
		if stops := f.blocks[at/blockSize].stop >> (at % blockSize); stops != 0 {
			if at += bits.TrailingZeros64(stops); at < to {
				return at
			}
			return -1
		}
	}
	return -1
}
