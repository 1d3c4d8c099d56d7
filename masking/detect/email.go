package detect

// inLocal says which bytes the part of an address before the @ is written with.
// What RFC 5321 allows beyond that (= / ? | and such) mostly separates an address
// from what is before it.
var inLocal = func() (t [256]bool) {
	for b := range t {
		t[b] = classes[b]&(isAlnum|isLatin|isCont) != 0
	}
	for _, b := range []byte("._%+-'&!#$*~") {
		t[b] = true
	}
	return t
}()

// email offers what is around the @ at.
func (f *Finder) email(at int) {
	end := f.domain(at + 1)
	if end < 0 {
		return
	}
	start := f.local(at)
	if start < 0 || start == at {
		return
	}
	f.add(email, start, end, 1, true, "address grammar (RFC 5321)")
}

// local is where the part before the @ begins, -1 if there is none.
func (f *Finder) local(at int) int {
	text := f.text
	start := at
	if f.byteAt(at-1) == '"' {
		for start = at - 2; start >= 0 && at-start < 64; start-- {
			if text[start] == '"' {
				return start
			}
		}
		return -1
	}
	if at > 0 && classes[text[at-1]] == isCont {
		// An address in a script of wide letters ends where they end.
		if t := f.tokenBefore(at); t >= 0 && f.tokens[t].kind == isWide && int(f.tokens[t].end) == at {
			if f.tokens[t].len() > 64 {
				return -1
			}
			return int(f.tokens[t].start)
		}
	}
	for start > 0 && at-start < 64 && inLocal[text[start-1]] {
		if text[start-1] == '.' && (start == at || text[start] == '.') {
			break
		}
		start--
	}
	for start < at && classes[text[start]] == isCont {
		start++ // the rest of a wide letter
	}
	for start < at && classes[text[start]]&(isAlnum|isLatin) == 0 && text[start] != '_' && text[start] != '+' {
		start++
	}
	return start
}

// domain is where the domain that begins at start ends, -1 if there is none.
func (f *Finder) domain(start int) int {
	text := f.text
	if f.byteAt(start) == '[' {
		for i := start + 1; i < len(text) && i-start < 48; i++ {
			if text[i] == ']' && i-start > 7 {
				return i + 1
			}
			if hexValue[text[i]] < 0 && text[i] != '.' && text[i] != ':' && text[i]|0x20 != 'i' && text[i]|0x20 != 'p' && text[i]|0x20 != 'v' {
				return -1
			}
		}
		return -1
	}
	best, labels := -1, 0
	for i := start; ; {
		end, letters := f.label(i)
		if end == i || end-i > 63 {
			return best
		}
		if labels++; labels > 1 && letters {
			if best >= 0 && f.isSentence(i, end) {
				return best
			}
			best = end
		}
		if f.byteAt(end) != '.' {
			return best
		}
		i = end + 1
	}
}

// label is where the label of a host at i ends, and whether it can be the last.
// A label has letters of one width: Thai that follows ASCII is the next word.
func (f *Finder) label(i int) (end int, last bool) {
	text := f.text
	end = i
	if end < len(text) && classes[text[end]] == isWide && !isSign(text[end:]) {
		for end < len(text) && classes[text[end]] == isWide && !isSign(text[end:]) && end-i < 64 {
			end = nextRune(text, end)
		}
		return end, true
	}
	kinds := uint8(0)
	for end < len(text) {
		c := classes[text[end]]
		if c&(isAlnum|isLatin) == 0 && text[end] != '-' && text[end] != '_' && !(c == isCont && classes[text[end-1]] == isLatin) {
			break
		}
		kinds |= c
		end++
	}
	for end > i && (text[end-1] == '-' || text[end-1] == '_') {
		end--
	}
	if end-i > 4 && text[i]|0x20 == 'x' && text[i+1]|0x20 == 'n' && text[i+2] == '-' {
		return end, true
	}
	return end, end-i >= 2 && end-i <= 24 && kinds&isDigit == 0
}

// isSentence reports whether a label after a whole host is the first word of the
// next sentence, as in "a@example.com.Thanks".
func (f *Finder) isSentence(i, end int) bool {
	if classes[f.text[i]] != isUpper || classes[f.text[end-1]] == isUpper {
		return false
	}
	t := f.tokenFrom(i)
	return t < len(f.tokens) && f.vocab.at(f.wordOf(t)).tld != tldPlain
}
