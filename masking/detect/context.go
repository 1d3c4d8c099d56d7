package detect

import (
	"bytes"
	"slices"
)

// topic is something that words announce.
type topic uint8

// topics is a set of them.
type topics [4]uint64

func (s *topics) add(t topic) { s[t>>6] |= 1 << (t & 63) }
func (s *topics) union(o *topics) {
	for i := range s {
		s[i] |= o[i]
	}
}
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
	aboutBirth
	aboutPerson
	aboutIdentity // some country's number of a person or of a taxpayer: which, the
	aboutTax      // country's name tells
	firstIdentifier
)

// How far a word announces: so many bytes before a candidate, and after it.
const (
	reachBefore = 60
	reachAfter  = 20
	reachWide   = 150 // letters of these scripts take three bytes
	// columnDistance is how far a column's name counts to stand before a value: a
	// word of the text says more.
	columnDistance = 30
)

// told is near, and -1 where a word that announces some other number is nearer.
func (f *Finder) told(t topic, start, end int) int {
	distance := f.near(t, start, end)
	if distance >= 0 {
		if other := f.near(aboutOrder, start, end); other >= 0 && other < distance {
			return -1
		}
	}
	return distance
}

// near looks for a word that announces the topic around text[start:end], in the
// same sentence and line. It gives the distance in bytes, -1 if there is none.
func (f *Finder) near(t topic, start, end int) int {
	if !f.topics.has(t) {
		return -1
	}
	best := f.nearBefore(t, start)
	for _, i := range f.telling {
		at := int(f.tokens[i].start)
		if at-end > reachAfter || best == 0 {
			break
		}
		if at < end || !f.announces(int(i), t) {
			continue
		}
		distance := at - end + 10 // what follows announces less
		if (best < 0 || distance < best) && bytes.IndexByte(f.text[end:at], ',') < 0 && !f.breaks(end, at) {
			best = distance
		}
		break
	}
	best = f.nearWide(t, start, end, best)
	if f.column.has(t) && (best < 0 || best > columnDistance) {
		return columnDistance
	}
	return best
}

// announcedBy are the topics that a column's name announces. A name such as
// order_no announces nothing: it would only make findings less likely, and what
// looks like personal data is masked in any column (L1).
func (f *Finder) announcedBy(name string) (all topics) {
	if name == "" {
		return all
	}
	f.read(appendWords(nil, name))
	f.scan()
	for n := range len(topics{}) * 64 {
		t := topic(n)
		if t == aboutOrder || t == aboutVersion || !f.topics.has(t) {
			continue
		}
		said := slices.ContainsFunc(f.hits, func(h hit) bool { return h.topic == t })
		for _, i := range f.telling {
			said = said || f.announces(int(i), t)
		}
		if said {
			all.add(t)
		}
	}
	return all
}

// before is what nearBefore found last of a topic: a number is judged with each
// of its groups.
type before struct {
	topic           topic
	start, distance int
}

// nearBefore is the distance to the word before a place.
func (f *Finder) nearBefore(t topic, start int) int {
	last := &f.before[int(t)%len(f.before)]
	if last.topic != t || last.start != start {
		*last = before{t, start, f.wordBefore(t, start)}
	}
	return last.distance
}

func (f *Finder) wordBefore(t topic, start int) int {
	for k := len(f.telling) - 1; k >= 0; k-- {
		i := int(f.telling[k])
		distance := start - int(f.tokens[i].end)
		if distance > reachBefore {
			break
		}
		if distance < 0 || !f.announces(i, t) {
			continue
		}
		for ; i < len(f.tokens) && int(f.tokens[i].end) <= start; i++ {
			if f.breaks(int(f.tokens[i].end), f.next(i, start)) {
				return -1
			}
		}
		return distance
	}
	return -1
}

// nearWide does the same for words of scripts without spaces; best is what was
// found so far.
func (f *Finder) nearWide(t topic, start, end, best int) int {
	for i := range f.hits {
		h := &f.hits[i]
		if h.topic != t {
			continue
		}
		distance := -1
		switch {
		case int(h.end) <= start && start-int(h.end) <= reachWide && !f.breaks(int(h.end), start):
			distance = (start - int(h.end)) / 3
		case int(h.start) >= end && int(h.start)-end <= reachAfter && !f.breaks(end, int(h.start)):
			distance = int(h.start) - end + 10
		}
		if distance >= 0 && (best < 0 || distance < best) {
			best = distance
		}
	}
	return best
}

// hit is a word of a script without spaces.
type hit struct {
	start, end int32
	topic      topic
}

// findWide notes the words of scripts without spaces between text[from:to].
func (f *Finder) findWide(from, to int) {
	for i := from; i+2 < to; i = nextRune(f.text, i) {
		b, c := f.text[i+1], f.text[i+2]
		if f.vocab.begins[b][c>>6]>>(c&63)&1 == 0 {
			continue
		}
		for _, w := range f.vocab.wide[b][c] {
			if f.hasAt(i, w.text) {
				f.topics.add(w.topic)
				f.hits = append(f.hits, hit{int32(i), int32(i + len(w.text)), w.topic})
			}
		}
	}
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
