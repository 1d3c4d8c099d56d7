package detect

import "math/bits"

// compact is a run of tokens joined by single separators, as one word in upper
// case.
type compact struct {
	text    [longestCompact + chunk]byte
	n       int // of text
	groups  int
	letters int
	lower   bool
	outline outline
}

// class is the shelves' for such a form.
func (c *compact) class() int {
	if c.letters > 0 {
		return withLetters
	}
	return onlyDigits
}

// identify offers the runs of tokens that begin with token i to the checks of
// identifiers.
func (f *Finder) identify(i int) {
	start := int(f.tokens[i].start)
	if !f.free(start) {
		return
	}
	if b := f.byteAt(start - 1); b == '+' || b == '$' || (b == '.' || b == ',' || b == '-' || b == '/') && f.isDigitAt(start-2) && f.isDigitAt(start) {
		return // in the middle of something else
	}
	c := &f.compact
	c.n, c.groups, c.letters, c.lower = 0, 0, 0, false
	n, class, o, sep := 0, onlyDigits, outline(0), byte(0)
	for j := i; j < len(f.tokens) && j < i+9; j++ {
		t := &f.tokens[j]
		size, end := t.len(), int(t.end)
		if n += size; n > longestCompact {
			return
		}
		if t.kind != isDigit {
			if t.kind&(isLatin|isWide) != 0 || t.kind&isUpper != 0 && t.kind&isLower != 0 || t.kind&isDigit == 0 && (t.kind&isLower != 0 || size > 5) {
				return // a word
			}
			class = withLetters
		}
		o = o.with(sep, size)
		// What costs little comes first: most are nothing that could be found.
		if f.mayIdentify(class, n, start, j == i, o) && f.ends(end) && !f.numberGoesOn(end) {
			for c.groups <= j-i {
				f.join(c, &f.tokens[i+c.groups])
			}
			c.outline = o
			f.offerIdentity(c, start, end)
		}
		if sep = f.oneSeparator(end, f.next(j, len(f.text))); sep == 0 {
			return
		}
	}
}

// mayIdentify reports whether n characters from start on in groups of this outline,
// or one, may be an identifier or a document.
func (f *Finder) mayIdentify(class, n, start int, single bool, o outline) bool {
	s := &f.vocab.shelves
	if f.announced[class]>>n&1 != 0 {
		return true
	}
	if single {
		return s.single[class]>>n&1 != 0
	}
	at := s.at(class, o)
	if at.outline == 0 {
		return false
	}
	plain := at.plain
	if class == onlyDigits && f.text[start] == '0' {
		plain -= leadingZero
	}
	return max(plain, at.telling)+mostTold >= enough
}

// announcedLengths sets f.announced to the lengths of the compact forms that words
// of the text announce, and f.documents.
func (f *Finder) announcedLengths() {
	f.announced = [2]uint64{}
	some := f.topics.has(aboutIdentity) || f.topics.has(aboutTax)
	for i, set := range f.topics {
		for ; set != 0; set &= set - 1 {
			t := i*64 + bits.TrailingZeros64(set)
			if t >= int(f.vocab.shelves.firstCountry) && !some {
				break
			}
			for class := range f.announced {
				f.announced[class] |= f.vocab.shelves.lengths[t][class]
			}
		}
	}
	if f.documents = f.topics.has(aboutPassport) || f.topics.has(aboutLicence) || f.topics.has(aboutAccount); f.documents {
		for class := range f.announced {
			f.announced[class] |= (1<<(longestDocument+1) - 1) &^ (1<<shortestDocument - 1)
		}
	}
}

// join adds a token to the compact form.
func (f *Finder) join(c *compact, t *token) {
	c.groups++
	if t.kind == isDigit {
		if from := int(t.start); t.len() <= chunk && from+chunk <= len(f.text) {
			*(*[chunk]byte)(c.text[c.n:]) = [chunk]byte(f.text[from:])
			c.n += t.len()
		} else {
			c.n += copy(c.text[c.n:], f.text[from:t.end])
		}
		return
	}
	for _, b := range f.text[t.start:t.end] {
		if b >= 'a' {
			b -= 'a' - 'A'
			c.lower = true
		}
		if b >= 'A' {
			c.letters++
		}
		c.text[c.n] = b
		c.n++
	}
}

// oneSeparator is the sign that parts groups if nothing else stands between two
// tokens, else 0.
func (f *Finder) oneSeparator(from, to int) byte {
	if to-from == 1 && to < len(f.text) {
		switch b := f.text[from]; b {
		case ' ', '-', '.', '/', '*', '+':
			return b
		}
	}
	return 0
}

// numberGoesOn reports whether more of the same number follows at i.
func (f *Finder) numberGoesOn(i int) bool {
	switch f.byteAt(i) {
	case '-', '/', '.', ',':
		return classes[f.byteAt(i+1)]&isAlnum != 0 && f.isDigitAt(i-1) && f.isDigitAt(i+1)
	case '%', '@':
		return true
	}
	return false
}

