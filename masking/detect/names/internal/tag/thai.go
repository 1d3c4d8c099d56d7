package tag

import "unicode/utf8"

// longest is the most clusters of a Thai word.
const longest = 14

// segmenter cuts a run of Thai into words: the fewest words of the dictionary
// and the fewest clusters outside it.
type segmenter struct {
	ends []int   // where cluster i ends
	cost []int32 // of the best cut up to cluster i
	from []int16 // where the last word of that cut starts
}

// cluster returns the length of the letters that are written as one: a vowel
// before its consonant, the consonant, and the signs on and after it.
func cluster(text []byte) int {
	r, i := utf8.DecodeRune(text)
	if 0x0E40 <= r && r <= 0x0E44 && i < len(text) {
		_, n := utf8.DecodeRune(text[i:])
		i += n
	}
	for i < len(text) {
		r, n := utf8.DecodeRune(text[i:])
		if r != 0x0E30 && r != 0x0E31 && r != 0x0E32 && r != 0x0E33 && r != 0x0E45 &&
			(r < 0x0E34 || r > 0x0E3A) && (r < 0x0E47 || r > 0x0E4E) {
			break
		}
		i += n
	}
	return i
}

// thai reads the words of a run of Thai letters.
func (t *Tagger) thai(text []byte, from, to int, g gap) {
	s := &t.seg
	s.ends = s.ends[:0]
	for i := from; i < to; {
		i += cluster(text[i:to])
		s.ends = append(s.ends, i)
	}
	n := len(s.ends)
	if cap(s.cost) < n+1 {
		s.cost, s.from = make([]int32, 2*n+64), make([]int16, 2*n+64)
	}
	s.cost, s.from = s.cost[:n+1], s.from[:n+1]
	for i := range s.cost {
		s.cost[i] = 1 << 30
	}
	s.cost[0] = 0
	for i := range n {
		begin := from
		if i > 0 {
			begin = s.ends[i-1]
		}
		if c := s.cost[i] + 15; c < s.cost[i+1] {
			s.cost[i+1], s.from[i+1] = c, int16(i)
		}
		h, at := uint32(seed), begin
		for k := i + 1; k <= n && k <= i+longest; k++ {
			for at < s.ends[k-1] {
				r, w := utf8.DecodeRune(text[at:])
				h = step(h, r)
				at += w
			}
			if c := s.cost[i] + 10; c <= s.cost[k] && t.m.Lexicon.Of(done(h)) != 0 {
				s.cost[k], s.from[k] = c, int16(i)
			}
		}
	}
	first := len(t.Tokens)
	for k := n; k > 0; k = int(s.from[k]) {
		begin := from
		if s.from[k] > 0 {
			begin = s.ends[s.from[k]-1]
		}
		t.Tokens = append(t.Tokens, t.thaiWord(text, begin, s.ends[k-1], k-int(s.from[k])))
	}
	for i, j := first, len(t.Tokens)-1; i < j; i, j = i+1, j-1 {
		t.Tokens[i], t.Tokens[j] = t.Tokens[j], t.Tokens[i]
	}
	t.Tokens[first].gap = g
}

func (t *Tagger) thaiWord(text []byte, begin, end, clusters int) Token {
	tok := Token{Start: begin, End: end, kind: thai, shape: shapeOther, size: uint8(min(clusters, 15))}
	h, count := uint32(seed), 0
	var tail [4]rune
	for i := begin; i < end; {
		r, n := utf8.DecodeRune(text[i:])
		h = step(h, r)
		if count < 3 {
			tok.pre[count] = h
		}
		tail[count&3] = r
		count++
		i += n
	}
	for k := count; k < 3; k++ {
		tok.pre[k] = h
	}
	suf := uint32(seed)
	for k := 0; k < 4 && k < count; k++ {
		suf = step(suf, tail[(count-1-k)&3])
		if k > 0 {
			tok.suf[k-1] = suf
		}
	}
	tok.own = done(h)
	tok.low = tok.own
	tok.class = t.m.Lexicon.Of(tok.low)
	return tok
}
