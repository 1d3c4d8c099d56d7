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

// telling is a token that announces something, alone or as the last word of a
// phrase.
type telling struct {
	index, start, end int32
	topics            topics
}

// forget empties what was noted of another text.
func (f *Finder) forget() {
	f.topics, f.telling, f.tellingAt, f.hits = f.column, f.telling[:0], 0, f.hits[:0]
	for i := range f.before {
		f.before[i].start = -1
	}
}

// understand notes what the token that is about to be cut announces, and keeps its
// word if it says what to look for.
func (f *Finder) understand(t *token, index uint16) {
	w := f.vocab.at(index)
	if w.acts() || w.tld != 0 && f.byteAt(int(t.start)-1) == '.' {
		t.word = index
	}
	if !w.tells {
		return
	}
	said := w.topics
	if n := len(f.tokens); n > 0 && len(w.phrase) > 0 {
		last := f.wordOf(n - 1)
		for _, p := range w.phrase {
			if p.before[0] == last && f.follow(n-1, p.before[1:]) {
				said.add(p.topic)
			}
		}
	}
	if said != (topics{}) {
		f.topics.union(&said)
		f.telling = append(f.telling, telling{int32(len(f.tokens)), t.start, t.end, said})
	}
}

// wordOf is the word of the vocabulary that token i is, 0 if it is none.
func (f *Finder) wordOf(i int) uint16 {
	t := &f.tokens[i]
	if t.kind&^isDigit == 0 || t.kind == isWide {
		return 0
	}
	return f.vocab.find(hashIn(f.text, int(t.start), int(t.end)), f.text[t.start:t.end])
}

// tellingFrom is the first of f.telling that ends behind a place. What is asked
// for lies mostly where the last was.
func (f *Finder) tellingFrom(at int) int {
	k := f.tellingAt
	for k < len(f.telling) && int(f.telling[k].end) <= at {
		k++
	}
	for k > 0 && int(f.telling[k-1].end) > at {
		k--
	}
	f.tellingAt = k
	return k
}

// near looks for a word that announces the topic around text[start:end], in the
// same sentence and line. It gives the distance in bytes, -1 if there is none.
func (f *Finder) near(t topic, start, end int) int {
	if !f.topics.has(t) {
		return -1
	}
	return f.nearestWord(t, start, end)
}

// nearestWord is near for what is announced somewhere.
func (f *Finder) nearestWord(t topic, start, end int) int {
	best := f.nearBefore(t, start)
	for k := f.tellingFrom(end); k < len(f.telling); k++ {
		at := int(f.telling[k].start)
		if at-end > reachAfter || best == 0 {
			break
		}
		if at < end || !f.telling[k].topics.has(t) {
			continue
		}
		distance := at - end + 10 // what follows announces less
		if (best < 0 || distance < best) && bytes.IndexByte(f.text[end:at], ',') < 0 && !f.breaks(end, at, false) {
			best = distance
		}
		break
	}
	if len(f.hits) > 0 {
		best = f.nearWide(t, start, end, best)
	}
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
		for k := range f.telling {
			said = said || f.telling[k].topics.has(t)
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
	start, distance int32
}

// nearBefore is the distance to the word before a place.
func (f *Finder) nearBefore(t topic, start int) int {
	last := &f.before[int(t)%len(f.before)]
	if last.topic != t || int(last.start) != start {
		*last = before{t, int32(start), int32(f.wordBefore(t, start))}
	}
	return int(last.distance)
}

func (f *Finder) wordBefore(t topic, start int) int {
	for k := f.tellingFrom(start) - 1; k >= 0; k-- {
		w := &f.telling[k]
		distance := start - int(w.end)
		if distance > reachBefore {
			break
		}
		if !w.topics.has(t) {
			continue
		}
		if f.breaks(int(w.end), start, true) {
			return -1
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
		case int(h.end) <= start && start-int(h.end) <= reachWide && !f.breaks(int(h.end), start, false):
			distance = (start - int(h.end)) / 3
		case int(h.start) >= end && int(h.start)-end <= reachAfter && !f.breaks(end, int(h.start), false):
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

// findWide notes the words of scripts without spaces that begin at i.
func (f *Finder) findWide(i int) {
	for _, w := range f.vocab.wide[f.text[i+1]][f.text[i+2]] {
		if f.hasAt(i, w.text) {
			f.topics.add(w.topic)
			f.hits = append(f.hits, hit{int32(i), int32(i + len(w.text)), w.topic})
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

// follow reports whether token i follows these words, of which the last is first.
func (f *Finder) follow(i int, words []uint16) bool {
	if i < len(words) {
		return false
	}
	for j, w := range words {
		if f.wordOf(i-1-j) != w {
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

// breaks reports whether a sentence, clause of a list, or line ends in
// text[from:to]. A line that ends in a colon goes on; near is whether the colon must
// stand behind the last token of the line.
func (f *Finder) breaks(from, to int, near bool) bool {
	for i := f.nextStop(from, to); i >= 0; i = f.nextStop(i+1, to) {
		switch f.text[i] {
		case '\n':
			since := from
			if near {
				since = max(from, int(f.tokens[f.tokenBefore(i)].end))
			}
			if bytes.IndexByte(f.text[since:i], ':') < 0 {
				return true
			}
		case '.':
			if i+1 < to && f.text[i+1] == ' ' && i+2 < len(f.text) && classes[f.text[i+2]]&isUpper != 0 && i-3 >= 0 && !f.abbreviated(i) {
				return true
			}
		default:
			return true
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
