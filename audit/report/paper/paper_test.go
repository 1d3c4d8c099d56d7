package paper

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"
	"unicode"
)

func paper(t *testing.T) *Paper {
	t.Helper()
	p, err := New(595, 842)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A tone mark stands above the vowel that is above the letter, not on it; marks take
// no room of their own.
func TestThaiMarksStandOneAboveTheOther(t *testing.T) {
	f := paper(t).faces[0]
	alone, above := f.shape("ก่"), f.shape("กี่")
	if len(alone) != 2 || len(above) != 3 {
		t.Fatalf("%d and %d glyphs", len(alone), len(above))
	}
	for _, g := range append(alone[1:], above[1:]...) {
		if g.advance != 0 {
			t.Errorf("a mark of width %v", g.advance)
		}
	}
	low, high := alone[1], above[2]
	if low.id == high.id && high.dy <= low.dy {
		t.Errorf("the tone mark is at %v above a vowel, and at %v without", high.dy, low.dy)
	}
	if n := f.shape("น้ำ"); len(n) < 3 || n[len(n)-1].advance == 0 {
		t.Errorf("sara am: %+v", n)
	}
}

func TestLinesFitAndLoseNothing(t *testing.T) {
	p := paper(t)
	for _, text := range []string{
		"บันทึกพิสูจน์เฉพาะสิ่งที่ได้ผูกมัดไว้ คือไม่มีรายการใดถูกแก้ไขหรือลบหลังจากนั้น ส่วนการย้อนหรือแยกบันทึกต้องอาศัยพยานหรือจุดตรวจสอบที่เก็บไว้",
		"The log proves what was committed to: nothing in it was changed or dropped since.",
		"demo/policy.yaml:8: mask.elements.contact.email_address_that_is_much_longer_than_its_column",
		strings.Repeat("x", 500), "", " ", "ๆๆๆๆ", "a\nb",
	} {
		for _, width := range []float64{30, 90, 400} {
			lines := p.Wrap(text, width, 10, false)
			plain := func(s string) string {
				return strings.Map(func(r rune) rune {
					if unicode.IsSpace(r) {
						return -1
					}
					return r
				}, s)
			}
			if got := plain(strings.Join(lines, "")); got != plain(text) {
				t.Errorf("%d wide: %q became %q", int(width), text, got)
			}
			for i, line := range lines {
				if w := p.TextWidth(line, 10, false); w > width+.01 && len([]rune(line)) > 2 {
					t.Errorf("%q is %.1f wide, of %v", line, w, width)
				}
				if i > 0 && line != "" && unicode.Is(unicode.Mn, []rune(line)[0]) {
					t.Errorf("a line begins with a mark: %q", line)
				}
			}
		}
	}
}

// A font in a file has the outlines of what is written, and of nothing else.
func TestAFontInAFileHoldsWhatIsWrittenAlone(t *testing.T) {
	p := paper(t)
	p.Page()
	p.Text(10, 10, 12, false, "#000000", "ก่ Aé")
	f := p.faces[0]
	small, err := subset(f.data, f.used)
	if err != nil {
		t.Fatal(err)
	}
	if len(small) > len(f.data)/4 {
		t.Errorf("%d bytes of %d", len(small), len(f.data))
	}
	was, err := directory(f.data)
	if err != nil {
		t.Fatal(err)
	}
	is, err := directory(small)
	if err != nil {
		t.Fatal(err)
	}
	glyph := func(tables map[string][]byte, id uint16) []byte {
		at := func(i int) int {
			if binary.BigEndian.Uint16(tables["head"][50:]) == 1 {
				return int(binary.BigEndian.Uint32(tables["loca"][4*i:]))
			}
			return 2 * int(binary.BigEndian.Uint16(tables["loca"][2*i:]))
		}
		return bytes.TrimRight(tables["glyf"][at(int(id)):at(int(id)+1)], "\x00")
	}
	for id := range f.used {
		if !bytes.Equal(glyph(was, id), glyph(is, id)) {
			t.Errorf("glyph %d is another", id)
		}
	}
	z := f.shape("Z")[0]
	if len(glyph(is, z.id)) != 0 {
		t.Error("a glyph that nobody wrote is there")
	}
	for _, broken := range [][]byte{nil, f.data[:10], f.data[:400]} {
		if _, err := subset(broken, f.used); err == nil {
			t.Errorf("a font of %d bytes was taken", len(broken))
		}
	}
}

func TestADocumentNamesWhereItsObjectsAre(t *testing.T) {
	p := paper(t)
	for range 2 {
		p.Page()
		p.Bookmark("หัวข้อ", 700)
		p.Text(10, 700, 12, true, "#123456", "หน้า")
		p.Rect(1, 2, 3, 4, "#ffffff")
		p.Line([][2]float64{{1, 2}, {3, 4}}, 1, "#000000")
	}
	p.Turn(0, func() { p.Text(10, 10, 8, false, "#000000", "1 / 2") })
	var b bytes.Buffer
	if err := p.Write(&b, Info{Title: "รายงาน", Lang: "th", Made: time.Unix(0, 0)}); err != nil {
		t.Fatal(err)
	}
	if p.Pages() != 2 {
		t.Errorf("%d pages", p.Pages())
	}
	raw := b.String()
	start := strings.LastIndex(raw, "xref\n0 ")
	for i, line := range strings.Split(raw[start:], "\n")[3:] {
		if !strings.HasSuffix(line, " n ") {
			break
		}
		at := 0
		for _, c := range line[:10] {
			at = at*10 + int(c-'0')
		}
		if head := raw[at : at+12]; !strings.Contains(head, " 0 obj") {
			t.Fatalf("object %d is not at %d: %q", i+1, at, head)
		}
	}
	for _, want := range []string{"/Lang (th)", "/Count 2", "/ToUnicode", "/FontFile2", "/Outlines"} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %s", want)
		}
	}
}
