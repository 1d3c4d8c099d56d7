package detect

import "bytes"

// topic is something that words announce.
type topic uint8

// topics is a set of them.
type topics [4]uint64

func (s *topics) add(t topic)      { s[t>>6] |= 1 << (t & 63) }
func (s *topics) has(t topic) bool { return s[t>>6]>>(t&63)&1 != 0 }

const (
	aboutPhone topic = iota
	aboutOrder       // a number that is no person's: an order, a price, a version
	aboutVersion
	aboutIP
	aboutCard
	aboutAccount
	aboutPassport
	aboutLicence
	aboutPlate
	aboutSecret
	aboutWallet
	aboutDate
	firstIdentifier
)

// How far a word announces: so many bytes before a candidate, and after it.
const (
	reachBefore = 60
	reachAfter  = 20
	reachWide   = 150 // letters of these scripts take three bytes
)

// near looks for a word that announces the topic around text[start:end], in the
// same sentence and line. It gives the distance in bytes, -1 if there is none.
func (f *Finder) near(t topic, start, end int) int {
	best := -1
	from := f.tokenBefore(start)
	for i := from; i >= 0; i-- {
		tok := &f.tokens[i]
		distance := start - int(tok.end)
		wide := tok.kind == isWide
		if distance > reachBefore && !(wide && distance < reachWide) || f.breaks(int(tok.end), f.next(i, start)) {
			break
		}
		if wide {
			if d := f.nearWide(t, int(tok.start), int(tok.end), start); d >= 0 && (best < 0 || d < best) {
				best = d
			}
		} else if tok.word != 0 && f.announces(i, t) {
			best = distance
		}
		if best >= 0 {
			break
		}
	}
	for i := f.tokenFrom(end); i < len(f.tokens); i++ {
		tok := &f.tokens[i]
		distance := int(tok.start) - end
		if distance > reachAfter || f.breaks(end, int(tok.start)) {
			break
		}
		if tok.kind == isWide {
			window := f.text[tok.start:min(int(tok.end), int(tok.start)+reachWide/2)]
			if f.hasWide(t, window) && (best < 0 || distance < best) {
				return distance + 10
			}
		} else if tok.word != 0 && f.announces(i, t) {
			if best < 0 || distance+10 < best { // what follows announces less
				return distance + 10
			}
			break
		}
	}
	return best
}

// next is where the token after i begins, or limit.
func (f *Finder) next(i, limit int) int {
	if i+1 < len(f.tokens) && int(f.tokens[i+1].start) < limit {
		return int(f.tokens[i+1].start)
	}
	return limit
}

// announces reports whether token i, with those before it, is a word or phrase
// of the topic.
func (f *Finder) announces(i int, t topic) bool {
	w := f.vocab.at(f.tokens[i].word)
	if w.topics.has(t) {
		return true
	}
	for _, p := range w.phrase {
		if p.topic == t && f.follows(i, p.before) {
			return true
		}
	}
	return false
}

func (f *Finder) follows(i int, before []uint16) bool {
	if i < len(before) {
		return false
	}
	for j, w := range before {
		if f.tokens[i-1-j].word != w {
			return false
		}
	}
	return true
}

// nearWide is the distance from the last word of the topic inside a wide token.
func (f *Finder) nearWide(t topic, start, end, at int) int {
	start = max(start, at-reachWide)
	best := -1
	for _, w := range f.vocab.wide {
		if w.topic != t {
			continue
		}
		if i := bytes.LastIndex(f.text[start:end], w.text); i >= 0 {
			if d := (at - start - i - len(w.text)) / 3; best < 0 || d < best {
				best = d
			}
		}
	}
	return best
}

func (f *Finder) hasWide(t topic, text []byte) bool {
	for _, w := range f.vocab.wide {
		if w.topic == t && bytes.Contains(text, w.text) {
			return true
		}
	}
	return false
}

// tokenBefore is the last token that ends at or before a place.
func (f *Finder) tokenBefore(at int) int {
	lo, hi := 0, len(f.tokens)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if int(f.tokens[mid].end) <= at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// tokenFrom is the first token that begins at or after a place.
func (f *Finder) tokenFrom(at int) int {
	lo, hi := 0, len(f.tokens)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if int(f.tokens[mid].start) < at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// breaks reports whether a sentence, clause of a list, or line ends between two
// tokens. A line that ends in a colon goes on.
func (f *Finder) breaks(from, to int) bool {
	colon := false
	for i := from; i < to; i++ {
		switch f.text[i] {
		case ':':
			colon = true
		case '\n':
			if !colon {
				return true
			}
		case ';', '|', '!', '?':
			return true
		case '.':
			if i+1 < to && f.text[i+1] == ' ' && i+2 < len(f.text) && classes[f.text[i+2]]&isUpper != 0 && i-3 >= 0 && !f.abbreviated(i) {
				return true
			}
		}
	}
	return false
}

// abbreviated reports whether the full stop at i ends a short word, as in "No."
// and "Tel.".
func (f *Finder) abbreviated(i int) bool {
	n := 0
	for i > 0 && classes[f.text[i-1]]&isAlpha != 0 {
		n++
		i--
	}
	return n > 0 && n <= 4
}
