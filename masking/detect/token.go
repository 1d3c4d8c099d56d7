package detect

import "encoding/binary"

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
	word       uint16 // that says what to look for; 0 is none
	kind       uint8
}

func (t *token) len() int { return int(t.end - t.start) }

// scan cuts the text into tokens.
func (f *Finder) scan() {
	f.work = f.work[:0]
	f.forget()
	f.cutRuns()
	tokens, r := f.tokens[:0], &f.runs
	starts, ends := r.starts[:r.count], r.ends[:r.count]
	for k, flag := range r.flags[:r.count] {
		switch t := (token{start: starts[k], end: ends[k], kind: isLower}); flag {
		case flagNone:
			tokens = append(tokens, t)
		case flagDigits:
			t.kind = isDigit
			f.work = append(f.work, int32(len(tokens)))
			tokens = append(tokens, t)
		default:
			t.kind = f.kinds(int(t.start), int(t.end))
			f.tokens = tokens
			f.cut(t)
			tokens = f.tokens
		}
	}
	f.tokens = tokens
}

// kinds is what the bytes of a run are; isWide stands for all beyond ASCII.
func (f *Finder) kinds(from, to int) (kind uint8) {
	for at := from; at < to; at = at&^(blockSize-1) + blockSize {
		b, run := &f.blocks[at/blockSize], ^uint64(0)<<(at%blockSize)
		if left := to - at&^(blockSize-1); left < blockSize {
			run &= 1<<left - 1
		}
		if b.digit&run != 0 {
			kind |= isDigit
		}
		if b.upper&run != 0 {
			kind |= isUpper
		}
		if b.lower&run != 0 {
			kind |= isLower
		}
		if b.high&run != 0 {
			kind |= isWide
		}
	}
	return kind
}

// cut adds a token, or the tokens of a run that is not all ASCII.
func (f *Finder) cut(t token) {
	n := t.len()
	switch {
	case t.kind == isDigit:
	case t.kind&isWide != 0:
		f.cutHigh(int(t.start), int(t.end))
		return
	case n <= 8 && t.kind&^isAlnum == 0:
		packed := lower(pack(f.text, int(t.start), int(t.end)))
		if hash := mixed(0, packed); f.vocab.mayTell(hash) || f.byteAt(int(t.start)-1) == '.' {
			f.understand(&t, f.vocab.findShort(hash, packed))
		}
	default:
		if hash := hashIn(f.text, int(t.start), int(t.end)); f.vocab.mayTell(hash) || f.byteAt(int(t.start)-1) == '.' {
			f.understand(&t, f.vocab.find(hash, f.text[t.start:t.end]))
		}
	}
	if t.kind&isDigit != 0 || t.word != 0 || n <= 5 && f.isShortForm(&t) || n >= 10 && f.mayBeKey(&t) {
		f.work = append(f.work, int32(len(f.tokens)))
	}
	f.tokens = append(f.tokens, t)
}

// isShortForm reports whether a token of at most five letters may begin a number of
// a card, plate or network.
func (f *Finder) isShortForm(t *token) bool {
	if t.kind == isUpper {
		return true
	}
	sep := f.byteAt(int(t.end))
	return sep == '-' && t.len() == 2 || sep == '.' && t.len() == 4
}

// mayBeKey reports whether a token of ten letters or more may be a key or the
// address of a wallet.
func (f *Finder) mayBeKey(t *token) bool {
	b := f.text[t.start]
	return t.len() >= shortestWallet || b == 'A' || b == 'S' || b == 'e'
}

// cutHigh cuts text[from:to], a run that is not all ASCII, character by character.
func (f *Finder) cutHigh(from, to int) {
	text := f.text
	for i := from; i < to; {
		c := classes[text[i]]
		if text[i] == 0xE1 && isLatinOf3(text[i:]) {
			c = isLatin
		}
		switch {
		case c&(isAlnum|isLatin) != 0:
			start, kind := i, uint8(0)
			for i < to {
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
			f.cut(token{start: int32(start), end: int32(i), kind: kind})
		case c == isWide:
			start := i
			for i < to && classes[text[i]] == isWide {
				if i = f.passThai(i); i >= to || classes[text[i]] != isWide || isSign(text[i:]) {
					break
				}
				next := nextRune(text, i)
				if next-i > 2 && f.vocab.mayBegin(text, i) {
					f.findWide(i)
				}
				i = next
			}
			if i > start {
				f.tokens = append(f.tokens, token{start: int32(start), end: int32(i), kind: isWide})
			} else {
				i = nextRune(text, i)
			}
		case c == isLead2:
			i = nextRune(text, i)
		default:
			i++
		}
	}
}

// passThai goes from i over letters of three bytes that begin as those of Thai and its
// neighbours do, among which are no signs. It finds their words.
func (f *Finder) passThai(i int) int {
	for ; i+8 <= len(f.text); i += 3 {
		x := binary.LittleEndian.Uint64(f.text[i:])
		if x&0xC0C0FF != 0x8080E0 {
			return i
		}
		if hash := mixed(0, x&(1<<(8*wideStart)-1)); f.vocab.begins[hash>>6%beginsSize]>>(hash&63)&1 != 0 {
			f.findWide(i)
		}
	}
	return i
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
