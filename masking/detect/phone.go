package detect

import (
	"bytes"

	"lethe/masking/internal/digit"
)

// phone offers the groups of n that begin a telephone number: with a country
// code behind + or 00, with the trunk prefix or the grouping of a country's
// numbering plan, or with a word that announces one.
func (f *Finder) phone(n *number) {
	if len(n.upTo(len(n.groups)-1)) < shortestCall {
		return
	}
	start := int(n.groups[0].start)
	international := false
	switch before := f.byteAt(start - 1); before {
	case '+':
		international = true
		start--
		if f.byteAt(start-1) == '(' {
			start--
		}
	case '(':
		start--
		if f.byteAt(start-1) == '+' {
			international = true
			start--
		}
	case '-', '.', '/', ',', ':':
		if f.isDigitAt(start - 2) {
			return // in the middle of something else
		}
	case '$':
		return
	}
	if start > 0 && !f.free(start) && f.text[start] != '(' {
		return
	}
	c := call{n: n, international: international}
	for to := range min(len(n.groups), 8) {
		c.to, c.sizes = to, c.sizes<<4|uint64(min(n.groups[to].size(), 15))
		if c.digits = n.upTo(to); len(c.digits) < shortestCall {
			continue
		}
		if len(c.digits) > longestCall {
			return
		}
		c.start, c.end = start, int(n.groups[to].end)
		if !f.mayCall(&c) {
			continue
		}
		if f.text[start] == '(' && bytes.Count(f.text[start:c.end], []byte("(")) > bytes.Count(f.text[start:c.end], []byte(")")) {
			c.start++ // it is around the number
		}
		if f.goesOn(&c) || to > 0 && n.groups[0].sep == ' ' && f.byteAt(c.start-1) == '=' && f.near(aboutPhone, c.start, c.end) != 1 {
			continue // what stands behind = ends at a space, unless it is "tel="
		}
		f.offerCall(&c)
	}
}

// The lengths of telephone numbers with what stands before them.
const (
	shortestCall = 7
	longestCall  = 18
)

// call is a stretch of groups that may be a telephone number.
type call struct {
	n             *number
	to            int // the last group
	digits        []byte
	sizes         uint64 // of the groups, a hexadecimal digit each
	start, end    int    // in the text
	international bool
}

// mayCall reports whether a stretch can be a telephone number, as far as its sizes,
// its first digits and the words of the text tell: most groups are none.
func (f *Finder) mayCall(c *call) bool {
	if c.international || f.topics.has(aboutPhone) || f.text[c.start] == '(' {
		return true
	}
	size := len(c.digits)
	if c.digits[0] == '0' {
		return size > 8 || c.digits[1] == '0'
	}
	return size == 10 || size == 11 || tellingCountry(c.sizes, c.n.groups[0].sep, c.digits[0]) != ""
}

// goesOn reports whether what follows belongs to the same number or makes it an
// amount or a time.
func (f *Finder) goesOn(c *call) bool {
	if c.n.extension > 0 && c.to == len(c.n.groups)-1 {
		return false
	}
	if !f.ends(c.end) {
		return true
	}
	switch b := f.byteAt(c.end); b {
	case '-':
		return f.isDigitAt(c.end+1) && f.rangeEnd(c) == c.end
	case '.', '/', ',', ':':
		return f.isDigitAt(c.end + 1)
	case '%':
		return true
	}
	return false
}

// offerCall judges one stretch.
func (f *Finder) offerCall(c *call) {
	digits, base := c.digits, float32(0)
	why := "form of a telephone number, and a word that announces it"
	switch {
	case c.international:
		base, why = f.abroad(c, digits, 0), "country code and numbering plan"
	case f.byteAt(c.start) == '(' && digits[0] != '0' && c.to > 0 && c.n.groups[0].sep == ')' && f.abroad(c, digits, 0) >= .9:
		base, why = .7, "country code and numbering plan" // (351) 910 970 037
	case digits[0] == '0' && digits[1] == '0':
		base, why = f.abroad(c, digits, 2), "country code and numbering plan"
	case digits[0] == '0' && digits[1] == '1' && digits[2] == '1' && len(digits) > 11:
		base, why = f.abroad(c, digits, 3), "country code and numbering plan"
	}
	if home := f.athome(c, digits); home > base && !c.international {
		base, why = home, "national numbering plan"
	}
	if last := len(c.n.groups) - 1; base > 0 && last > c.to && len(c.n.upTo(last))-len(digits) < 7 && c.n.groups[c.to].sep != '/' {
		base -= .2 // it leaves groups behind
	}
	if base == 0 && !c.international && !f.topics.has(aboutPhone) {
		return
	}
	told, other := f.near(aboutPhone, c.start, c.end), f.near(aboutOrder, c.start, c.end)
	if c.international && base == 0 && (told >= 0 || c.to > 0) && len(digits) <= 15 {
		base = .45
	}
	if other >= 0 && (told < 0 || other < told) && !c.international {
		if base < .6 || c.to == 0 {
			return
		}
		base -= .1
	}
	if told >= 0 && base == 0 && told <= 40 && len(digits) <= 15 && c.n.isCallGrouping(c.to) {
		base = .3
	}
	if base < .5 && f.byteAt(c.start-1) == ' ' && f.isDigitAt(c.start-2) {
		base -= .2 // it leaves a group before it
	}
	if base <= 0 || told < 0 && base < .5 && !c.international {
		return
	}
	f.add(phone, c.start, f.extension(c), score(base, told), false, why)
}

