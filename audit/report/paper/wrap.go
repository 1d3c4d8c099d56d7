package paper

import (
	"strings"
	"unicode"
)

// Wrap breaks a text into lines of at most width. Lines break at spaces; Thai, which
// writes none between words, also before vowels that begin a syllable, and where there
// is nothing better between letters with their marks. Newlines stay.
func (p *Paper) Wrap(s string, width, size float64, heavy bool) (lines []string) {
	for _, part := range strings.Split(s, "\n") {
		lines = append(lines, p.wrap([]rune(part), width, size, heavy)...)
	}
	return lines
}

func (p *Paper) wrap(text []rune, width, size float64, heavy bool) (lines []string) {
	f, _ := p.face(heavy)
	for {
		ends := make([]float64, len(text)+1) // width of the text up to a rune
		for _, g := range f.shape(string(text)) {
			ends[g.rune+1] += g.advance * size
		}
		for i := range text {
			ends[i+1] += ends[i]
		}
		fit := 0
		for fit < len(text) && ends[fit+1] <= width {
			fit++
		}
		if fit >= len(text) {
			return append(lines, strings.TrimRight(string(text), " "))
		}
		at := breakAt(text, max(fit, 1))
		lines = append(lines, strings.TrimRight(string(text[:at]), " "))
		text = []rune(strings.TrimLeft(string(text[at:]), " "))
	}
}

// breakAt finds the best place to break at or before fit.
func breakAt(text []rune, fit int) int {
	best, grade := fit, 0
	for i := fit; i > 0 && i < len(text); i-- {
		g := breakGrade(text[i-1], text[i])
		if g == 3 {
			return i // nothing is better than a space, and the last one is the best
		}
		if g > grade && (g > 1 || grade == 0) {
			if g == 2 && i < fit*2/3 && grade > 0 {
				continue
			}
			best, grade = i, g
		}
		if i < fit/2 && grade > 0 {
			break
		}
	}
	return best
}

// breakGrade says how well a line breaks between two runes: 3 at a space, 2 where a
// word may well begin, 1 where no letter loses its marks, 0 not at all.
func breakGrade(before, after rune) int {
	switch {
	case before == ' ':
		return 3
	case after == ' ':
		return 0
	case unicode.Is(unicode.Mn, after), strings.ContainsRune("ะาำๆฯๅ", after):
		return 0
	case before >= 'เ' && before <= 'ไ':
		return 0
	case after >= 'เ' && after <= 'ไ', strings.ContainsRune("ะๆฯ", before):
		return 2
	case strings.ContainsRune("-/.,;:_@|", before):
		return 2
	case thai(before) != thai(after):
		return 2
	}
	return 1
}
