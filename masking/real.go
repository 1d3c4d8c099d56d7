package masking

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lethe/masking/internal/digit"
	"lethe/stream/scan"
)

// reals are the values of a record and the words in them, as far as an invented
// value must not be one of them. They are marked in a set of bits by their hashes:
// two that share a bit cost a draw, and nothing else, and a record of a million words
// takes no more room than any. How a value is written does not count: case, accents
// written apart, separators, a Thai title, the country code of a telephone number.
type reals struct {
	read   bool
	bits   []uint64
	marked []uint16 // the words of bits that are not 0, while they are few

	text, words []byte
}

const (
	// realBits are a million: of a record of a thousand words one draw in 250 is lost.
	realBits = 1 << 20
	// manyReals is how many marks are emptied one by one.
	manyReals = 1 << 12
	// lineDigits are the last digits of a telephone number, which are the same
	// whatever goes before them.
	lineDigits = 7
	// fewWords is how many words a name, a town or a street has at most.
	fewWords = 4
)

// load reads the values of a record, once.
func (r *reals) load(src []byte) {
	if r.read {
		return
	}
	r.read = true
	r.empty()
	for i := 0; i < len(src); {
		end := i + 1
		switch c := src[i]; {
		case c == '"':
			var escaped bool
			if end, escaped = scan.String(src, i); end < 0 {
				return // malformed: who walks the record refuses it
			}
			if at := scan.Space(src, end); at < len(src) && src[at] == ':' {
				break // a name
			}
			text := src[i+1 : end-1]
			if escaped {
				r.text = scan.AppendText(r.text[:0], text)
				text = r.text
			}
			r.add(text)
		case c == '-' || digit.Is(c):
			if end, _ = scan.Number(src, i); end < 0 {
				return
			}
			r.add(src[i:end])
		}
		i = end
	}
}

// empty takes all marks away.
func (r *reals) empty() {
	switch {
	case r.bits == nil:
		r.bits, r.marked = make([]uint64, realBits/64), make([]uint16, 0, manyReals)
	case len(r.marked) == cap(r.marked):
		clear(r.bits)
	default:
		for _, i := range r.marked {
			r.bits[i] = 0
		}
	}
	r.marked = r.marked[:0]
}

// mark marks a hash.
func (r *reals) mark(h uint64) {
	i := h % realBits
	if r.bits[i/64] == 0 && len(r.marked) < cap(r.marked) {
		r.marked = append(r.marked, uint16(i/64))
	}
	r.bits[i/64] |= 1 << (i % 64)
}

func (r *reals) has(h uint64) bool {
	i := h % realBits
	return r.bits[i/64]>>(i%64)&1 != 0
}

// add adds a value and what its words say: each, and each few that follow each
// other.
func (r *reals) add(text []byte) {
	r.fold(text)
	if len(r.words) == 0 {
		return
	}
	r.mark(hashOf(r.words))
	if line, ok := r.line(); ok {
		r.mark(line)
	}
	var starts [fewWords]int
	for n, start := 0, 0; start < len(r.words); n++ {
		end := bytes.IndexByte(r.words[start:], ' ') + start
		if end < start {
			end = len(r.words)
		}
		starts[n%fewWords] = start
		for _, from := range starts[:min(n+1, fewWords)] {
			r.mark(hashOf(r.words[from:end]))
		}
		if bare := untitled(r.words[start:end]); len(bare) > 0 {
			r.mark(hashOf(bare))
		}
		start = end + 1
	}
}

// have reports whether an invented value, or a part of one, is of the record.
func (r *reals) have(text []byte) bool {
	r.fold(text)
	line, ok := r.line()
	return r.has(hashOf(r.words)) || ok && r.has(line)
}

// fold leaves the words of a text in r.words, with a space between: letters in
// lower case, all digits those of ASCII, what cannot be seen left out.
func (r *reals) fold(text []byte) {
	r.words = appendLower(r.words[:0], text)
	if ascii(r.words) {
		n := 0
		for _, c := range r.words {
			if c-'a' <= 'z'-'a' || digit.Is(c) {
				r.words[n] = c
				n++
			} else if n > 0 && r.words[n-1] != ' ' {
				r.words[n] = ' '
				n++
			}
		}
		r.words = bytes.TrimRight(r.words[:n], " ")
		return
	}
	// Letters of other widths and styles are those letters (NFKC). What a character
	// becomes then is never longer than it is.
	if !norm.NFKC.IsNormal(r.words) {
		r.words = norm.NFKC.Bytes(r.words)
	}
	n := 0
	for i := 0; i < len(r.words); {
		c, size := utf8.DecodeRune(r.words[i:])
		i += size
		switch {
		case unicode.Is(unicode.Variation_Selector, c):
		case unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c):
			n += utf8.EncodeRune(r.words[n:n+size], plain(c))
		case unicode.Is(unicode.Cf, c):
		case n > 0 && r.words[n-1] != ' ':
			r.words[n] = ' '
			n++
		}
	}
	r.words = bytes.TrimRight(r.words[:n], " ")
}

// line is the hash of the last digits in r.words; false if there are too few for a
// telephone number.
func (r *reals) line() (uint64, bool) {
	var digits [1 + lineDigits]byte // begins with 0, so that it is no text's hash
	n := lineDigits
	for i := len(r.words) - 1; i >= 0 && n > 0; i-- {
		if c := r.words[i]; digit.Is(c) {
			digits[n] = c
			n--
		}
	}
	return hashOf(digits[:]), n == 0
}

// untitled is a Thai name without the title that is written together with it; nil
// if there is none.
func untitled(word []byte) []byte {
	for _, title := range [...]string{"นางสาว", "นาง", "นาย", "คุณ"} {
		if len(word) > len(title) && string(word[:len(title)]) == title {
			return word[len(title):]
		}
	}
	return nil
}

// hashOf is FNV-1a, its halves put together, the same on every machine (L6).
func hashOf(text []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range text {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h ^ h>>32
}
