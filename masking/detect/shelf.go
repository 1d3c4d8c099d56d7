package detect

import (
	"cmp"
	"math"
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

// outlined are the written forms of one outline of identities that may be found
// where no word announces them.
type outlined struct {
	outline outline // 0 is none
	forms   []writing
	// What check and form are worth at most, where the form tells nothing and where
	// it tells something.
	plain, telling float32
}

// writing is an identity on the shelf of an outline's length, in one of the forms in
// which it is written.
type writing struct {
	identity int16
	digits   bool // the form asks for digits, and for no particular ones
	written
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
		at.forms = append(at.forms, writing{index, strings.Trim(w.form, "9 -./*+") == "", w})
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
