package screen

import (
	"strings"
	"testing"
)

func TestALineIsBrokenAtSpacesAndGoesOnBelowItsText(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"short enough", "short enough"},
		{"one two three four five six", "one two three four\n  five six"},
		{"  → mend the contract now or not", "  → mend the\n    contract now\n    or not"},
		{"  --key  the file with the key", "  --key  the file\n         with the\n         key"},
		{"see /a/very/long/path/that/stays/whole now", "see\n  /a/very/long/path/that/stays/whole\n  now"},
		{"    แก้ไข สัญญา แล้ว เริ่ม ใหม่", "    แก้ไข สัญญา แล้ว\n      เริ่ม ใหม่"},
	} {
		if got := Wrap(c.line, 18); got != c.want {
			t.Errorf("%q became\n%s\nwant\n%s", c.line, got, c.want)
		}
		if got := Wrap(c.line, 0); got != c.line {
			t.Errorf("without a terminal %q became %q", c.line, got)
		}
	}
}

func TestANameIsShortenedInItsMiddle(t *testing.T) {
	for _, c := range []struct {
		name string
		n    int
		want string
	}{{"crm.public.customer/email", 25, "crm.public.customer/email"}, {"crm.public.customer/email", 15, "crm.pub…r/email"}, {"ลูกค้า/ที่อยู่อีเมล", 8, "ลูกค้…อีเมล"}} {
		got := Middle(c.name, c.n)
		if got != c.want || Cells(got) > c.n {
			t.Errorf("%q in %d columns: %q (%d), want %q", c.name, c.n, got, Cells(got), c.want)
		}
	}
}

func FuzzWrapKeepsEveryWord(f *testing.F) {
	f.Add("  → one two  three", 9)
	f.Fuzz(func(t *testing.T, line string, columns int) {
		if strings.ContainsAny(line, "\n") {
			return
		}
		if got, want := strings.Join(strings.Fields(Wrap(line, columns%200)), " "), strings.Join(strings.Fields(line), " "); got != want {
			t.Errorf("%q became %q", want, got)
		}
	})
}

func TestColumnsStandBelowOneAnotherInEveryScript(t *testing.T) {
	for text, want := range map[string]int{"": 0, "Köln": 4, "Ko\u0308ln": 4, "ศรีปัญญาดี": 7, "เชียงใหม่": 7, "น้ำ": 2, "陳大文": 6, "ﾃｽﾄ": 3, "a\u200bb": 2} {
		if got := Cells(text); got != want {
			t.Errorf("%q takes %d columns, want %d", text, got, want)
		}
		if got := Cells(Pad(text, 12)); got != 12 {
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
		{"short", 5, "short"}, {"longer", 5, "long…"}, {"ดีดีดี", 3, "ดีดีดี"}, {"ดีดีดี", 2, "ดี…"}, {"陳大文", 4, "陳…"},
	} {
		if got := Cut(c.text, c.n); got != c.want {
			t.Errorf("%q cut to %d is %q, want %q", c.text, c.n, got, c.want)
		}
	}
}