// abroad judges a number with a country code, which begins at digits[skip].
func (f *Finder) abroad(c *call, digits []byte, skip int) float32 {
	var buffer [maxDigits]byte
	rest := buffer[:0]
	for i := range c.to + 1 {
		g := &c.n.groups[i]
		if i > 0 && g.size() == 1 && c.n.digits[g.at] == '0' && c.n.groups[i-1].sep == '(' {
			continue // (0) is not dialled from abroad
		}
		rest = append(rest, c.n.digits[g.at:g.stop]...)
	}
	if len(rest) <= skip {
		return 0 // nothing but (0)
	}
	rest = rest[skip:]
	code, value := 0, 0
	for i := 0; i < 3 && i < len(rest); i++ {
		value = value*10 + int(rest[i]-'0')
		if value > 0 && f.vocab.plans.byCode[value].lengths != 0 {
			code = i + 1
			break
		}
	}
	if code == 0 || rest[0] == '0' {
		return 0
	}
	entry := f.vocab.plans.byCode[value]
	rest = rest[code:]
	if len(rest) > 15 || len(rest) == 0 {
		return 0
	}
	if value == 1 {
		if len(rest) == 10 && rest[0] >= '2' {
			return .85
		}
		return 0
	}
	if entry.plan > 0 {
		p, i := f.vocab.plans, int(entry.plan-1)
		if p.holding(rest).has(i) || p.national[i].trunk != "" && rest[0] == '0' && p.holding(rest[1:]).has(i) {
			return .9
		}
	}
	if entry.lengths>>len(rest)&1 != 0 {
		return .75
	}
	return 0
}

// athome judges a number as people write it inside a country: .5 and more tells
// by itself.
func (f *Finder) athome(c *call, digits []byte) float32 {
	sizes, plans := c.sizes, f.vocab.plans
	best := f.northAmerican(c, digits, sizes)
	if digits[0] == '0' {
		return max(best, f.behindTrunk(c, digits, sizes))
	}
	if country := tellingCountry(sizes, c.n.groups[0].sep, digits[0]); country != "" && best < .5 {
		rest := digits
		if country == "RU" {
			rest = digits[1:] // the trunk prefix is 8
		}
		if plans.holding(rest).and(plans.of[country]).some() {
			return .5
		}
	}
	if best >= .4 || !f.topics.has(aboutPhone) {
		return best
	}
	switch holding := plans.holding(digits); {
	case !holding.some():
	case holding.and(plans.writing(sizes)).some() && c.n.isCallGrouping(c.to):
		return .4
	default:
		best = max(best, .2)
	}
	return best
}

// behindTrunk judges a number that begins with 0.
func (f *Finder) behindTrunk(c *call, digits []byte, sizes uint64) (best float32) {
	if len(digits) <= 8 {
		return 0
	}
	plans := f.vocab.plans
	even, writing := c.n.even(c.to, " -.)/"), plans.writing(sizes)
	for trunk, prefixed := range [...]planSet{1: plans.behind0, 2: plans.behind[digits[1]-'0']} { // Hungary dials 06
		if !prefixed.some() || c.to == 1 && c.n.groups[0].sep == '.' { // 05608.656907 is a time in a log
			continue
		}
		switch holding := plans.holding(digits[trunk:]).and(prefixed); {
		case !holding.some():
		case c.to == 0 && len(digits) <= 11:
			best = max(best, .55)
		case c.to == 0:
		case even && sizes != 0x324 && holding.and(writing).some():
			return .7
		case holding.and(writing).some():
			best = max(best, .65)
		case c.n.isCallGrouping(c.to):
			best = max(best, .5)
		}
	}
	if best > 0 {
		if sizes == 0x324 {
			return min(best, .4) // as numbers of social security are written
		}
		return best
	}
	if holding := plans.holding(digits).and(plans.without); holding.some() { // Italy dials the 0
		if best = .4; c.to > 0 && even && holding.and(writing).some() {
			return .6
		}
	}
	return best
}

