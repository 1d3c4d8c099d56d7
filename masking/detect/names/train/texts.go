package main

import "unicode"

// texts makes n texts of a rule: one to three choices together, some of them in
// small letters, in capitals or as titles.
func (g *grammar) texts(n int, rule string) []sample {
	out := make([]sample, 0, n)
	for range n {
		s := g.make(rule)
		for g.rng.IntN(3) == 0 && len(s.text) < 300 {
			seps := []string{" ", " ", " ", "\n", "\n", " - ", " | ", "; "}
			s.join(seps[g.rng.IntN(len(seps))], g.make(rule))
		}
		switch g.rng.IntN(100) {
		case 0, 1, 2, 3, 4, 5, 6:
			recase(&s, 0, unicode.ToLower)
		case 7, 8, 9, 10, 11:
			recase(&s, 0, unicode.ToUpper)
		case 12, 13:
			titled := true
			recase(&s, 0, func(r rune) rune {
				up := titled
				titled = r == ' ' || r == '\n' || r == '-'
				if up {
					return unicode.ToUpper(r)
				}
				return r
			})
		case 14, 15, 16, 17:
			unaccent(&s)
		}
		out = append(out, s)
	}
	return out
}

// unaccent writes the text without accents.
func unaccent(s *sample) {
	recase(s, 0, func(r rune) rune {
		for _, p := range plain(string(r)) {
			return p
		}
		return r
	})
}
