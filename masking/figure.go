package masking

import (
	"math"
	"math/bits"

	"lethe/masking/internal/digit"
)

// figure is a decimal number: digits × 10^-scale, below zero if neg. Operators
// calculate on it and never on floating point, whose last bit may differ (L6).
type figure struct {
	neg    bool
	digits uint64
	scale  int
}

// mostScale bounds exponents: a number beyond it has no digit that counts.
const mostScale = 400

// parseFigure reads a number as JSON and decimal columns write it, of at most 19
// digits that count.
func parseFigure(text []byte) (f figure, ok bool) {
	if len(text) > 0 && text[0] == '-' {
		f.neg, text = true, text[1:]
	}
	i, pointed, any := 0, false, false
	for ; i < len(text); i++ {
		c := text[i]
		if c == '.' && !pointed && any {
			pointed, any = true, false
			continue
		}
		if !digit.Is(c) {
			break
		}
		any = true
		high, low := bits.Mul64(f.digits, 10)
		if high != 0 || low > math.MaxUint64-9 {
			return f, false
		}
		f.digits = low + uint64(c-'0')
		if pointed {
			f.scale++
		}
	}
	if !any {
		return f, false
	}
	exponent, ok := parseExponent(text[i:])
	f.scale -= exponent
	if f.digits == 0 {
		f.neg, f.scale = false, max(f.scale, 0)
	}
	return f, ok && f.scale <= mostScale && f.scale >= -mostScale
}

// parseExponent reads "", or e and a number.
func parseExponent(text []byte) (n int, ok bool) {
	if len(text) == 0 {
		return 0, true
	}
	if text[0]|0x20 != 'e' || len(text) < 2 {
		return 0, false
	}
	sign := 1
	if text = text[1:]; text[0] == '-' || text[0] == '+' {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	if len(text) == 0 || len(text) > 9 || !digit.All(text) {
		return 0, false
	}
	for _, c := range text {
		n = n*10 + int(c-'0')
	}
	return sign * n, true
}

// floor is the greatest whole number of units of 10^-scale that is not above f.
func (f figure) floor(scale int) (n int64, ok bool) {
	n0, exact := f.digits, true
	for s := f.scale; s > scale && n0 != 0; s-- { // an exponent may ask for 10⁹ rounds
		exact = exact && n0%10 == 0
		n0 /= 10
	}
	for s := f.scale; s < scale && n0 != 0; s++ {
		high, low := bits.Mul64(n0, 10)
		if high != 0 {
			return 0, false
		}
		n0 = low
	}
	if n0 > math.MaxInt64>>1 {
		return 0, false
	}
	if n = int64(n0); f.neg {
		n = -n
		if !exact {
			n--
		}
	}
	return n, true
}

// floorTo is the greatest multiple of step, counted from zero, that is not above n.
func floorTo(n, step int64) int64 {
	r := n % step
	if r < 0 {
		r += step
	}
	return n - r
}

// appendFixed appends n units of 10^-scale as a decimal number.
func appendFixed(dst []byte, neg bool, n uint64, scale int) []byte {
	if neg && n != 0 {
		dst = append(dst, '-')
	}
	var buf [20 + mostScale]byte
	i := len(buf)
	for digits := 0; n != 0 || digits <= scale; digits++ {
		if digits == scale && scale > 0 {
			i--
			buf[i] = '.'
		}
		i--
		buf[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, buf[i:]...)
}

func magnitude(n int64) (neg bool, m uint64) {
	if n < 0 {
		return true, uint64(-n)
	}
	return false, uint64(n)
}
