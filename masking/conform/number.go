package conform

import (
	"bytes"
	"math/bits"
)

// number is an exact decimal number of any size. Most are small: an integer and
// how many of its digits stand after the point.
type number struct {
	small bool
	neg   bool
	units uint64 // of a small one: up to 18 digits
	scale uint8  // of a small one

	// Of any other: 0.d1d2… × 10^point, digits without zeros around them; none
	// for zero.
	digits []byte
	point  int64
}

// numberOf reads a number of a schema.
func numberOf(text []byte) number {
	var x number
	if x.small = x.readSmall(text); !x.small {
		x, _ = large(nil, text)
	}
	return x
}

// read reads the number that text is, into the checker's room where it must. It
// is false for one whose exponent is beyond all reason.
func (c *Checker) read(x *number, text []byte) (ok bool) {
	if x.small = x.readSmall(text); x.small {
		return true
	}
	*x, ok = large(c.digits[:0], text)
	c.digits = x.digits[:0]
	return ok
}

// readSmall reads a number without exponent of at most 18 digits.
func (x *number) readSmall(text []byte) bool {
	if len(text) > 20 {
		return false
	}
	neg, units, scale := text[0] == '-', uint64(0), 0
	if neg {
		text = text[1:]
	}
	digits := len(text)
	for i, c := range text {
		switch {
		case c-'0' <= 9:
			units = units*10 + uint64(c-'0')
		case c == '.':
			scale = len(text) - 1 - i
			digits--
		default:
			return false
		}
	}
	x.neg, x.units, x.scale = neg && units != 0, units, uint8(scale)
	return digits <= 18
}

// farthest bounds exponents, so that arithmetic on them cannot overflow.
const farthest = 1 << 40

// large reads any number, appending its digits to dst.
func large(dst, text []byte) (x number, ok bool) {
	x.neg = text[0] == '-'
	if x.neg {
		text = text[1:]
	}
	mantissa, exponent := text, []byte(nil)
	if e := bytes.IndexAny(text, "eE"); e >= 0 {
		mantissa, exponent = text[:e], text[e+1:]
	}
	point := int64(len(mantissa))
	if dot := bytes.IndexByte(mantissa, '.'); dot >= 0 {
		point = int64(dot)
		dst = append(append(dst, mantissa[:dot]...), mantissa[dot+1:]...)
	} else {
		dst = append(dst, mantissa...)
	}
	x.digits = dst
	zeros := 0
	for zeros < len(dst) && dst[zeros] == '0' {
		zeros++
	}
	n := copy(dst, dst[zeros:])
	for n > 0 && dst[n-1] == '0' {
		n--
	}
	x.digits = dst[:n]
	if n == 0 {
		x.neg = false
		return x, true
	}
	e, ok := exponentOf(exponent)
	x.point = point - int64(zeros) + e
	return x, ok
}

func exponentOf(text []byte) (e int64, ok bool) {
	neg := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		neg, text = text[0] == '-', text[1:]
	}
	for _, c := range text {
		if e = e*10 + int64(c-'0'); e > farthest {
			return 0, false
		}
	}
	if neg {
		e = -e
	}
	return e, true
}

// isInteger reports whether text is a number without fraction: 1.0 and 1e2 are.
func (c *Checker) isInteger(text []byte) bool {
	if bytes.IndexByte(text, '.') < 0 && !bytes.ContainsAny(text, "eE") {
		return true
	}
	x, ok := large(c.digits[:0], text)
	c.digits = x.digits[:0]
	if !ok { // of a number so far from 1 only the exponent's sign matters
		return bytes.IndexByte(text[bytes.IndexAny(text, "eE"):], '-') < 0
	}
	return x.point >= int64(len(x.digits))
}