// tellingCountry is the country for whose telephone numbers alone a grouping
// without trunk prefix is in use, empty if others use it.
func tellingCountry(sizes uint64, sep, first byte) string {
	switch {
	case sizes == 0x44 && sep == ' ' && (first == '6' || first >= '8'):
		return "SG"
	case sizes == 0x344 && first == '1':
		return "CN"
	case sizes == 0x254 || sizes == 0x244 && sep == ')':
		return "BR"
	case sizes == 0x144 && first == '9':
		return "CL"
	case sizes == 0x55 && first >= '6':
		return "IN"
	case sizes == 0x3222:
		return "ES"
	case sizes == 0x13322:
		return "RU"
	case sizes == 0x3322:
		return "TR"
	case sizes == 0x244 && sep == ' ':
		return "MX"
	}
	return ""
}

// northAmerican judges a number of area code, exchange and line.
func (f *Finder) northAmerican(c *call, digits []byte, sizes uint64) float32 {
	if sizes == 0x1334 && digits[0] == '1' && digits[1] < '2' && c.n.groups[0].sep == '(' {
		return .5 // 1 (181) 555-0199: no area is called so, but nothing else is written so
	}
	if len(digits) == 11 && digits[0] == '1' && (sizes == 0x1334 || sizes == 0xb) {
		digits, sizes = digits[1:], sizes&0xFFF
		if sizes == 0xb {
			sizes = 0xa
		}
	}
	if len(digits) != 10 || digits[0] < '2' {
		return 0
	}
	bracket := f.byteAt(c.start) == '('
	switch {
	case sizes == 0x334 && digits[3] >= '2':
		return .65
	case sizes == 0x334 && (bracket || c.n.groups[0].sep == '-'):
		return .5
	case sizes == 0x37 && bracket, sizes == 0x34 && bracket:
		return .55
	case digits[3] >= '2' && sizes == 0xa:
		return .4
	}
	return 0
}

// isCallGrouping reports whether groups are of sizes that telephone numbers
// have, and not a date or an amount in thousands.
func (n *number) isCallGrouping(to int) bool {
	if to == 0 {
		return true
	}
	sizes := n.sizes(to)
	switch sizes {
	case 0x422:
		return n.digits[n.groups[0].at] == '0' // not a year
	case 0x324, 0x224, 0x222, 0x412, 0x421, 0x124, 0x214, 0x114:
		return false
	}
	if to == 1 && n.groups[0].sep == '.' {
		return false
	}
	first := n.groups[0].size()
	thousands := n.digits[n.groups[0].at] != '0' && first <= 3
	for i := 1; i <= to; i++ {
		if n.groups[i].size() != 3 {
			thousands = false
		}
		if n.groups[i].sep == '.' && i < to && n.groups[i-1].sep != '.' {
			return false
		}
	}
	return !thousands || first == 3 && to == 2 && n.groups[0].sep != '.'
}

// extension is where the number ends with the extension that follows it, as in
// "x123" and "ext. 123".
func (f *Finder) extension(c *call) int {
	if c.n.extension > 0 && c.to == len(c.n.groups)-1 {
		return c.n.extension
	}
	if end := f.rangeEnd(c); end > c.end {
		return end
	}
	i := f.tokenFrom(c.end)
	if i >= len(f.tokens) || int(f.tokens[i].start)-c.end > 2 {
		return c.end
	}
	for j := c.end; j < int(f.tokens[i].start); j++ {
		if b := f.text[j]; b != ' ' && b != ',' && b != '.' {
			return c.end
		}
	}
	t := &f.tokens[i]
	switch word := f.text[t.start:t.end]; {
	case len(word) > 1 && len(word) < 8 && word[0]|0x20 == 'x' && digit.All(word[1:]):
		return int(t.end)
	case string(word) == "x" || string(word) == "ext" || string(word) == "Ext" || string(word) == "extension" || string(word) == "EXT" || string(word) == "ต่อ":
		if i+1 < len(f.tokens) && f.tokens[i+1].kind == isDigit && f.tokens[i+1].len() <= 6 && f.tokens[i+1].start-t.end <= 2 {
			return int(f.tokens[i+1].end)
		}
	}
	return c.end
}

// rangeEnd is where the last digits of the last of several lines end, as in
// 0-2354-5150-2 and 02-142 2555-60.
func (f *Finder) rangeEnd(c *call) int {
	n := 1
	for n < 4 && f.isDigitAt(c.end+n) {
		n++
	}
	if f.byteAt(c.end) != '-' || n < 2 || n > 3 || c.to == 0 || c.digits[0] != '0' || !f.ends(c.end+n) || f.byteAt(c.end+n) == '-' {
		return c.end
	}
	return c.end + n
}
