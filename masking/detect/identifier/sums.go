package identifier

import (
	"strings"

	"lethe/masking/internal/calendar"
	"lethe/masking/internal/digit"
)

func isLetter(c byte) bool { return 'A' <= c && c <= 'Z' }

// value is that of a digit, or 10 to 35 of a letter.
func value(c byte) int {
	if digit.Is(c) {
		return int(c - '0')
	}
	return int(c-'A') + 10
}

// number is the decimal number that the digits of b write.
func number(b []byte) int {
	n := 0
	for _, c := range b {
		n = n*10 + int(c-'0')
	}
	return n
}

// among reports whether c is one of set.
func among(c byte, set string) bool { return strings.IndexByte(set, c) >= 0 }

// allAmong reports whether every character of b is one of set.
func allAmong(b []byte, set string) bool {
	for _, c := range b {
		if !among(c, set) {
			return false
		}
	}
	return true
}

// same reports whether b repeats one character.
func same(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}

// zeros reports whether b is zeros only.
func zeros(b []byte) bool { return b[0] == '0' && same(b) }

// sum adds the values of b, each times the weight of its place.
func sum(b []byte, weights ...int) int {
	s := 0
	for i, w := range weights {
		s += value(b[i]) * w
	}
	return s
}

// down adds the values of b times first, first-1 and so on.
func down(b []byte, first int) int {
	s := 0
	for i, c := range b {
		s += value(c) * (first - i)
	}
	return s
}

// crossSum adds the digit sums of the products of b with the weights.
func crossSum(b []byte, weights ...int) int {
	s := 0
	for i, w := range weights {
		p := value(b[i]) * w
		s += p/10 + p%10
	}
	return s
}

// mod97 is the remainder of ISO/IEC 7064 MOD 97: a letter stands for two digits.
func mod97(rest int, b []byte) int {
	for _, c := range b {
		if v := value(c); v < 10 {
			rest = (rest*10 + v) % 97
		} else {
			rest = (rest*100 + v) % 97
		}
	}
	return rest
}

// mod1110 is ISO/IEC 7064 MOD 11,10.
func mod1110(b []byte) bool {
	p := 10
	for _, c := range b[:len(b)-1] {
		p = (p + int(c-'0')) % 10
		if p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return (p+int(b[len(b)-1]-'0'))%10 == 1
}

// verhoeff reports whether b ends in its check digit in the dihedral group D5.
func verhoeff(b []byte) bool {
	c := uint8(0)
	for i := range b {
		c = verhoeffStep[i%8][b[len(b)-1-i]&15][c&15]
	}
	return c == 0
}

// verhoeffStep is what a digit makes of the sum of those right of it, by its place
// from the right, itself, and the sum.
var verhoeffStep = func() (t [8][16][16]uint8) {
	const permute = "1576283094" // applied once for each place
	for d := range uint8(10) {
		p := d
		for i := range t {
			for sum := range uint8(10) {
				t[i][d][sum] = dihedral(sum, p)
			}
			p = permute[p] - '0'
		}
	}
	return t
}()

// dihedral multiplies in the dihedral group D5: 0 to 4 turn, 5 to 9 reflect.
func dihedral(a, b uint8) uint8 {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return (a+b-5)%5 + 5
	case b < 5:
		return (a-b)%5 + 5
	}
	return (a - b + 5) % 5
}

// date reports whether the day exists in the Gregorian calendar.
func date(year, month, day int) bool { return calendar.Exists(year, month, day) }

// two is the number that the two digits of b at i write.
func two(b []byte, i int) int { return int(b[i]-'0')*10 + int(b[i+1]-'0') }

// three is the number that the three digits of b at i write.
func three(b []byte, i int) int { return two(b, i)*10 + int(b[i+2]-'0') }

// last is the value of the last character of b.
func last(b []byte) int { return value(b[len(b)-1]) }

// bare is the last n characters of b: without a prefix such as a country's code.
func bare(b []byte, n int) []byte { return b[len(b)-n:] }

// index is where c stands in s, or -1.
func index(s string, c byte) int { return strings.IndexByte(s, c) }