// pow10 are the powers of ten that fit.
var pow10 = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// compare orders x and y as cmp.Compare does.
func (x *number) compare(y *number) int {
	if x.small && y.small {
		return x.compareSmall(y)
	}
	var roomX, roomY [20]byte
	a, b := x.spread(&roomX), y.spread(&roomY)
	switch {
	case len(a.digits) == 0 && len(b.digits) == 0:
		return 0
	case len(a.digits) == 0:
		return sign(!b.neg)
	case len(b.digits) == 0, a.neg != b.neg:
		return sign(a.neg)
	case a.point != b.point:
		return sign((a.point < b.point) != a.neg)
	}
	c := bytes.Compare(a.digits, b.digits)
	if a.neg {
		return -c
	}
	return c
}

func (x *number) compareSmall(y *number) int {
	if x.neg != y.neg {
		return sign(x.neg)
	}
	var c int
	switch {
	case x.scale == y.scale:
		c = compareWide(0, x.units, 0, y.units)
	case x.scale < y.scale:
		hi, lo := bits.Mul64(x.units, pow10[y.scale-x.scale])
		c = compareWide(hi, lo, 0, y.units)
	default:
		hi, lo := bits.Mul64(y.units, pow10[x.scale-y.scale])
		c = compareWide(0, x.units, hi, lo)
	}
	if x.neg {
		return -c
	}
	return c
}

func compareWide(hi, lo, otherHi, otherLo uint64) int {
	switch {
	case hi != otherHi:
		return sign(hi < otherHi)
	case lo != otherLo:
		return sign(lo < otherLo)
	}
	return 0
}

func sign(less bool) int {
	if less {
		return -1
	}
	return 1
}

// spread is x with its digits written out.
func (x *number) spread(room *[20]byte) number {
	if !x.small {
		return *x
	}
	i := len(room)
	for u := x.units; u > 0; u /= 10 {
		i--
		room[i] = byte('0' + u%10)
	}
	digits := room[i:]
	y := number{neg: x.neg, point: int64(len(digits)) - int64(x.scale)}
	y.digits = bytes.TrimRight(digits, "0")
	return y
}

// multipleOf reports whether x is a multiple of m, which is above zero; not
// known of a large m.
func (x *number) multipleOf(m *number) (multiple, known bool) {
	switch {
	case !m.small || m.units == 0:
		return false, false
	case !x.small:
		return x.multipleOfSmall(m), true
	case x.scale > m.scale:
		hi, lo := bits.Mul64(m.units, pow10[x.scale-m.scale])
		return x.units == 0 || hi == 0 && x.units%lo == 0, true
	}
	hi, lo := bits.Mul64(x.units, pow10[m.scale-x.scale])
	return bits.Rem64(hi, lo, m.units) == 0, true
}

// multipleOfSmall does so for a large x, which is D × 10^e with an integer D that
// ten does not divide.
func (x *number) multipleOfSmall(m *number) bool {
	zeros := x.point - int64(len(x.digits)) + int64(m.scale)
	if zeros < 0 {
		return len(x.digits) == 0
	}
	rest := uint64(0) // of D × 10^zeros by m's units
	for _, d := range x.digits {
		rest = shift(rest, uint64(d-'0'), m.units)
	}
	// Units of at most 18 digits have fewer than 64 factors two or five.
	for range min(zeros, 64) {
		rest = shift(rest, 0, m.units)
	}
	return rest == 0
}

// shift is 10 × rest + digit modulo m.
func shift(rest, digit, m uint64) uint64 {
	hi, lo := bits.Mul64(rest, 10)
	lo, carry := bits.Add64(lo, digit, 0)
	return bits.Rem64(hi+carry, lo, m)
}

// bound is a minimum or maximum, exclusive or not.
type bound struct {
	keyword  string
	value    number
	sign     int // -1 for a minimum, 1 for a maximum
	included bool
}

func (b *bound) holds(x *number) bool {
	c := x.compare(&b.value)
	return c == 0 && b.included || c != 0 && c != b.sign
}
