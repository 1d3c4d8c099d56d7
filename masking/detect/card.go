package detect

import (
	"slices"
	"strconv"

	"lethe/masking/internal/checkdigit"
)

// cardRange is a range of first digits of a brand of payment cards, and how
// long its numbers are: bit n is n digits.
type cardRange struct {
	from, to string
	lengths  uint32
}

const (
	shortestCard = 12
	longestCard  = 19

	len12to19 = 0xFF << 12
	len14to19 = 0x3F << 14
	len16to19 = 0xF << 16
	len16     = 1 << 16
	len15     = 1 << 15
)

// cardRanges are the issuers' ranges (ISO/IEC 7812). Where they overlap, the
// lengths add up.
var cardRanges = []cardRange{
	{"4", "4", 1<<13 | 1<<16 | 1<<19},       // Visa
	{"51", "55", len16},                     // Mastercard
	{"2221", "2720", len16},                 // Mastercard
	{"34", "34", len15},                     // American Express
	{"37", "37", len15},                     // American Express
	{"300", "305", len14to19},               // Diners Club
	{"3095", "3095", len14to19},             // Diners Club
	{"36", "36", len14to19},                 // Diners Club
	{"38", "39", len14to19},                 // Diners Club
	{"6011", "6011", len16to19},             // Discover
	{"644", "649", len16to19},               // Discover
	{"65", "65", len16to19},                 // Discover, RuPay, Troy
	{"62", "62", len16to19},                 // UnionPay
	{"60", "60", len16to19},                 // RuPay
	{"81", "82", len16to19},                 // UnionPay, RuPay
	{"508", "508", len16},                   // RuPay
	{"35", "35", len16},                     // JCB, RuPay
	{"3528", "3589", len16to19},             // JCB
	{"2131", "2131", len15},                 // JCB
	{"1", "1", len15},                       // UATP, JCB
	{"50", "50", len12to19},                 // Maestro, Verve, Dankort, Elo
	{"56", "58", len12to19},                 // Maestro
	{"6304", "6304", len12to19},             // Maestro, Laser
	{"636", "639", len16to19},               // InterPayment, InstaPayment, Maestro
	{"67", "67", len12to19},                 // Maestro
	{"0604", "0604", len12to19},             // Maestro
	{"6390", "6390", len12to19},             // Maestro
	{"2200", "2205", len16to19},             // Mir, Borica
	{"9792", "9792", len16},                 // Troy
	{"6334", "6334", 1<<16 | 1<<18 | 1<<19}, // Solo
}

// shortCards begin the cards of twelve digits that are in use: any number of twelve
// digits is too likely to be of the ranges, and to pass the check digit.
var shortCards = [...]int{5018, 5020, 5038, 5893, 6304, 6390, 6759, 6761, 6762, 6763}

// cardLengths is what cardRanges say by a number's first four digits.
var cardLengths = func() (t [10000]uint32) {
	for _, r := range cardRanges {
		low, _ := strconv.Atoi((r.from + "0000")[:4])
		high, _ := strconv.Atoi((r.to + "9999")[:4])
		for i := low; i <= high; i++ {
			t[i] |= r.lengths
		}
	}
	return t
}()

// card offers the groups up to one, which hold 12 to 19 digits.
func (f *Finder) card(n *number, to int) {
	digits := n.upTo(to)
	if !f.on[card] {
		return
	}
	first := int(digits[0]-'0')*1000 + int(digits[1]-'0')*100 + int(digits[2]-'0')*10 + int(digits[3]-'0')
	if cardLengths[first]>>len(digits)&1 == 0 || !checkdigit.Luhn(digits) || !n.isCardGrouping(to) || allSame(digits) {
		return
	}
	start, end := int(n.groups[0].start), int(n.groups[to].end)
	told := f.near(aboutCard, start, end)
	base := float32(.9)
	if len(digits) < 14 {
		base = .75
	}
	if other := f.near(aboutOrder, start, end); other >= 0 && (told < 0 || other < told) {
		// One in ten numbers of orders would pass for a card's. What is grouped or as
		// long as cards are is taken for one all the same (L1).
		if to == 0 && len(digits) != 15 && len(digits) != 16 {
			return
		}
		base = .55
	}
	if len(digits) == 12 && told < 0 && !slices.Contains(shortCards[:], first) {
		return
	}
	f.add(card, start, end, score(base, told), true, "issuer's range and check digit (ISO/IEC 7812)")
}

// isCardGrouping reports whether the groups are as cards are printed.
func (n *number) isCardGrouping(to int) bool {
	if to == 0 {
		return true
	}
	if !n.even(to, " -.") {
		return false
	}
	switch n.sizes(to) {
	case 0x4444, 0x465, 0x464, 0x44443, 0x4441, 0x4442, 0x4443, 0x444, 0x454, 0x88, 0x6a, 0x445, 0x4445, 0x4446, 0x6d:
		return true
	}
	return false
}

func allSame(digits []byte) bool {
	for _, d := range digits {
		if d != digits[0] {
			return false
		}
	}
	return true
}
