package detect

import (
	"encoding/binary"
	"math/bits"
)

// runs are the runs of letters and digits of a text, and which of them may mean
// something. Most are words of a few letters that mean nothing: those with no flag
// have one to eight letters of ASCII, not all of them capitals, no word that tells
// or acts has their hash, no full stop or end of a line is right before them, and
// no sign behind them that makes two or four letters begin a number.
type runs struct {
	starts, ends []int32
	flags        []uint8
	count        int
}

const (
	flagNone   = iota
	flagSome   // it may mean something
	flagDigits // it is one to eight digits
)

// slack is how far behind the last run is written.
const slack = 64

// cutRuns sets f.runs to those of the text that f.blocks tell of.
func (f *Finder) cutRuns() {
	r, most := &f.runs, len(f.text)/2+1+slack
	if len(r.starts) < most {
		most += most / 2
		r.starts, r.ends, r.flags = make([]int32, most), make([]int32, most), make([]uint8, most)
	}
	switch last := len(f.blocks) - 1; {
	case last < 0:
		r.count = 0
	case native && len(f.text) >= 8:
		// L6: which way is taken depends on the machine, the runs do not.
		r.count = edges(&r.starts[0], &r.ends[0], &r.flags[0], &f.blocks[0], last+1)
		if f.blocks[last].word()>>(blockSize-1) != 0 {
			r.ends[r.count-1] = int32(len(f.text))
		}
		judge(&r.flags[0], &r.starts[0], &r.ends[0], r.count, &f.text[0], len(f.text)-8, &f.vocab.tellers)
	default:
		r.edges(f.blocks, len(f.text))
		r.judge(f.text, &f.vocab.tellers)
	}
}

// word has the letters, the digits and all that is not ASCII.
func (b *block) word() uint64 { return b.digit | b.upper | b.lower | b.high }

// edges finds where runs begin and end, for any machine. A flag says whether
// something that ends a line or a sentence is right before a run.
func (r *runs) edges(blocks []block, size int) {
	inside, stopped, n, m := uint64(0), uint64(0), 0, 0
	for k := range blocks {
		b, base := &blocks[k], int32(k*blockSize)
		word := b.word()
		before, behind := word<<1|inside, b.stop<<1|stopped
		inside, stopped = word>>(blockSize-1), b.stop>>(blockSize-1)
		for starts := word &^ before; starts != 0; starts &= starts - 1 {
			i := bits.TrailingZeros64(starts)
			r.starts[n], r.flags[n] = base+int32(i), uint8(behind>>i&1)
			n++
		}
		for ends := before &^ word; ends != 0; ends &= ends - 1 {
			r.ends[m] = base + int32(bits.TrailingZeros64(ends))
			m++
		}
	}
	if inside != 0 {
		r.ends[m] = int32(size)
	}
	r.count = n
}

const (
	ones    = 0x0101010101010101
	letters = 0x40 * ones // letters have the second bit set and not the first
	small   = 0x20 * ones // and of these the small ones this
	digits  = 0x30 * ones // digits are all that has these and none above
)

// judge sets the flags of the runs that may mean something, for any machine.
func (r *runs) judge(text []byte, tellers *[tellersSize]uint64) {
	starts, ends, flags := r.starts[:r.count], r.ends[:r.count], r.flags[:r.count]
	for k := range starts {
		from, n := int(starts[k]), uint(ends[k]-starts[k])
		if n > 8 || from+8 > len(text) {
			flags[k] = flagSome
			continue
		}
		raw := binary.LittleEndian.Uint64(text[from:])
		whole := ^uint64(0) >> ((64 - 8*n) & 63)
		packed := raw & whole
		hash := mixed(0, (raw|small)&whole)
		next := uint64(n)<<8 | raw>>(8*n)&0xFF
		if packed&(0xF0*ones) == digits&whole {
			flags[k] = flagDigits
		} else if tellers[hash>>6%tellersSize]>>(hash&63)&1 != 0 || packed&(letters|letters<<1) != letters&whole || packed&small == 0 || next == 2<<8|'-' || next == 4<<8|'.' {
			flags[k] = flagSome
		}
	}
}
