package detect

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"

	"lethe/masking/detect/identifier"
)

// identity is an identifier of package identifier, made ready.
type identity struct {
	entity  entity
	topic   topic
	kind    topic // aboutIdentity or aboutTax, which announce it beside the country's name
	country topic // what names the country; 0 is none
	check   func([]byte) bool
	points  float32 // what its check is worth: 1 for each decimal place
	proves  bool    // the check decides
	alone   bool    // it may be found where no word announces it
	written []written
	sizes   uint64 // a bit for each length of a written form
}

// written is a form with separators.
type written struct {
	form   string
	points float32 // how much the form alone tells
}

// longestCompact bounds the identifiers that are looked for.
const longestCompact = 32

// shelf holds the identities of one length of compact form, those that may be all
// digits or those that have letters.
type shelf struct {
	all []identity
	// loose are those of all that one group of so many characters may be where no
	// word announces them, those that are worth most first.
	loose []int16
}

// outlined are the identities on a shelf that groups of one outline may be where
// no word announces them.
type outlined struct {
	outline outline // 0 is none
	of      []int16
	// What check and form are worth at most, where the form tells nothing and where
	// it tells something.
	plain, telling float32
}

// shelves are by length, and apart for what is all digits and what is not.
type shelves struct {
	of       [2][longestCompact + 1]shelf
	outlined [2][outlinedSize]outlined // by hash
	// single says for which lengths some identity is loose.
	single [2]uint64
	// lengths are those of the identifiers that a topic announces, bit for bit. The
	// topics from firstCountry on do so only where another says that it is some
	// country's number.
	lengths      [len(topics{}) * 64][2]uint64
	firstCountry topic
}

const outlinedSize = 1 << 10

// outline is how many characters the groups of a number have and what stands
// between them. Different ones are seldom the same.
type outline uint64

// with adds a group of so many characters behind a separator.
func (o outline) with(sep byte, size int) outline {
	return (o ^ outline(sep)<<8 ^ outline(size)) * odd
}

// outlineOf is that of a written form, and how many characters its groups have.
func outlineOf(form string) (o outline, n int) {
	sep, from := byte(0), 0
	for i := range len(form) + 1 {
		if i == len(form) || classes[form[i]]&isAlnum == 0 {
			o = o.with(sep, i-from)
			n += i - from
			if i < len(form) {
				sep, from = form[i], i+1
			}
		}
	}
	return o, n
}

// at is where what has an outline is, or would be.
func (s *shelves) at(class int, o outline) *outlined {
	for at := o >> 54; ; at = (at + 1) % outlinedSize {
		if found := &s.outlined[class][at]; found.outline == o || found.outline == 0 {
			return found
		}
	}
}

// put places an identity on the shelf of its length.
func (s *shelves) put(class, n int, it identity) {
	on := &s.of[class][n]
	index := int16(len(on.all))
	on.all = append(on.all, it)
	s.lengths[it.topic][class] |= 1 << n
	if it.country != 0 {
		s.lengths[it.country][class] |= 1 << n
	}
	if !it.alone {
		return
	}
	on.loose = append(on.loose, index)
	slices.SortStableFunc(on.loose, func(a, b int16) int { return cmp.Compare(on.all[b].points, on.all[a].points) })
	s.single[class] |= 1 << n
	for _, w := range it.written {
		o, size := outlineOf(w.form)
		if size != n {
			continue
		}
		at := s.at(class, o)
		at.outline = o
		if !slices.Contains(at.of, index) {
			at.of = append(at.of, index)
		}
		if w.points == 0 {
			at.plain = max(at.plain, it.points)
		} else {
			at.telling = max(at.telling, it.points+w.points)
		}
	}
}

// The classes of compact forms.
const (
	onlyDigits = iota
	withLetters
)

// enough is how many points make a finding.
const enough = 1.5

func (v *vocabulary) readIdentifiers() {
	o, _ := outlineOf(thaiAccount) // no identifier, but found as one is
	*v.shelves.at(onlyDigits, o) = outlined{outline: o, plain: enough + leadingZero}
	all := identifier.All()
	next := firstIdentifier + topic(len(all))
	v.shelves.firstCountry = next
	countries := map[string]topic{}
	for i, id := range all {
		e, _ := entityIn(v.entities, id.Entity)
		t := firstIdentifier + topic(i)
		for _, phrase := range id.Context {
			v.announce(strings.ToLower(phrase), t)
		}
		it := identity{entity: e, topic: t, check: id.Check, proves: id.Odds <= .15,
			points: float32(-math.Log10(max(id.Odds, 1e-6)))}
		if id.Element == "id.tax" {
			it.kind = aboutTax
		} else {
			it.kind = aboutIdentity
		}
		if len(id.Named) > 0 && countries[id.Country] == 0 {
			countries[id.Country] = next
			for _, phrase := range id.Named {
				v.announce(phrase, next)
			}
			next++
		}
		it.country = countries[id.Country]
		telling := float32(0)
		for _, w := range id.Written {
			it.written = append(it.written, written{w, formPoints(w)})
			it.sizes |= 1 << min(len(w), 63)
			telling = max(telling, formPoints(w))
		}
		it.alone = it.points+telling+bonus(id.Shapes) >= enough
		placed := [2][longestCompact + 1]bool{}
		for _, shape := range id.Shapes {
			n := len(shape)
			if n > longestCompact || n < 5 {
				continue
			}
			letters := strings.Trim(shape, "X0123456789") != ""
			if !letters && !placed[0][n] {
				placed[0][n] = true
				v.shelves.put(onlyDigits, n, it)
			}
			if (letters || strings.Contains(shape, "X")) && !placed[1][n] {
				placed[1][n] = true
				v.shelves.put(withLetters, n, it)
			}
		}
	}
}

