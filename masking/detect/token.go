package detect

// What a byte is; a token's kind is the union over its bytes.
const (
	isDigit = 1 << iota
	isUpper
	isLower
	isLatin // of a letter that takes two bytes: Latin, Greek, Cyrillic
	isWide  // of a letter that takes more: Thai, Chinese
	isCont  // goes on a character
	isLead2 // begins a sign of two bytes

	inWord  = isDigit | isUpper | isLower | isLatin | isCont
	isAlpha = isUpper | isLower
	isAlnum = isDigit | isAlpha
)

// classes says what each byte is.
var classes = func() (t [256]uint8) {
	for b := range t {
		switch {
		case b >= '0' && b <= '9':
			t[b] = isDigit
		case b >= 'A' && b <= 'Z':
			t[b] = isUpper
		case b >= 'a' && b <= 'z':
			t[b] = isLower
		case b >= 0x80 && b < 0xC0:
			t[b] = isCont
		case b == 0xC2:
			t[b] = isLead2
		case b >= 0xC3 && b < 0xE0:
			t[b] = isLatin
		case b >= 0xE0:
			t[b] = isWide
		}
	}
	return t
}()

// folded is each byte with ASCII letters in lower case.
var folded = func() (t [256]uint8) {
	for b := range t {
		t[b] = uint8(b)
		if b >= 'A' && b <= 'Z' {
			t[b] = uint8(b) | 0x20
		}
	}
	return t
}()

// token is a run of letters and digits. Scripts without spaces between words
// make tokens of their own, so that a number beside Thai letters stands free.
type token struct {
	start, end int32
	word       uint16 // in the vocabulary; 0 is none
	kind       uint8
}

func (t *token) len() int { return int(t.end - t.start) }

// mark is a place where a sign says that a candidate is around it.
type mark struct {
	at   int
	kind uint8
}

const (
	markAt = iota
	markScheme
	markColon
)

// scan cuts the text into tokens and marks, in one pass.
func (f *Finder) scan() {
	text := f.text
	tokens, marks := f.tokens[:0], f.marks[:0]
	f.topics, f.hits, f.telling = f.column, f.hits[:0], f.telling[:0]
	f.before = [2]before{{start: -1}, {start: -1}}
	for i := 0; i < len(text); {
		b := text[i]
		c := classes[b]
		if b == 0xE1 && isLatinOf3(text[i:]) {
			c = isLatin
		}
		switch {
		case c&(isAlnum|isLatin) != 0:
			start, kind := i, uint8(0)
			for i < len(text) {
				c := classes[text[i]]
				if c&inWord == 0 {
					if !isLatinOf3(text[i:]) {
						break
					}
					c = isLatin
				}
				kind |= c
				i++
			}
			if kind&isLatin != 0 {
				kind &^= isCont // what is left of a broken character stays
			}
			t := token{start: int32(start), end: int32(i), kind: kind}
			if kind&^isDigit != 0 {
				if t.word = f.vocab.find(hashIn(text, start, i), text[start:i]); t.word != 0 {
					if some := &f.vocab.words[t.word].some; *some != (topics{}) {
						f.topics.union(some)
						f.telling = append(f.telling, int32(len(tokens)))
					}
				}
			}
			tokens = append(tokens, t)
		case c == isWide:
			start := i
			for i < len(text) && classes[text[i]] == isWide {
				if i+2 < len(text) && text[i] == 0xE0 && (text[i+1]^0x80)|(text[i+2]^0x80) < 0x40 {
					i += 3 // Thai and its neighbours, which have no signs
				} else if isSign(text[i:]) {
					break
				} else {
					i = nextRune(text, i)
				}
			}
			if i > start {
				tokens = append(tokens, token{start: int32(start), end: int32(i), kind: isWide})
				f.findWide(start, i)
			} else {
				i = nextRune(text, i)
			}
		case c == isLead2:
			i = nextRune(text, i)
		case b == '@':
			marks = append(marks, mark{i, markAt})
			i++
		case b == ':':
			if i+2 < len(text) && text[i+1] == '/' && text[i+2] == '/' {
				marks = append(marks, mark{i, markScheme})
				i += 2
			} else if i+1 < len(text) && (hexValue[text[i+1]] >= 0 || text[i+1] == ':') {
				marks = append(marks, mark{i, markColon})
			}
			i++
		default:
			i++
		}
	}
	f.tokens, f.marks = tokens, marks
}

// nextRune is where the character after the one at i begins. A character that is
// cut short ends where the next can begin.
func nextRune(text []byte, i int) int {
	i++
	for i < len(text) && classes[text[i]] == isCont {
		i++
	}
	return i
}

// isLatinOf3 reports whether a Latin letter of three bytes begins a text: U+1E00 to
// U+1EFF, which Vietnamese is full of.
func isLatinOf3(text []byte) bool {
	return len(text) > 2 && text[0] == 0xE1 && text[1] >= 0xB8 && text[1] <= 0xBB
}

// isSign reports whether a wide character is punctuation or a symbol.
func isSign(text []byte) bool {
	switch {
	case text[0] == 0xE2: // U+2000 to U+2FFF
		return true
	case text[0] == 0xE3 && len(text) > 1 && text[1] == 0x80: // U+3000 to U+303F
		return true
	case text[0] == 0xEF && len(text) > 1 && text[1] >= 0xB8: // presentation forms
		return true
	case text[0] == 0xF0: // pictures
		return len(text) > 1 && text[1] == 0x9F
	}
	return false
}

// hexValue is the value of each hexadecimal digit, and -1 for other bytes.
var hexValue = func() (t [256]int8) {
	for b := range t {
		switch {
		case b >= '0' && b <= '9':
			t[b] = int8(b - '0')
		case b >= 'a' && b <= 'f':
			t[b] = int8(b - 'a' + 10)
		case b >= 'A' && b <= 'F':
			t[b] = int8(b - 'A' + 10)
		default:
			t[b] = -1
		}
	}
	return t
}()

// free reports whether nothing before i belongs to the same word or number.
func (f *Finder) free(i int) bool {
	return i <= 0 || classes[f.text[i-1]]&(isAlnum) == 0 && f.text[i-1] != '_'
}

// ends reports whether nothing at i goes on the same word or number.
func (f *Finder) ends(i int) bool {
	return i >= len(f.text) || classes[f.text[i]]&(isAlnum) == 0 && f.text[i] != '_'
}

// byteAt is the byte at i, or 0 outside the text.
func (f *Finder) byteAt(i int) byte {
	if i < 0 || i >= len(f.text) {
		return 0
	}
	return f.text[i]
}

// isDigitAt reports whether a digit is at i.
func (f *Finder) isDigitAt(i int) bool { return f.byteAt(i)-'0' <= 9 }
