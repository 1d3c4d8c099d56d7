package tag

import (
	"unicode"
	"unicode/utf8"
)

// kind is what a token is made of.
type kind uint8

const (
	punct kind = iota
	word
	number
	mixed // letters and digits
	thai
)

// gap is what stands between a token and the one before it.
type gap uint8

const (
	joined gap = iota
	spaced
	newline
	start
)

// Token is a word, a number or a mark of the text.
type Token struct {
	Start, End  int    // in the text
	own         uint32 // hash of the token as written
	low         uint32 // hash of its small letters
	cue         uint32 // hash of the word before the last colon of the line
	head        uint32 // Thai: hash of the first word since the last space
	pre, suf    [3]uint32
	class       Class
	kind        kind
	gap         gap
	shape       uint8
	size        uint8 // in letters, at most 15
	pos         uint8 // Thai: words since the last space, at most 15
	part        uint8 // Thai: how the words up to the last space began, and how many they were
	left        uint8 // Thai: words up to the next space, at most 7
	strange     uint8 // Thai: words without a gap around that no dictionary has, at most 3 before and 3 after
	mode        uint8 // how the line is written: small, mixed, title, capitals
	phrase      uint8 // place in a phrase that is a place: 0, first 1, later 2
	code        bool  // part of an address, path or identifier: never a name
	Dark        bool  // the trainer hides what the lexicon knows of it
	first, last bool  // of its line
}

// The shapes of tokens.
const (
	shapeMark = iota
	shapeLower
	shapeTitle
	shapeUpper
	shapeMixed
	shapeInitial
	shapeDigits
	shapeOther
)

// window is the most tokens that are looked at together.
const window = 4096

// mix spreads a over a hash.
func mix(h, a uint32) uint32 {
	h = (h ^ a) * 0x9E3779B1
	return h ^ h>>15
}

const seed = 0x811C9DC5

func step(h uint32, r rune) uint32 { return (h ^ uint32(r)) * 0x01000193 }

func done(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x7FEB352D
	return h ^ h>>15
}

// Hash is the hash by which a lexicon knows a word: of its small letters.
func Hash(s string) uint32 {
	h := uint32(seed)
	for _, r := range s {
		h = step(h, lower(r))
	}
	return done(h)
}

// Phrase is the hash of a phrase that ends with a word of hash next.
func Phrase(before, next uint32) uint32 { return mix(before+0x1234567, next) }

func lower(r rune) rune {
	if r < 0x80 {
		if 'A' <= r && r <= 'Z' {
			return r + 32
		}
		return r
	}
	return unicode.ToLower(r)
}

func isThai(r rune) bool { return 0x0E01 <= r && r <= 0x0E4E && r != 0x0E3F }

func letter(r rune) bool {
	if r < 0x80 {
		return 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r) || unicode.Is(unicode.Mn, r)
}

func digit(r rune) bool { return '0' <= r && r <= '9' || 0x0E50 <= r && r <= 0x0E59 }

// Read cuts a window of the text from byte from into Tokens and returns where
// the next starts.
func (t *Tagger) Read(text []byte, from int) int {
	t.Tokens = t.Tokens[:0]
	g, i := start, from
	for i < len(text) {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		switch {
		case r == '\n' || r == '\r':
			g = max(g, newline)
			i += n
		case r == ' ' || r == '\t' || r == 0xA0 || r == 0x200B:
			g = max(g, spaced)
			i += n
		case r == 0xFEFF || r == 0x200C || r == 0x200D || r == 0xAD: // marks that nobody sees
			if last := len(t.Tokens) - 1; r == 0xFEFF && last >= 0 && t.Tokens[last].End == i {
				t.Tokens[last].End += n // it goes with the word before it
			}
			i += n
		case len(t.Tokens) >= window-64 && g >= spaced || len(t.Tokens) >= window:
			t.finish(text)
			return i
		case isThai(r):
			end := i + n
			for end < len(text) && end-i < 3*256 {
				r, n := utf8.DecodeRune(text[end:])
				if !isThai(r) {
					break
				}
				end += n
			}
			t.thai(text, i, end, g)
			g, i = joined, end
		default:
			end := t.latin(text, i, g, r, n)
			g, i = joined, end
		}
	}
	t.finish(text)
	return len(text)
}

// latin reads one token that is not Thai.
func (t *Tagger) latin(text []byte, i int, g gap, r rune, n int) int {
	tok := Token{Start: i, gap: g}
	if !letter(r) && !digit(r) {
		tok.End, tok.own = i+n, done(step(seed, r))
		tok.low = tok.own
		t.Tokens = append(t.Tokens, tok)
		return tok.End
	}
	var upper, small, digits, count int
	own, low := uint32(seed), uint32(seed)
	var tail [4]rune
	titled := false
	for {
		l := lower(r)
		own, low = step(own, r), step(low, l)
		switch {
		case digit(r):
			digits++
		case l != r:
			upper++
			titled = titled || count == 0
		default:
			small++
		}
		if count < 3 {
			tok.pre[count] = low
		}
		tail[count&3] = l
		count++
		i += n
		if i >= len(text) {
			break
		}
		if r, n = rune(text[i]), 1; r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text[i:])
		}
		if (r == '\'' || r == '’') && digits == 0 && inner(text, i+n) {
			own, low = step(own, '\''), step(low, '\'')
			i += n
			if r, n = rune(text[i]), 1; r >= utf8.RuneSelf {
				r, n = utf8.DecodeRune(text[i:])
			}
		}
		if isThai(r) || !letter(r) && !digit(r) {
			break
		}
	}
	// The dot of an initial belongs to it.
	if count == 1 && upper == 1 && i < len(text) && text[i] == '.' {
		for i+2 < len(text) && text[i] == '.' && 'A' <= text[i+1] && text[i+1] <= 'Z' && text[i+2] == '.' {
			own, low = step(own, rune(text[i+1])), step(low, lower(rune(text[i+1])))
			i += 2
		}
		i++
		tok.shape = shapeInitial
	}
	tok.End, tok.own, tok.low = i, done(own), done(low)
	tok.size = uint8(min(count, 15))
	for k := count; k < 3; k++ {
		tok.pre[k] = low
	}
	suf := uint32(seed)
	for k := 0; k < 4 && k < count; k++ {
		suf = step(suf, tail[(count-1-k)&3])
		if k > 0 {
			tok.suf[k-1] = suf
		}
	}
	tok.sort(upper, small, digits, titled)
	if tok.kind == word {
		tok.class = t.m.Lexicon.Of(tok.low)
	}
	t.Tokens = append(t.Tokens, tok)
	return i
}

// sort says what kind and shape a token of letters and digits has.
func (t *Token) sort(upper, small, digits int, titled bool) {
	switch {
	case digits > 0 && upper+small == 0:
		t.kind, t.shape = number, shapeDigits
	case digits > 0:
		t.kind, t.shape = mixed, shapeOther
	default:
		t.kind = word
		switch {
		case t.shape == shapeInitial:
		case upper == 0:
			t.shape = shapeLower
		case small == 0 && upper > 1:
			t.shape = shapeUpper
		case titled && (upper == 1 || upper == 2 && small > 1):
			t.shape = shapeTitle
		default:
			t.shape = shapeMixed
		}
	}
}

// inner reports whether an apostrophe before byte i stands inside a name
// (O'Brien) and not before an ending ('s, n't).
func inner(text []byte, i int) bool {
	letters := 0
	for letters < 3 && i < len(text) {
		r, n := utf8.DecodeRune(text[i:])
		if !letter(r) || isThai(r) {
			break
		}
		letters++
		i += n
	}
	return letters >= 3
}