// offerIdentity offers one compact form to the identities on its shelf that may be
// found, and as a document.
func (f *Finder) offerIdentity(c *compact, start, end int) {
	if f.documents || c.n == thaiAccountDigits {
		f.document(c, start, end)
	}
	if c.n < 5 || c.letters >= c.n {
		return
	}
	class := c.class()
	on := &f.vocab.shelves.of[class][c.n]
	switch {
	case f.announced[class]>>c.n&1 != 0:
		for k := range on.all {
			f.weigh(&on.all[k], c, start, end)
		}
	case c.groups == 1:
		telling := c.telling(-1, 0)
		for _, k := range on.loose {
			it := &on.all[k]
			points := it.points + telling
			if points < enough {
				break
			}
			f.check(it, weight{points: points, told: -1, written: true}, c, start, end)
		}
	default:
		last := int16(-1)
		plain, telling := c.telling(-1, 0), c.telling(-1, 1)
		for _, form := range f.vocab.shelves.at(class, c.outline).forms {
			it, points := &on.all[form.identity], form.points
			if points == 0 {
				points = it.points + points + plain
			} else {
				points = it.points + points + telling
			}
			if form.identity == last || points < enough || (!form.digits || class != onlyDigits) && !fitsForm(f.text[start:end], form.form) {
				continue
			}
			last = form.identity // the first form that fits tells
			f.check(it, weight{points: points, form: form.points, told: -1, written: true}, c, start, end)
		}
	}
}

// weight is what is known of a compact form without its check.
type weight struct {
	points  float32 // of all but words
	form    float32 // of these, how much the written form tells
	told    int     // how far a word is that announces it, -1 if there is none
	written bool    // the identifier is written so
}

// weigh checks a compact form where a word may announce it.
func (f *Finder) weigh(it *identity, c *compact, start, end int) {
	e := weight{told: f.near(it.topic, start, end)}
	if e.told < 0 && it.country != 0 && f.near(it.country, start, end) >= 0 {
		e.told = f.near(it.kind, start, end)
	}
	if e.told < 0 && !it.alone {
		return
	}
	e.form, e.written = f.formOf(it, c, start, end)
	if !e.written && e.told < 0 {
		return
	}
	e.points = it.points + e.form + c.telling(e.told, e.form)
	if e.points+e.words() >= enough {
		f.check(it, e, c, start, end)
	}
}

// words is what the word is worth that announces a number.
func (e weight) words() float32 {
	if e.told < 0 {
		return 0
	}
	return 2
}

// check adds what a compact form is taken for, if its check holds and no other word
// weighs against it.
func (f *Finder) check(it *identity, e weight, c *compact, start, end int) {
	if !f.on[it.entity] || !it.check(c.text[:c.n]) {
		return
	}
	points := e.points + (e.words() - f.against(e.told, e.form, start, end))
	if points < enough {
		return
	}
	why := "form and check of the number"
	if e.told >= 0 {
		why = "form and check of the number, and a word that announces it"
	}
	score := identityScore(points, e.told)
	if it.country != 0 && f.near(it.country, start, end) >= 0 {
		score = min(1, score+.05)
	}
	f.add(it.entity, start, end, score, it.proves && points >= 2 && e.written, why)
}

const (
	// leadingZero is what a number loses that begins as telephone numbers do.
	leadingZero = 1.5
	// mostTold is the most that telling adds.
	mostTold = .5
)

// telling is how much the number itself adds to the points of check and form,
// which weighs less where a word announces it.
func (c *compact) telling(told int, form float32) (points float32) {
	digits := c.letters == 0
	if !digits && !c.lower {
		points += .5
	}
	if c.n >= 13 && digits {
		points += .5
	}
	if digits && c.text[0] == '0' && told < 0 && form == 0 {
		points -= leadingZero
	}
	if told < 0 && looksLikeTime(c.text[:c.n]) {
		points--
	}
	if allSame(c.text[:c.n]) {
		points--
	}
	return points
}

// looksLikeTime reports whether digits may count the seconds or milliseconds
// since 1970 up to some day from 2014 on, or are a day of these centuries.
func looksLikeTime(digits []byte) bool {
	if len(digits) == 8 && (digits[0] == '1' && digits[1] == '9' || digits[0] == '2' && digits[1] == '0') {
		month, day := 10*(digits[4]-'0')+digits[5]-'0', 10*(digits[6]-'0')+digits[7]-'0'
		return month-1 < 12 && day-1 < 31
	}
	return (len(digits) == 10 || len(digits) == 13) && digits[0] == '1' && digits[1] >= '4' && digits[1] <= '9'
}

// against is how many words near a number say that it is something else.
func (f *Finder) against(told int, form float32, start, end int) (points float32) {
	for i, t := range [...]topic{aboutOrder, aboutPhone, aboutCard} {
		if i > 0 && form >= 1 {
			break // written as no telephone or card number is
		}
		if other := f.near(t, start, end); other >= 0 && (told < 0 || other < told) {
			points++
		}
	}
	return points
}

func identityScore(points float32, told int) float32 {
	s := min(.9, .35+.12*points)
	if told >= 0 {
		s += .1 - float32(min(told, 100))/1000
	}
	return min(1, s)
}

// formOf is how much the written form tells, and whether the identifier is
// written so at all.
func (f *Finder) formOf(it *identity, c *compact, start, end int) (points float32, ok bool) {
	if c.groups == 1 {
		return 0, true
	}
	if it.sizes>>min(end-start, 63)&1 == 0 {
		return 0, false
	}
	for i := range it.written {
		if fitsForm(f.text[start:end], it.written[i].form) {
			return it.written[i].points, true
		}
	}
	return 0, false // written otherwise, so that a word must announce it
}

// fitsForm reports whether text is of a written form.
func fitsForm(text []byte, form string) bool {
	if len(text) != len(form) {
		return false
	}
	for i, b := range text {
		c := classes[b]
		switch form[i] {
		case '9':
			if c != isDigit {
				return false
			}
		case 'A':
			if c&isAlpha == 0 {
				return false
			}
		case 'X':
			if c&isAlnum == 0 {
				return false
			}
		default:
			if folded[b] != folded[form[i]] {
				return false
			}
		}
	}
	return true
}
