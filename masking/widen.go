package masking

import (
	"bytes"
	"net/netip"
	"strconv"
	"unsafe"

	"lethe/masking/internal/calendar"
	"lethe/masking/internal/digit"
)

// ranges are runs of whole numbers, all of one width.
type ranges struct {
	width, from int64
	bottom, top int64 // numbers below bottom are one, and those from top on
}

func (r ranges) widen(dst, text []byte, _ kinds) ([]byte, bool) {
	n, ok := whole(text)
	switch {
	case !ok:
		return dst, false
	case n < r.bottom:
		return strconv.AppendInt(append(dst, '<'), r.bottom, 10), true
	case n >= r.top:
		return append(strconv.AppendInt(dst, r.top, 10), '+'), true
	}
	low := r.from + floorTo(n-r.from, r.width)
	high := min(low+r.width, r.top) - 1
	low = max(low, r.bottom)
	dst = strconv.AppendInt(dst, low, 10)
	switch {
	case low == high:
		return dst, true
	case low < 0: // a dash would read as a sign
		dst = append(dst, " to "...)
	default:
		dst = append(dst, '-')
	}
	return strconv.AppendInt(dst, high, 10), true
}

// whole is the whole number at or below that which text writes, in any digits.
func whole(text []byte) (int64, bool) {
	var buf [64]byte
	if len(text) > len(buf) {
		return 0, false
	}
	f, ok := parseFigure(appendFigure(buf[:0], text))
	if !ok {
		return 0, false
	}
	return f.floor(0)
}

// spans are what dates lie in.
type spans struct {
	form  dateForm
	write func(dst []byte, year, month int) []byte
}

func (s spans) widen(dst, text []byte, _ kinds) ([]byte, bool) {
	w, ok := s.form.parse(text)
	if !ok || w.short { // two digits do not tell the century
		return dst, false
	}
	year, month, _ := calendar.Civil(w.day)
	return s.write(dst, year, month), true
}

func appendMonth(dst []byte, year, month int) []byte {
	return appendPart(append(appendYear(dst, year, month), '-'), month, 2, false)
}

func appendQuarter(dst []byte, year, month int) []byte {
	return append(appendYear(dst, year, month), '-', 'Q', byte('1'+(month-1)/3))
}

func appendYear(dst []byte, year, _ int) []byte { return appendPart(dst, year, 4, false) }

func appendDecade(dst []byte, year, _ int) []byte {
	return append(appendPart(dst, year/10*10, 4, false), 's')
}

// ages are whole years of life.
type ages struct {
	form  dateForm
	on    int
	dated bool
}

// widen upholds 45 CFR 164.514(b)(2)(i)(C): all ages over 89 are one.
func (a ages) widen(dst, text []byte, kind kinds) ([]byte, bool) {
	age, ok := whole(text)
	if !ok {
		w, isDate := a.form.parse(text)
		if !isDate || kind != kindString || !a.dated || w.short || w.day > a.on {
			return dst, false
		}
		y0, m0, d0 := calendar.Civil(w.day)
		y1, m1, d1 := calendar.Civil(a.on)
		age = int64(y1 - y0)
		if m1 < m0 || m1 == m0 && d1 < d0 {
			age--
		}
	}
	switch {
	case age < 0:
		return dst, false
	case age > 89:
		return append(dst, "90+"...), true
	}
	return strconv.AppendInt(dst, age, 10), true
}

// restricted are the first three digits of the ZIP codes where at most 20,000
// persons live, by the census of 2000, as the guidance of HHS on de-identification
// lists them.
const restricted = "036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893"

// zip3 upholds 45 CFR 164.514(b)(2)(i)(B). A number has lost the zeros that it
// began with.
func zip3(dst, text []byte, kind kinds) ([]byte, bool) {
	var buf [9]byte
	zip := buf[:0]
	if kind == kindNumber {
		for range 5 - min(len(text), 5) {
			zip = append(zip, '0')
		}
	}
	for i, c := range text {
		if c == '-' && i == 5 && len(text) == 10 {
			continue
		}
		if len(zip) == cap(zip) || !digit.Is(c) {
			return dst, false
		}
		zip = append(zip, c)
	}
	if len(zip) != 5 && len(zip) != 9 || kind == kindNumber && len(text) < 3 {
		return dst, false
	}
	for i := 0; i < len(restricted); i += 4 {
		if restricted[i:i+3] == string(zip[:3]) {
			return append(dst, "000"...), true
		}
	}
	return append(dst, zip[:3]...), true
}

// prefixes are networks of so many bits.
type prefixes struct{ bits4, bits6 int }

func (p prefixes) widen(dst, text []byte, _ kinds) ([]byte, bool) {
	text, size, sized := bytes.Cut(text, []byte("/"))
	if len(text) == 0 || bytes.IndexByte(text, '%') >= 0 {
		return dst, false
	}
	// The string lives no longer than the call: an address keeps nothing of it
	// without a zone, and the error is not looked at.
	addr, err := netip.ParseAddr(unsafe.String(&text[0], len(text)))
	if err != nil {
		return dst, false
	}
	bits := p.bits6
	if addr = addr.Unmap(); addr.Is4() {
		bits = p.bits4
	}
	if sized { // a network already
		if len(size) == 0 || len(size) > 3 || !digit.All(size) {
			return dst, false
		}
		n := 0
		for _, c := range size {
			n = n*10 + int(c-'0')
		}
		bits = min(bits, n)
	}
	network, err := addr.Prefix(bits)
	return network.AppendTo(dst), err == nil
}

// grid is of squares whose side is step × 10^-scale.
type grid struct {
	step  int64
	scale int
}

func (g grid) widen(dst, text []byte, kind kinds) ([]byte, bool) {
	x, y, pair := bytes.Cut(text, []byte(","))
	dst, ok := g.corner(dst, x)
	if pair && ok && kind == kindString {
		return g.corner(append(dst, ','), bytes.TrimPrefix(y, []byte(" ")))
	}
	return dst, ok && !pair
}

func (g grid) corner(dst, text []byte) ([]byte, bool) {
	f, ok := parseFigure(text)
	if !ok {
		return dst, false
	}
	n, ok := f.floor(g.scale)
	if !ok {
		return dst, false
	}
	neg, m := magnitude(floorTo(n, g.step))
	return appendFixed(dst, neg, m, g.scale), true
}
