package demo

import (
	"strings"
	"testing"
)

func TestColumnsStandBelowOneAnotherInEveryScript(t *testing.T) {
	for text, want := range map[string]int{"": 0, "Köln": 4, "Ko\u0308ln": 4, "ศรีปัญญาดี": 7, "เชียงใหม่": 7, "น้ำ": 2, "陳大文": 6, "ﾃｽﾄ": 3, "a\u200bb": 2} {
		if got := cells(text); got != want {
			t.Errorf("%q takes %d columns, want %d", text, got, want)
		}
		if got := cells(pad(text, 12)); got != 12 {
			t.Errorf("%q padded takes %d columns", text, got)
		}
	}
}

func TestCuttingSplitsNoLetterFromItsMarks(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"short", 5, "short"}, {"longer", 5, "long…"}, {"ดีดีดี", 3, "ดีดีดี"}, {"ดีดีดี", 2, "ดี…"}, {"陳大文", 4, "陳…"}, {"two\nlines", 20, "two lines"},
	} {
		if got := cut(c.text, c.n); got != c.want {
			t.Errorf("%q cut to %d is %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func TestRowsFitTheTerminal(t *testing.T) {
	rows := []Customer{{Country: "TH", Columns: []Cell{
		{"national_id", strings.Repeat("ดี", 60), strings.Repeat("x", 100)}, {"id", "1", "2"},
	}}}
	for _, columns := range []int{60, 80, 120, 200} {
		var b strings.Builder
		show(&b, columns, rows)
		for _, line := range strings.Split(b.String(), "\n") {
			if cells(line) > columns {
				t.Errorf("%d columns: a line takes %d", columns, cells(line))
			}
		}
	}
}
