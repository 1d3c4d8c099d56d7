package masking

import (
	"unicode"
	"unicode/utf8"
)

// A kin is a run of characters of one kind: a surrogate has a character of the
// same kin in each place, so it looks as the value does.
type kin struct{ first, last rune }

// kins lists them in the order of their characters. A letter or number that is in
// none of them has no surrogate; everything else stays.
func kins() []kin {
	return []kin{
		{'0', '9'}, {'A', 'Z'}, {'a', 'z'},
		{'À', 'Ö'}, {'Ø', 'Þ'}, {'ß', 'ö'}, {'ø', 'ÿ'},
		{'Ā', 'ſ'},             // Latin Extended-A
		{'Ơ', 'ơ'}, {'Ư', 'ư'}, // of Vietnamese
		{'Α', 'Ρ'}, {'Σ', 'Ω'}, {'α', 'ω'}, // Greek
		{'А', 'Я'}, {'а', 'я'}, // Cyrillic
		{'א', 'ת'}, {'ء', 'ي'}, // Hebrew, Arabic
		{'क', 'ह'},                         // Devanagari
		{'ก', 'ฮ'}, {'ะ', 'ะ'}, {'า', 'ำ'}, // Thai consonants and vowels
		{'ิ', 'ื'}, {'ุ', 'ู'}, {'เ', 'ไ'}, {'่', '๋'}, {'๐', '๙'},
		{'Ạ', 'ỹ'},             // Latin of Vietnamese
		{'ぁ', 'ゖ'}, {'ァ', 'ヺ'}, // kana
		{'一', '鿿'}, {'가', '힣'}, // Han, Hangul
		{'０', '９'}, {'Ａ', 'Ｚ'}, {'ａ', 'ｚ'},
	}
}

// look tells the kin of characters. It is shared and does not change.
type look struct {
	ascii [utf8.RuneSelf]int8 // 1 + index; 0 for what stays
	all   []kin
}

func newLook() *look {
	l := &look{all: kins()}
	for i, k := range l.all {
		for r := k.first; r <= k.last && r < utf8.RuneSelf; r++ {
			l.ascii[r] = int8(i + 1)
		}
	}
	return l
}

// of returns the kin of r. ok is false where r tells something and has none.
func (l *look) of(r rune) (k kin, replaced, ok bool) {
	if r < utf8.RuneSelf {
		if i := l.ascii[r]; i > 0 {
			return l.all[i-1], true, true
		}
		return kin{}, false, true
	}
	lo, hi := 0, len(l.all)
	for lo < hi {
		if m := (lo + hi) / 2; l.all[m].last < r {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo < len(l.all) && l.all[lo].first <= r {
		return l.all[lo], l.all[lo].first < l.all[lo].last, true
	}
	return kin{}, false, !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Co, r) && r != utf8.RuneError
}
