package shop

import (
	"strconv"
	"strings"
	"time"
)

// digits draws n random digits.
func (g *generator) digits(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(g.IntN(10))
	}
	return b
}

// weighted is the sum of digits times weights.
func weighted(digits []byte, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(digits[i]-'0') * w
	}
	return sum
}

// thaiID is a Thai citizen number: 13 digits, the last from the weights 13 to 2
// modulo 11. Half of them are written with hyphens, as on the card.
func thaiID(g *generator, _ person) string {
	b := g.digits(12)
	b[0] = '1' + byte(g.IntN(8))
	check := (11 - weighted(b, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11) % 10
	s := string(append(b, '0'+byte(check)))
	if g.IntN(2) == 0 {
		return s
	}
	return s[:1] + "-" + s[1:5] + "-" + s[5:10] + "-" + s[10:12] + "-" + s[12:]
}

// nric is a Singaporean NRIC or FIN: a letter for the register, seven digits, and
// a letter from the weights 2 7 6 5 4 3 2.
func nric(g *generator, p person) string {
	b := g.digits(7)
	prefix, letters, add := byte('S'), "JZIHGFEDCBA", 0
	foreign := g.IntN(5) == 0
	if foreign {
		prefix, letters = 'F', "XWUTRQPNMLK"
	}
	if p.born.Year() >= 2000 {
		prefix, add = prefix+1, 4 // T, G
	}
	if !foreign {
		y := p.born.Year() % 100
		b[0], b[1] = '0'+byte(y/10), '0'+byte(y%10)
	}
	check := letters[(weighted(b, 2, 7, 6, 5, 4, 3, 2)+add)%11]
	return string(prefix) + string(b) + string(check)
}

// steuerID is a German tax number: ten digits of which one comes twice and the
// rest at most once, then the ISO/IEC 7064 MOD 11,10 check digit.
func steuerID(g *generator, _ person) string {
	order := g.Perm(10)
	b := make([]byte, 0, 11)
	for _, d := range order[:9] {
		b = append(b, '0'+byte(d))
	}
	if b[0] == '0' {
		b[0], b[8] = b[8], b[0]
	}
	// The doubled digit is one of the nine, put anywhere but first.
	at := 1 + g.IntN(9)
	b = append(b[:at], append([]byte{b[g.IntN(9)]}, b[at:]...)...)
	product := 10
	for _, c := range b {
		sum := (int(c-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	return string(append(b, '0'+byte((11-product)%10)))
}

// dni is a Spanish DNI or, for some, NIE: a number and a letter from it modulo 23.
func dni(g *generator, _ person) string {
	const letters = "TRWAGMYFPDXBNJZSQVHLCKE"
	if g.IntN(8) == 0 {
		first := g.IntN(3)
		b := g.digits(7)
		n, _ := strconv.Atoi(strconv.Itoa(first) + string(b))
		return string("XYZ"[first]) + string(b) + string(letters[n%23])
	}
	b := g.digits(8)
	n, _ := strconv.Atoi(string(b))
	return string(b) + string(letters[n%23])
}

// pesel is a Polish PESEL: the birth date with the century in the month, a
// serial that is odd for men, and a check digit from the weights 1 3 7 9.
func pesel(g *generator, p person) string {
	month := int(p.born.Month())
	if p.born.Year() >= 2000 {
		month += 20
	}
	b := append(two(p.born.Year()%100), two(month)...)
	b = append(b, two(p.born.Day())...)
	b = append(b, g.digits(4)...)
	if odd := (b[9]-'0')%2 == 1; odd != p.male {
		b[9] ^= 1
	}
	check := (10 - weighted(b, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10) % 10
	return string(append(b, '0'+byte(check)))
}

func two(n int) []byte { return []byte{'0' + byte(n/10), '0' + byte(n%10)} }

// bsn is a Dutch BSN: nine digits whose weighted sum, with −1 for the last, is a
// multiple of 11. A sum that would need the digit 10 is drawn again.
func bsn(g *generator, _ person) string {
	for {
		b := g.digits(8)
		check := weighted(b, 9, 8, 7, 6, 5, 4, 3, 2) % 11
		if check < 10 && b[0] != '0' {
			return string(append(b, '0'+byte(check)))
		}
	}
}

// card is a card number that looks like a test card and passes Luhn's check.
func (g *generator) card() string {
	b := []byte(pick(g, []string{"411111", "424242", "400000", "555555", "510510", "520082"}))
	b = append(b, g.digits(9)...)
	sum := 0
	for i, c := range b {
		d := int(c - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	b = append(b, '0'+byte((10-sum%10)%10))
	if g.IntN(2) == 0 {
		return string(b)
	}
	return strings.Join([]string{string(b[:4]), string(b[4:8]), string(b[8:12]), string(b[12:])}, " ")
}

// born draws a birth date of somebody between 18 and 80 when the shop opened.
func (g *generator) born() time.Time {
	return time.Date(1942, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, g.IntN(62*365))
}
