package detect

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"
	"unicode"
)

// word is what a word of the text says about what stands near it.
//
// Most words of a text are none of these, or only the ending of a host, which
// counts behind a full stop: only what tells or acts is looked up in any place.
type word struct {
	text      string
	packed    uint64 // text of at most eight bytes
	topics    topics // what it announces
	phrase    []phrase
	tells     bool  // it announces something, alone or in phrases
	month     uint8 // 1 to 12
	other     bool  // the month is another word too
	tld       uint8 // tldPlain or tldWord
	day       bool  // of the week
	glue      bool  // stands between parts of a date: "of", "de"
	secret    bool  // a password or key stands behind it
	keyPrefix bool  // of tokens of some service
	begin     bool  // of a block in PEM
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
	tellers  [tellersSize]uint64  // a bit by hash, set for words that tell or act and few others
	wide     [256][256][]wideWord // by the second and third byte
	begins   [beginsSize]uint64   // a bit by the two characters that a word of wide begins with, since most begin none
	plans    *plans
	entities []Entity
	shelves  shelves
}

// wideWord is one of a script that puts no spaces between words.
type wideWord struct {
	text  string
	topic topic
}

const (
	slotCount   = 1 << 14
	tellersSize = 1 << 11
	beginsSize  = 1 << 7
)

// slot is a word's place by its hash.
type slot struct {
	hash  uint32
	index uint16 // 0 is free
}

// vocabularyOf is the one vocabulary, which nobody writes.
var vocabularyOf = sync.OnceValue(newVocabulary)

func newVocabulary() *vocabulary {
	v := &vocabulary{words: make([]word, 1, 4096), slots: make([]slot, slotCount), plans: readPlans(), entities: catalog()}
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
	v.entry("begin").begin = true
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
	for _, s := range v.slots {
		if w := v.at(s.index); w.tells || w.acts() {
			v.tellers[s.hash>>6%tellersSize] |= 1 << (s.hash & 63)
		}
	}
	return v
}

// begin notes with which two characters a word of wide begins.
func (v *vocabulary) begin(text []byte) {
	if len(text) < wideStart {
		for i := range v.begins {
			v.begins[i] = ^uint64(0) // anything may follow it
		}
		return
	}
	hash := mixed(0, pack(text, 0, wideStart))
	v.begins[hash>>6%beginsSize] |= 1 << (hash & 63)
}

// mayBegin reports whether a word of wide may begin at i.
func (v *vocabulary) mayBegin(text []byte, i int) bool {
	if i+wideStart > len(text) {
		return true
	}
	hash := mixed(0, pack(text, i, i+wideStart))
	return v.begins[hash>>6%beginsSize]>>(hash&63)&1 != 0
}

// wideStart is how many bytes the first two characters of a word of wide have.
const wideStart = 6

// acts reports whether something is looked for where the word stands, other than
// a host that it ends.
func (w *word) acts() bool { return w.month != 0 || w.keyPrefix || w.secret || w.begin }

// announce makes a word or phrase a context of a topic.
func (v *vocabulary) announce(text string, t topic) {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) })
	if len(words) == 0 {
		return
	}
	if classes[text[0]] == isWide {
		if len(text) > 2 {
			v.wide[text[1]][text[2]] = append(v.wide[text[1]][text[2]], wideWord{text, t})
			v.begin([]byte(text))
		}
		return
	}
	var before []uint16
	for i := len(words) - 2; i >= 0; i-- {
		before = append(before, v.index(words[i]))
	}
	last := v.entry(words[len(words)-1])
	last.tells = true
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
	if len(text) <= 8 {
		v.words[i].packed = pack([]byte(text), 0, len(text))
	}
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
	at := hash % slotCount
	for v.slots[at].index != 0 {
		at = (at + 1) % slotCount
	}
	v.slots[at] = slot{hash, i}
}

// mayTell reports whether a word of this hash may tell or act.
func (v *vocabulary) mayTell(hash uint32) bool {
	return v.tellers[hash>>6%tellersSize]>>(hash&63)&1 != 0
}

// find is the word of that hash and text, 0 if there is none.
func (v *vocabulary) find(hash uint32, text []byte) uint16 {
	for at := hash % slotCount; ; at = (at + 1) % slotCount {
		s := v.slots[at]
		if s.index == 0 || s.hash == hash && same(v.words[s.index].text, text) {
			return s.index
		}
	}
}

// findShort is find for a word of ASCII with at most eight bytes, packed in lower
// case.
func (v *vocabulary) findShort(hash uint32, packed uint64) uint16 {
	for at := hash % slotCount; ; at = (at + 1) % slotCount {
		s := v.slots[at]
		if s.index == 0 || s.hash == hash && v.words[s.index].packed == packed {
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

// odd is what hashes are multiplied by.
const odd = 0x9e3779b97f4a7c15

// hashOf is the hash of a word alone.
func hashOf(word []byte) uint32 { return hashIn(word, 0, len(word)) }

// hashIn is the hash of text[from:to], the same for ASCII letters of either case.
// It need not be good, but quick for words of a few letters: what follows a word
// in the text is read with it.
func hashIn(text []byte, from, to int) uint32 {
	n := to - from
	if n <= 8 {
		return mixed(0, lower(pack(text, from, to)))
	}
	hash := uint64(n) * odd
	for ; to-from > 8; from += 8 {
		hash = (hash ^ lower(binary.LittleEndian.Uint64(text[from:]))) * odd
		hash ^= hash >> 32
	}
	return mixed(hash, lower(binary.LittleEndian.Uint64(text[to-8:])))
}

// mixed is the end of a hash.
func mixed(hash, last uint64) uint32 { return uint32((hash ^ last) * odd >> 32) }

// pack is text[from:to], at most eight bytes and at least one, as one number.
func pack(text []byte, from, to int) (packed uint64) {
	n := to - from
	if from+8 <= len(text) {
		return binary.LittleEndian.Uint64(text[from:]) << ((64 - 8*n) & 63) >> ((64 - 8*n) & 63)
	}
	for k := range n {
		packed |= uint64(text[from+k]) << (8 * k)
	}
	return packed
}

// lower turns eight bytes' capital letters of ASCII into small ones.
func lower(x uint64) uint64 {
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
