// Package detect finds personal data in text. One pass over the bytes cuts
// candidates (groups of digits, words with an @, tokens of letters and digits,
// "://", hexadecimal with colons), and each is offered to the validators whose
// shape it has; there is no regular expression.
//
// A text comes without escapes: who reads JSON unescapes first. Full-width and
// Thai digits, zero-width characters, no-break spaces and unusual dashes inside
// numbers are read as what they stand for; spans are of the text as it came.
//
// Where candidates overlap, one rule decides: one whose check holds (a check
// digit, a checksum, a complete grammar) beats one that only looks like it, and
// that beats a name, which is cut to what is left of it; then the higher score;
// then the longer; then the one that begins first. What loses, or fails its
// check, takes nothing with it: what it overlaps is judged by itself.
//
// It reduces clear values and cannot exclude them: a name that no rule knows is
// not found. It does not know policies, and remembers nothing between texts.
//
// Promises it upholds:
//
//	L1 closed       a column's name makes findings likelier, never less likely
//	L6 same again   finders of one [Version] find the same on every machine
//	L7 unprintable  what it says of a finding is never text of the value
package detect

import (
	"errors"
	"math/bits"
	"strings"

	"lethe/masking/detect/names"
	"lethe/stream"
)

// Finding is a span of a text that holds personal data.
type Finding struct {
	Start, End int     // bytes in the text, half open
	Entity     string  // as Presidio names it
	Score      float32 // 0..1
	// Why names the rule and the evidence. It is a constant, never text of the
	// value (L7).
	Why string
}

// Options say what a Finder looks for.
type Options struct {
	Entities []string // names from [Entities]; none means all
	// Names asks for persons, places and organisations too where Entities is
	// empty. Naming one of them does the same.
	Names bool
	// Column is the name of the column that the texts come from, if they come from
	// one. What its words announce, they announce of every value: digits in a column
	// phone are more likely a telephone number.
	Column string
}

// Finder finds personal data. It is for one goroutine; [Finder.Clone] makes
// another.
type Finder struct {
	on    [most]bool
	vocab *vocabulary   // shared, never written
	names *names.Finder // nil where no names are looked for

	text   []byte  // the piece at hand in plain form
	plain  []byte  // holds it where it differs from what came
	origin []int32 // for each byte of plain, where it came from
	blocks []block // what the bytes of text are
	runs   runs
	tokens []token
	work   []int32 // those of tokens that may begin or be a finding
	// telling are those of tokens that announce something, alone or in a phrase.
	telling   []telling
	tellingAt int
	topics    topics    // that words of the text or the column announce
	documents bool      // whether they announce documents
	announced [2]uint64 // the lengths of the identifiers that they announce, by class
	column    topics    // that words of the column's name announce
	before    [8]before
	hits      []hit
	spans     []names.Span
	// How far a password and a PEM block were read: what begins before is part of one.
	secretTo, blockTo int
	found             []found
	kept              []found
	number            number
	compact           compact
}

