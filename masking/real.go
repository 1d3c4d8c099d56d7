package masking

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"lethe/stream/scan"
)

// reals are the values of a record and the words in them, as far as an invented
// value must not be one of them. They are hashes: two that are equal by chance cost
// a draw, and nothing else. How a value is written does not count: case, accents
// written apart, separators, a Thai title, the country code of a telephone number.
type reals struct {
	read bool
	set  map[uint64]struct{}

	text, words []byte
}

const (
	// manyReals is how many hashes are more than rows have: a set of more is made
	// anew, since emptying it costs as much as filling it did.
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
	if r.set == nil || len(r.set) > manyReals {
		r.set = map[uint64]struct{}{}
	}
	clear(r.set)
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
		case c == '-' || c-'0' <= 9:
			if end, _ = scan.Number(src, i); end < 0 {
				return
			}
			r.add(src[i:end])
		}
		i = end
	}
}

// add adds a value and what its words say: each, and each few that follow each
// other.
func (r *reals) add(text []byte) {
	r.fold(text)
	if len(r.words) == 0 {
		return
	}
	r.set[hashOf(r.words)] = struct{}{}
	if line, ok := r.line(); ok {
		r.set[line] = struct{}{}
	}
	var starts [fewWords]int
	for n, start := 0, 0; start < len(r.words); n++ {
		end := bytes.IndexByte(r.words[start:], ' ') + start
		if end < start {
			end = len(r.words)
		}
		starts[n%fewWords] = start
		for _, from := range starts[:min(n+1, fewWords)] {
			r.set[hashOf(r.words[from:end])] = struct{}{}
		}
		if bare := untitled(r.words[start:end]); len(bare) > 0 {
			r.set[hashOf(bare)] = struct{}{}
		}
		start = end + 1
	}
}

// have reports whether an invented value, or a part of one, is of the record.
func (r *reals) have(text []byte) bool {
	r.fold(text)
	_, have := r.set[hashOf(r.words)]
	if line, ok := r.line(); ok && !have {
		_, have = r.set[line]
	}
	return have
}

// fold leaves the words of a text in r.words, with a space between: letters in
// lower case, all digits those of ASCII, what cannot be seen left out.
func (r *reals) fold(text []byte) {
	r.words = appendLower(r.words[:0], text)
	if ascii(r.words) {
		n := 0
		for _, c := range r.words {
			if c-'a' <= 'z'-'a' || c-'0' <= 9 {
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
	// What a character becomes is never longer than it is.
	n := 0
	for i := 0; i < len(r.words); {
		c, size := utf8.DecodeRune(r.words[i:])
		i += size
		switch {
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
		if c := r.words[i]; c-'0' <= 9 {
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

// hashOf is FNV-1a, the same on every machine (L6).
func hashOf(text []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range text {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}
