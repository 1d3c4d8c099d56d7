package identifier

import "lethe/masking/internal/digit"

func newZealand() []Identifier {
	return []Identifier{{
		Entity: "NZ_IRD", Country: "NZ", About: "New Zealand tax number", Element: "id.tax",
		Shapes: []string{"999999999", "99999999"}, Written: []string{"999-999-999", "99-999-999", "999 999 999", "99 999 999"},
		Check: newZealandTax, Odds: 0.09,
		Context: []string{"ird", "ird number", "inland revenue", "tax number"},
	}, {
		Entity: "NZ_NHI", Country: "NZ", About: "New Zealand national health index number", Element: "health.insurance",
		Shapes: []string{"AAA9999", "AAA99AA"}, Written: []string{"AAA9999", "AAA 9999", "AAA99AA"},
		Check: newZealandHealth, Odds: 0.07,
		Context: []string{"nhi", "national health index", "health number"},
	}}
}

// newZealandTax counts again under other weights where the check digit is ten.
func newZealandTax(b []byte) bool {
	n := number(b)
	if n <= 10_000_000 || n >= 150_000_000 {
		return false
	}
	head, check := b[:len(b)-1], last(b)
	var first, second int
	if len(head) == 8 {
		first, second = sum(head, 3, 2, 7, 6, 5, 4, 3, 2), sum(head, 7, 4, 3, 2, 5, 2, 7, 6)
	} else {
		first, second = sum(head, 2, 7, 6, 5, 4, 3, 2), sum(head, 4, 3, 2, 5, 2, 7, 6)
	}
	c := (11 - first%11) % 11
	if c == 10 {
		c = (11 - second%11) % 11
	}
	return c == check
}

// newZealandHealth is the form of 1993, modulo 11, or that of 2019, whose last
// letter counts modulo 24, modulo 23 in an earlier printing of HISO 10046.
func newZealandHealth(b []byte) bool {
	const letters = "-ABCDEFGHJKLMNPQRSTUVWXYZ"
	s := 0
	for i, c := range b[:6] {
		v := int(c) - '0'
		if isLetter(c) {
			if v = index(letters, c); v < 0 {
				return false
			}
		}
		s += v * (7 - i)
	}
	if digit.Is(b[6]) {
		return digit.Is(b[5]) && s%11 != 0 && (11-s%11)%10 == last(b)
	}
	return letters[24-s%24] == b[6] || letters[23-s%23] == b[6]
}