// New returns a Finder for what o names. A name that is no entity is a
// *stream.Fault.
func New(o Options) (*Finder, error) {
	f := &Finder{vocab: vocabularyOf()}
	for i := range f.vocab.entities {
		isName := entity(i) == person || entity(i) == location || entity(i) == organization
		f.on[i] = len(o.Entities) == 0 && (!isName || o.Names)
	}
	var faults []error
	for _, name := range o.Entities {
		e, ok := entityIn(f.vocab.entities, name)
		if !ok {
			faults = append(faults, &stream.Fault{Code: "detect.unknown_entity", Path: name,
				Msg: "no detector finds this", Hint: nearest(f.vocab.entities, name)})
		}
		f.on[e] = f.on[e] || ok
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if f.on[person] || f.on[location] || f.on[organization] {
		f.names = names.New()
	}
	f.column = f.announcedBy(o.Column)
	return f, nil
}

// Clone returns a Finder of the same options for another goroutine.
func (f *Finder) Clone() *Finder {
	c := &Finder{on: f.on, vocab: f.vocab, column: f.column}
	if f.names != nil {
		c.names = f.names.Clone()
	}
	return c
}

// pieceSize bounds what is looked at in one go, and so the memory of a Finder.
const pieceSize = 32 << 10

// Find appends what it finds in text to dst, ordered by start; findings do not
// overlap. It allocates nothing once its buffers have grown.
func (f *Finder) Find(dst []Finding, text []byte) []Finding {
	for at := 0; at < len(text); {
		end := pieceEnd(text, at)
		dst, at = f.piece(dst, text, at, end)
	}
	return dst
}

// pieceEnd ends a long text's next piece where a line ends, else where a word
// does, else anywhere between characters.
func pieceEnd(text []byte, at int) int {
	if len(text)-at <= pieceSize {
		return len(text)
	}
	end := at + pieceSize
	for _, space := range []byte{'\n', ' '} {
		for i := end; i > at+pieceSize/2; i-- {
			if text[i-1] == space {
				return i
			}
		}
	}
	for end > at+1 && text[end]&0xC0 == 0x80 {
		end--
	}
	return end
}

// piece finds in text[at:end] and returns where to go on.
func (f *Finder) piece(dst []Finding, text []byte, at, end int) ([]Finding, int) {
	same := f.read(text[at:end])
	f.scan()
	f.detect()
	if f.names != nil {
		f.name()
	}
	f.resolve()
	for _, c := range f.kept {
		from, to := int(c.start), int(c.end)
		if !same {
			if from, to = f.original(text[at:end], from, to); c.grade == guessed {
				to = afterMark(text[at:end], to)
			}
		}
		dst = append(dst, Finding{at + from, at + to, f.vocab.entities[c.entity].Name, c.score, c.why})
	}
	return dst, end
}

// detect offers every candidate to the validators of its shape.
func (f *Finder) detect() {
	f.found, f.secretTo, f.blockTo = f.found[:0], 0, 0
	f.number.count = 0
	f.announcedLengths()
	for k := range f.blocks {
		for marks := f.blocks[k].mark; marks != 0; marks &= marks - 1 {
			f.mark(k*blockSize + bits.TrailingZeros64(marks))
		}
	}
	for _, i := range f.work {
		i, t := int(i), &f.tokens[i]
		switch {
		case t.kind&^isDigit == 0:
			f.digits(i, t)
		case t.kind&isDigit != 0:
			f.mixed(i, t)
		default:
			f.letters(i, t)
		}
	}
}

// mark handles the @ or colon at.
func (f *Finder) mark(at int) {
	switch {
	case f.text[at] == '@':
		f.email(at)
	case f.hasAt(at+1, "//"):
		f.urlScheme(at)
	case hexValue[f.byteAt(at+1)] >= 0 || f.byteAt(at+1) == ':':
		f.colons(at)
	}
}

// digits handles a token of digits only.
func (f *Finder) digits(i int, t *token) {
	switch b := f.byteAt(int(t.end)); {
	case b == '.':
		f.ipv4(i, t)
		f.mac(t)
		f.dateNumbers(t)
	case b == '-':
		f.mac(t)
		f.dateNumbers(t)
		f.dateThai(t)
	case b == '/', b >= 0x80, t.len() == len("20240531"):
		f.dateNumbers(t)
	}
	if b := f.byteAt(int(t.end)); b == 0xE0 || b == ' ' && f.byteAt(int(t.end)+1) == 0xE0 {
		f.dateThai(t)
	}
	if f.byteAt(int(t.start)-1) >= 0x80 || f.byteAt(int(t.start)-2) >= 0x80 || f.byteAt(int(t.start)-2) == '.' {
		f.dateThaiMonth(t)
		f.thaiPlate(i, t)
	}
	f.numbers(i, t)
	f.identify(i)
	f.plates(t)
}

// mixed handles a token of letters and digits.
func (f *Finder) mixed(i int, t *token) {
	f.iban(t)
	f.identify(i)
	f.mac(t)
	f.plates(t)
	if f.isDigitAt(int(t.start)) {
		f.dateNumbers(t)
		f.dateGlued(t)
	}
	if f.beforeExtension(t) > 0 {
		f.numbers(i, t)
	}
	if t.len() >= 10 {
		f.tokenWithin(t)
		f.machineReadable(t)
		f.wallet(t)
	}
	if t.word != 0 {
		f.word(i, t, f.vocab.at(t.word))
	}
}

// letters handles a token of letters only.
func (f *Finder) letters(i int, t *token) {
	sep := f.byteAt(int(t.end))
	if t.kind == isUpper && t.len() <= 5 {
		if f.oneSeparator(int(t.end), f.next(i, len(f.text))) != 0 {
			f.identify(i)
			f.plates(t)
		}
		if sep == '<' {
			f.machineReadable(t)
		}
	}
	if sep == '-' || sep == '.' {
		f.mac(t)
	}
	if t.len() >= 10 {
		f.tokenWithin(t)
		f.wallet(t)
	}
	if t.word != 0 {
		f.word(i, t, f.vocab.at(t.word))
	}
}

// word handles a token that is in the vocabulary.
func (f *Finder) word(i int, t *token, w *word) {
	if w.tld != 0 {
		f.urlBare(t, w.tld)
	}
	if w.month != 0 {
		f.dateWord(i, t, w)
	}
	if w.keyPrefix {
		f.tokenByPrefix(t)
	}
	if w.secret {
		f.secretAfter(i, w.text)
	}
	if w.begin {
		f.keyBlock(t)
	}
}

// nearest is the hint about a name that is no entity.
func nearest(entities []Entity, name string) string {
	best, at := "", 4
	for _, e := range entities {
		if len(name) >= len("MAIL") && strings.Contains(e.Name, strings.ToUpper(name)) {
			return "did you mean " + e.Name + "?"
		}
	}
	for _, e := range entities {
		if n := distance(name, e.Name); n < at {
			best, at = e.Name, n
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "see lethe detect --help for the entities"
}

// distance counts the edits between two words, whatever their case.
func distance(a, b string) int {
	if len(a) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i]|0x20 != b[j]|0x20 {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