// bonus is the most that letters and length add to the points of a check.
func bonus(shapes []string) float32 {
	most := float32(0)
	for _, s := range shapes {
		if strings.Trim(s, "0123456789") != "" || len(s) >= 13 {
			most = .5
		}
	}
	return most
}

// formPoints is how much a written form tells: nothing if telephone numbers,
// dates and amounts are written so, more with two kinds of separators.
func formPoints(form string) float32 {
	sizes, kinds, last := []int{0}, 0, byte(0)
	for _, c := range []byte(form) {
		if c == '9' || c == 'A' || c == 'X' || classes[c]&isAlnum != 0 {
			sizes[len(sizes)-1]++
			continue
		}
		if c != last {
			kinds++
			last = c
		}
		sizes = append(sizes, 0)
	}
	equal := true
	for _, n := range sizes {
		equal = equal && n == sizes[0]
	}
	common := false
	switch key := string(digitsOf(sizes)); key {
	case "334", "344", "244", "234", "433", "434", "333", "422", "224", "222", "44", "34", "43", "36", "37", "26", "27", "343", "323", "442", "424", "335":
		common = true
	}
	switch {
	case strings.ContainsAny(form, "AX") && len(sizes) > 1:
		return .5
	case len(sizes) == 1 || equal || common:
		return 0
	case kinds > 1:
		return 1.5
	case strings.Contains(form, " ") || len(sizes) == 2:
		return .5
	}
	return 1.5
}

func digitsOf(sizes []int) (key []byte) {
	for _, n := range sizes {
		key = append(key, byte('0'+n))
	}
	return key
}

// compact is a run of tokens joined by single separators, as one word in upper
// case.
type compact struct {
	text    [longestCompact]byte
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
	n, class, o, sep := 0, onlyDigits, outline(0), byte(0)
	for j := i; j < len(f.tokens) && j < i+9; j++ {
		t := &f.tokens[j]
		n += t.len()
		if t.kind&(isLatin|isWide) != 0 || n > longestCompact || t.kind&isUpper != 0 && t.kind&isLower != 0 {
			return
		}
		if t.kind&isDigit == 0 && (t.kind&isLower != 0 || t.len() > 5) {
			return // a word
		}
		if t.kind != isDigit {
			class = withLetters
		}
		o = o.with(sep, t.len())
		// What costs little comes first: most are nothing that could be found.
		if f.mayIdentify(class, n, start, j == i, o) && f.ends(int(t.end)) && !f.numberGoesOn(int(t.end)) {
			f.offerIdentity(f.joined(i, j+1, o), start, int(t.end))
		}
		if sep = f.oneSeparator(int(t.end), f.next(j, len(f.text))); sep == 0 {
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
// of the text announce.
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
	if f.topics.has(aboutPassport) || f.topics.has(aboutLicence) || f.topics.has(aboutAccount) {
		for class := range f.announced {
			f.announced[class] |= (1<<(longestDocument+1) - 1) &^ (1<<shortestDocument - 1)
		}
	}
}

// joined is the compact form of tokens from one up to another.
func (f *Finder) joined(from, to int, o outline) *compact {
	c := &f.compact
	c.n, c.groups, c.letters, c.lower, c.outline = 0, 0, 0, false, o
	for j := from; j < to; j++ {
		f.join(c, &f.tokens[j])
	}
	return c
}

// join adds a token to the compact form.
func (f *Finder) join(c *compact, t *token) {
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
	c.groups++
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

// offerIdentity weighs what is known of one compact form.
func (f *Finder) offerIdentity(c *compact, start, end int) {
	f.document(c, start, end)
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
		least := enough - c.telling(-1, 0)
		for _, k := range on.loose {
			if on.all[k].points < least {
				break
			}
			f.weigh(&on.all[k], c, start, end)
		}
	default:
		for _, k := range f.vocab.shelves.at(class, c.outline).of {
			f.weigh(&on.all[k], c, start, end)
		}
	}
}

// weigh adds what a compact form is taken for, if what is known of it weighs enough.
func (f *Finder) weigh(it *identity, c *compact, start, end int) {
	told, named := f.near(it.topic, start, end), it.country != 0 && f.near(it.country, start, end) >= 0
	if told < 0 && named {
		told = f.near(it.kind, start, end)
	}
	if !f.on[it.entity] || told < 0 && !it.alone {
		return
	}
	form, ok := f.formOf(it, c, start, end)
	if !ok && told < 0 {
		return
	}
	points := it.points + form + c.telling(told, form)
	words := float32(0)
	if told >= 0 {
		words = 2
	}
	if points+words < enough || !it.check(c.text[:c.n]) {
		return
	}
	points += words - f.against(told, form, start, end)
	if points < enough {
		return
	}
	why := "form and check of the number"
	if told >= 0 {
		why = "form and check of the number, and a word that announces it"
	}
	score := identityScore(points, told)
	if named {
		score = min(1, score+.05)
	}
	f.add(it.entity, start, end, score, it.proves && points >= 2 && ok, why)
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
// since 1970 up to some day from 2014 on.
func looksLikeTime(digits []byte) bool {
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
