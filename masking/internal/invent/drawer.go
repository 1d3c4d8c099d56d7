package invent

import (
	"fmt"
	"slices"
)

// Drawer draws values of one kind. It is used by one goroutine at a time.
type Drawer struct {
	of    []locale
	kinds []int // the kind's list in each of them

	// Below draws a number from 0 up to, and without, n.
	Below func(n uint64) uint64
	// Told is given every draw that tells something of a person, such as the family
	// name in a mail address.
	Told func(part []byte)

	at    *locale
	drawn []int // the item of each list, -1 before it is drawn
}

// Drawer returns what draws values of a kind in a locale.
func (l *Lists) Drawer(kind, in string) (*Drawer, error) {
	names := []string{in}
	for _, u := range l.unions {
		if u.name == in {
			names = u.of
		}
	}
	d := &Drawer{}
	for _, loc := range l.locales {
		if !slices.Contains(names, loc.name) {
			continue
		}
		n := slices.IndexFunc(loc.lists, func(x list) bool { return x.name == kind })
		if n < 0 {
			return nil, fmt.Errorf("nothing of kind %q in %s", kind, loc.name)
		}
		d.of, d.kinds = append(d.of, loc), append(d.kinds, n)
	}
	if len(d.of) != len(names) {
		return nil, fmt.Errorf("no lists of %q", in)
	}
	return d, nil
}

// Fresh returns one of the same kind for another goroutine.
func (d *Drawer) Fresh() *Drawer { return &Drawer{of: d.of, kinds: d.kinds} }

// Append appends a value.
func (d *Drawer) Append(dst []byte) []byte {
	n := 0
	if len(d.of) > 1 {
		n = int(d.Below(uint64(len(d.of))))
	}
	d.at = &d.of[n]
	d.drawn = d.drawn[:0]
	for range d.at.lists {
		d.drawn = append(d.drawn, -1)
	}
	return d.list(dst, d.kinds[n], false)
}

// list appends the draw of a list, the same wherever it stands in a value.
func (d *Drawer) list(dst []byte, n int, second bool) []byte {
	l := &d.at.lists[n]
	if d.drawn[n] < 0 {
		d.drawn[n] = int(d.Below(uint64(len(l.items))))
	}
	it, start := &l.items[d.drawn[n]], len(dst)
	parts := it.first
	if second && len(it.second) > 0 {
		parts = it.second
	}
	for i := range parts {
		if p := &parts[i]; p.list >= 0 {
			dst = d.list(dst, p.list, p.second)
		} else {
			dst = d.text(dst, p.text)
		}
	}
	if l.told {
		d.Told(dst[start:])
	}
	return dst
}

// letters are those that postal codes have.
const letters = "ABDEFGHJLNPQRSTUWXYZ"

// text appends a text with a draw for each $ % ^.
func (d *Drawer) text(dst []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; c {
		case '$':
			dst = append(dst, '0'+byte(d.Below(10)))
		case '%':
			dst = append(dst, '1'+byte(d.Below(9)))
		case '^':
			dst = append(dst, letters[d.Below(uint64(len(letters)))])
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
