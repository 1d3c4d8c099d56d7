package detect

import (
	"math/bits"
	"unicode/utf8"
)

// read sets f.text to text in plain form: digits of Thai and full width as ASCII,
// full-width signs and letters too, every space and dash as one of ASCII, and
// without characters that have no width. It reports whether that is text as it
// came, as it mostly is.
func (f *Finder) read(text []byte) (same bool) {
	f.classify(text)
	if !f.unusualIn(text) {
		f.text = text
		return true
	}
	f.plain, f.origin = f.plain[:0], f.origin[:0]
	for i := 0; i < len(text); {
		if !unusual(text, i) {
			f.plain = append(f.plain, text[i])
			f.origin = append(f.origin, int32(i))
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if b, known := plainForm(r); !known {
			for j := range n {
				f.plain = append(f.plain, text[i+j])
				f.origin = append(f.origin, int32(i+j))
			}
		} else if b != 0 {
			f.plain = append(f.plain, b)
			f.origin = append(f.origin, int32(i))
		}
		i += n
	}
	f.text = f.plain
	f.classify(f.text)
	return false
}

// unusualIn reports whether text, which f.blocks tell of, has a character that may
// have a plain form.
func (f *Finder) unusualIn(text []byte) bool {
	for k := range f.blocks {
		for odd := f.blocks[k].odd; odd != 0; odd &= odd - 1 {
			i := k*blockSize + bits.TrailingZeros64(odd)
			if text[i] == 0xB9 { // of a character of three bytes
				i--
			}
			if i >= 0 && unusual(text, i) {
				return true
			}
		}
	}
	return false
}

// unusual reports whether a character that may have a plain form begins at i.
// It is quick, and may say so of others.
func unusual(text []byte, i int) bool {
	b := text[i]
	if b < 0xC2 || i+1 >= len(text) {
		return false
	}
	next := text[i+1]
	switch b {
	case 0xC2: // no-break space, soft hyphen
		return next == 0xA0 || next == 0xAD
	case 0xE0: // Thai digits
		return next == 0xB9 && i+2 < len(text) && text[i+2]-0x90 <= 9
	case 0xE2: // spaces, dashes, joiners, minus
		return next == 0x80 && i+2 < len(text) && text[i+2] <= 0xAF && text[i+2] != 0xA6 && !(text[i+2] >= 0x98 && text[i+2] <= 0x9F) || next == 0x81 || next == 0x88
	case 0xE3: // ideographic space
		return next == 0x80 && i+2 < len(text) && text[i+2] == 0x80
	case 0xEF: // full width, byte order mark
		return next >= 0xBB && next <= 0xBD
	}
	return false
}

// plainForm is the byte that a character stands for, 0 for none.
func plainForm(r rune) (b byte, known bool) {
	switch {
	case r >= '๐' && r <= '๙':
		return byte('0' + r - '๐'), true
	case r >= 0xFF01 && r <= 0xFF5E:
		return byte(r - 0xFF01 + '!'), true
	case r == 0xA0, r >= 0x2000 && r <= 0x200A, r == 0x202F, r == 0x205F, r == 0x3000:
		return ' ', true
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0xFE63:
		return '-', true
	case r == 0xAD, r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x2064, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
		return 0, true
	}
	return 0, false
}

// afterMark is where a name that ends at to ends with the byte order mark behind it,
// which Thai text from the web has there: what nobody sees goes with the name.
func afterMark(text []byte, to int) int {
	const mark = "\uFEFF"
	if len(text)-to >= len(mark) && string(text[to:to+len(mark)]) == mark {
		return to + len(mark)
	}
	return to
}

// original is the span of text that f.text[from:to] came from.
func (f *Finder) original(text []byte, from, to int) (int, int) {
	start, last := int(f.origin[from]), int(f.origin[to-1])
	if text[last] < utf8.RuneSelf || text[last]&0xC0 == 0x80 {
		return start, last + 1
	}
	return start, nextRune(text, last)
}
