package detect

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"
	"unicode"
)

// word is what a word of the text says about what stands near it.
type word struct {
	text      string
	topics    topics // what it announces
	some      topics // and in phrases
	phrase    []phrase
	month     uint8 // 1 to 12
	other     bool  // the month is another word too
	tld       uint8 // tldPlain or tldWord
	day       bool  // of the week
	glue      bool  // stands between parts of a date: "of", "de"
	secret    bool  // a password or key stands behind it
	keyPrefix bool  // of tokens of some service
}

// phrase is a topic that a word announces only after these words.
type phrase struct {
	before []uint16 // the last first
	topic  topic
}

// vocabulary is every word that means something to a detector, found by its
// hash while the text is cut into tokens.
type vocabulary struct {
	words    []word
	slots    []slot               // by hash
	known    []uint64             // a bit by hash, set for all words and few others: most of a text are none
	wide     [256][256][]wideWord // by the second and third byte
	begins   [256][4]uint64       // a bit for each of wide that is not empty, since most are
	plans    *plans
	entities []Entity
	shelf    shelf
}

// wideWord is one of a script that puts no spaces between words.
type wideWord struct {
	text  string
	topic topic
}

const slotCount = 1 << 14

// slot is a word's place by its hash, and the rest of the hash.
type slot struct {
	tag   uint16
	index uint16 // 0 is free
}

// vocabularyOf is the one vocabulary, which nobody writes.
var vocabularyOf = sync.OnceValue(newVocabulary)

func newVocabulary() *vocabulary {
	v := &vocabulary{words: make([]word, 1, 4096), slots: make([]slot, slotCount), known: make([]uint64, slotCount/8), plans: readPlans(), entities: catalog()}
	for i, list := range months {
		for _, m := range strings.Fields(list) {
			name, other := strings.CutPrefix(m, "!")
			w := v.entry(name)
			w.other = other && (w.month == 0 || w.other)
			w.month = uint8(i%12 + 1)
		}
	}
	for _, d := range strings.Fields(weekdays) {
		v.entry(d).day = true
	}
	for _, g := range strings.Fields(dateGlue) {
		v.entry(g).glue = true
	}
	v.entry("begin")
	for _, s := range strings.Fields(secretNames) {
		v.entry(s).secret = true
	}
	for _, form := range tokenForms {
		v.entry(strings.ToLower(form.prefix[:strings.IndexAny(form.prefix, "_-.")])).keyPrefix = true
	}
	for kind, list := range tlds {
		for _, t := range strings.Fields(list) {
			v.entry(t).tld = uint8(kind + 1)
		}
	}
	for t, list := range contexts {
		for _, phrase := range strings.Split(list, ",") {
			v.announce(strings.TrimSpace(phrase), topic(t))
		}
	}
	v.readIdentifiers()
	return v
}

// announce makes a word or phrase a context of a topic.
func (v *vocabulary) announce(text string, t topic) {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) })
	if len(words) == 0 {
		return
	}
	if classes[text[0]] == isWide {
		if len(text) > 2 {
			v.wide[text[1]][text[2]] = append(v.wide[text[1]][text[2]], wideWord{text, t})
			v.begins[text[1]][text[2]>>6] |= 1 << (text[2] & 63)
		}
		return
	}
	var before []uint16
	for i := len(words) - 2; i >= 0; i-- {
		before = append(before, v.index(words[i]))
	}
	last := v.entry(words[len(words)-1])
	last.some.add(t)
	if len(before) == 0 {
		last.topics.add(t)
	} else {
		last.phrase = append(last.phrase, phrase{before, t})
	}
}

func (v *vocabulary) at(i uint16) *word { return &v.words[i] }

func (v *vocabulary) entry(text string) *word { return &v.words[v.index(text)] }

// index finds a word, and adds it where it is new. Words are in lower case.
func (v *vocabulary) index(text string) uint16 {
	hash := hashOf([]byte(text))
	if i := v.find(hash, []byte(text)); i > 0 {
		return i
	}
	i := uint16(len(v.words))
	v.words = append(v.words, word{text: text})
	v.place(hash, i)
	if upper := strings.ToUpper(text); !isASCII(text) && hashOf([]byte(upper)) != hash {
		// Capitals of two bytes do not fold byte by byte.
		v.place(hashOf([]byte(upper)), i)
		if title := strings.ToUpper(text[:1]) + text[1:]; title[0] >= 0xC3 {
			v.place(hashOf([]byte(title)), i)
		}
	}
	return i
}

func (v *vocabulary) place(hash uint32, i uint16) {
	v.known[hash>>6%uint32(len(v.known))] |= 1 << (hash & 63)
	at := hash % slotCount
	for v.slots[at].index != 0 {
		at = (at + 1) % slotCount
	}
	v.slots[at] = slot{uint16(hash >> 16), i}
}

// find is the word of that hash and text, 0 if there is none.
func (v *vocabulary) find(hash uint32, text []byte) uint16 {
	if v.known[hash>>6%uint32(len(v.known))]>>(hash&63)&1 == 0 {
		return 0
	}
	for at := hash % slotCount; ; at = (at + 1) % slotCount {
		s := v.slots[at]
		if s.index == 0 || s.tag == uint16(hash>>16) && same(v.words[s.index].text, text) {
			return s.index
		}
	}
}

// same compares a word with text, whatever the case.
func same(w string, text []byte) bool {
	if len(w) != len(text) {
		return false
	}
	for i := range len(w) {
		if w[i] != folded[text[i]] {
			return !isASCII(w) && bytes.EqualFold([]byte(w), text)
		}
	}
	return true
}

// hashOf is the hash of a word alone.
func hashOf(word []byte) uint32 { return hashIn(word, 0, len(word)) }

// hashIn is the hash of text[from:to], the same for ASCII letters of either case.
// It need not be good, but quick for words of a few letters: what follows a word
// in the text is read with it.
func hashIn(text []byte, from, to int) uint32 {
	const odd = 0x9e3779b97f4a7c15
	n := to - from
	hash := uint64(n) * odd
	for ; to-from > 8; from += 8 {
		hash = (hash ^ lower(binary.LittleEndian.Uint64(text[from:]))) * odd
		hash ^= hash >> 32
	}
	last := uint64(0)
	switch {
	case n > 8:
		last = binary.LittleEndian.Uint64(text[to-8:])
	case from+8 <= len(text):
		last = binary.LittleEndian.Uint64(text[from:]) << (64 - 8*n) >> (64 - 8*n)
	default:
		for k := range n {
			last |= uint64(text[from+k]) << (8 * k)
		}
	}
	hash = (hash ^ lower(last)) * odd
	return uint32(hash >> 32)
}

// lower turns eight bytes' capital letters of ASCII into small ones.
func lower(x uint64) uint64 {
	const ones = 0x0101010101010101
	low := x & (0x7F * ones)
	capitals := (low + (0x80-'A')*ones) &^ (low + (0x7F-'Z')*ones) &^ x & (0x80 * ones)
	return x | capitals>>2
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
