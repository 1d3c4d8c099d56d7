package detect

import (
	"math"
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

// shelf holds identities by the length of their compact form.
type shelf struct {
	digits [longestCompact + 1][]identity // that may be all digits
	mixed  [longestCompact + 1][]identity // that have letters
}

// enough is how many points make a finding.
const enough = 1.5

func (v *vocabulary) readIdentifiers() {
	all := identifier.All()
	next := firstIdentifier + topic(len(all))
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
				v.shelf.digits[n] = append(v.shelf.digits[n], it)
			}
			if (letters || strings.Contains(shape, "X")) && !placed[1][n] {
				placed[1][n] = true
				v.shelf.mixed[n] = append(v.shelf.mixed[n], it)
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
	n       int
	groups  int
	letters int // switches between letters and digits count
	lower   bool
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
	*c = compact{}
	for j := i; j < len(f.tokens) && c.groups < 9; j++ {
		t := &f.tokens[j]
		if t.kind&(isLatin|isWide) != 0 || c.n+t.len() > longestCompact || t.kind&isUpper != 0 && t.kind&isLower != 0 {
			return
		}
		if j > i && !f.oneSeparator(int(f.tokens[j-1].end), int(t.start)) {
			return
		}
		if t.kind&isDigit == 0 && (t.kind&isLower != 0 || t.len() > 5) {
			return // a word
		}
		f.join(c, t)
		if end := int(t.end); c.n >= 5 && c.letters < c.n && f.ends(end) && !f.numberGoesOn(end) {
			f.offerIdentity(c, start, end)
		}
	}
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

// oneSeparator reports whether one sign that parts groups stands between two
// tokens.
func (f *Finder) oneSeparator(from, to int) bool {
	if to-from != 1 {
		return false
	}
	switch f.text[from] {
	case ' ', '-', '.', '/', '*', '+':
		return true
	}
	return false
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
	list := f.vocab.shelf.digits[c.n]
	if c.letters > 0 {
		list = f.vocab.shelf.mixed[c.n]
	}
	least := enough - c.telling(-1, 0)
	for k := range list {
		// What costs little comes first: most are refused before their check.
		it := &list[k]
		named := it.country != 0 && f.topics.has(it.country)
		announced := f.topics.has(it.topic) || named && f.topics.has(it.kind)
		if !f.on[it.entity] || !announced && (!it.alone || c.groups == 1 && it.points < least) {
			continue
		}
		form, ok := f.formOf(it, c, start, end)
		told := -1
		if named {
			named = f.near(it.country, start, end) >= 0
		}
		if announced {
			told = f.near(it.topic, start, end)
		}
		if told < 0 && named && announced {
			told = f.near(it.kind, start, end)
		}
		if !ok && told < 0 {
			continue
		}
		points := it.points + form + c.telling(told, form)
		words := float32(0)
		if told >= 0 {
			words = 2
		}
		if points+words < enough || !it.check(c.text[:c.n]) {
			continue
		}
		points += words - f.against(told, form, start, end)
		if points < enough {
			continue
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
}

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
		points -= 1.5 // as telephone numbers begin
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
