package paper

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
)

// Sarabun is under the SIL Open Font License 1.1: fonts/OFL.txt.
var (
	//go:embed fonts/Sarabun-Regular.ttf
	regular []byte
	//go:embed fonts/Sarabun-Bold.ttf
	bold []byte
)

// Fonts gives the fonts, regular and bold, for pages that carry them along.
func Fonts() (plain, heavy []byte) { return bytes.Clone(regular), bytes.Clone(bold) }

// face is a font and what is used of it.
type face struct {
	data   []byte
	face   *font.Face
	shaper shaping.HarfbuzzShaper
	used   map[uint16][]rune // what a glyph stands for
	shaped map[string][]glyph
}

// glyph is a glyph as it is placed, in ems.
type glyph struct {
	id              uint16
	advance, dx, dy float64
	rune            int // the first one of its cluster
	runes           []rune
}

func newFace(data []byte) (*face, error) {
	f, err := font.ParseTTF(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return &face{data: data, face: f, used: map[uint16][]rune{}, shaped: map[string][]glyph{}}, nil
}

// em is the size that text is shaped at: glyph advances are whole numbers of it.
const em = 1000

// mostShaped is how many texts are remembered.
const mostShaped = 20_000

// shape places the glyphs of a line.
func (f *face) shape(s string) []glyph {
	if known, ok := f.shaped[s]; ok {
		return known
	}
	runes := []rune(f.writable(s))
	var out []glyph
	for start := 0; start < len(runes); {
		end := start + 1
		for end < len(runes) && thai(runes[end]) == thai(runes[start]) {
			end++
		}
		in := shaping.Input{Text: runes, RunStart: start, RunEnd: end, Direction: di.DirectionLTR, Face: f.face, Size: fixed.I(em),
			Script: language.Latin, Language: language.NewLanguage("en")}
		if thai(runes[start]) {
			in.Script, in.Language = language.Thai, language.NewLanguage("th")
		}
		for _, g := range f.shaper.Shape(in).Glyphs {
			out = append(out, glyph{id: uint16(g.GlyphID), advance: ems(g.Advance), dx: ems(g.XOffset), dy: ems(g.YOffset),
				rune: g.TextIndex(), runes: runes[g.TextIndex() : g.TextIndex()+g.RunesCount()]})
		}
		start = end
	}
	if len(f.shaped) < mostShaped {
		f.shaped[s] = out
	}
	return out
}

func ems(v fixed.Int26_6) float64 { return float64(v) / 64 / em }

func thai(r rune) bool { return r >= 0x0E00 && r <= 0x0E7F }

// writable puts what the font has in the place of what it lacks.
func (f *face) writable(s string) string {
	return strings.Map(func(r rune) rune {
		if _, ok := f.face.NominalGlyph(r); ok {
			return r
		}
		switch r {
		case '‖':
			return '|'
		case '→':
			return '›'
		case '○':
			return '*'
		case '−', '‑':
			return '-'
		case '\u00a0', '\u202f', '\t':
			return ' '
		}
		return '?'
	}, s)
}

// use marks a glyph as used.
func (f *face) use(g glyph) {
	if _, ok := f.used[g.id]; !ok {
		f.used[g.id] = slices.Clone(g.runes)
	}
}

// font adds the objects of a font that is addressed by glyph (Identity-H).
func (p *Paper) font(f *face) int {
	small, err := subset(f.data, f.used)
	if err != nil {
		small = f.data // whole, then
	}
	name := "LETHEA+" + f.face.Describe().Family
	name = strings.ReplaceAll(name, " ", "")
	file := p.stream(fmt.Sprintf("/Length1 %d", len(small)), small)
	ext, _ := f.face.FontHExtents()
	upem := float64(f.face.Upem())
	scale := func(v float32) int { return int(float64(v) * 1000 / upem) }
	desc := p.object("<</Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [-600 -500 1600 1300] /ItalicAngle 0 /Ascent %d /Descent %d /CapHeight 700 /StemV 80 /FontFile2 %d 0 R>>",
		name, scale(ext.Ascender), scale(ext.Descender), file)
	ids := make([]int, 0, len(f.used))
	for id := range f.used {
		ids = append(ids, int(id))
	}
	slices.Sort(ids)
	var widths strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&widths, "%d [%d] ", id, scale(f.face.HorizontalAdvance(font.GID(id))))
	}
	cid := p.object("<</Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor %d 0 R /DW 600 /W [%s] /CIDToGIDMap /Identity>>",
		name, desc, widths.String())
	return p.object("<</Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R>>", name, cid, p.stream("", f.unicode(ids)))
}

// unicode is the map from glyphs to what they stand for.
func (f *face) unicode(ids []int) []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Lethe def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for start := 0; start < len(ids); start += 100 {
		some := ids[start:min(start+100, len(ids))]
		fmt.Fprintf(&b, "%d beginbfchar\n", len(some))
		for _, id := range some {
			text := strings.TrimPrefix(utf16Hex(string(f.used[uint16(id)])), "<FEFF")
			fmt.Fprintf(&b, "<%04X> <%s\n", id, text)
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nend\nend\n")
	return b.Bytes()
}
