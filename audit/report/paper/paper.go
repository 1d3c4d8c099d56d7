// Package paper writes PDF pages with text that is shaped, so that the marks of Thai
// sit where they belong, and with the fonts in the file.
//
// Its words are those of PDF (ISO 32000): page, content stream, font. It does not know
// what is written. Shaping is go-text's; a font is embedded with the glyphs that are
// used and no others. Each line of text carries what it says beside its glyphs
// (ActualText), so that it can be searched, copied and read aloud; what is written into
// elements has an order, headings, header cells and alternate texts (PDF/UA-1,
// ISO 14289-1).
package paper

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf16"
)

// Paper is a document under way. Sizes are in points, y upwards from the lower edge.
type Paper struct {
	Width, Height float64
	faces         [2]*face // regular, bold
	pages         []*bytes.Buffer
	marks         []bookmark
	objects       [][]byte

	attached []attachment

	top, at *Element     // the whole document, and what is written into
	drawing bool         // within a figure
	turned  int          // the page that is written on, where it is not the last; else -1
	owners  [][]*Element // by page, and by the number of the mark on it
}

type bookmark struct {
	title string
	page  int
	y     float64
}

// New begins a document.
func New(width, height float64) (*Paper, error) {
	top := &Element{kind: "Document"}
	p := &Paper{Width: width, Height: height, top: top, at: top, turned: -1}
	for i, data := range [][]byte{regular, bold} {
		f, err := newFace(data)
		if err != nil {
			return nil, fmt.Errorf("font: %w", err)
		}
		p.faces[i] = f
	}
	return p, nil
}

// Page begins a new page.
func (p *Paper) Page() {
	p.pages = append(p.pages, new(bytes.Buffer))
	p.owners = append(p.owners, nil)
}

// Pages is how many pages there are.
func (p *Paper) Pages() int { return len(p.pages) }

// Turn goes back to a page, to write more on it: pages count from 0.
func (p *Paper) Turn(page int, write func()) {
	p.turned = page
	write()
	p.turned = -1
}

// number is that of the page that is written on.
func (p *Paper) number() int {
	if p.turned >= 0 {
		return p.turned
	}
	return len(p.pages) - 1
}

// Bookmark names a place for readers' outlines.
func (p *Paper) Bookmark(title string, y float64) {
	p.marks = append(p.marks, bookmark{title, p.number(), y})
}

func (p *Paper) page() *bytes.Buffer { return p.pages[p.number()] }

// Rect fills a rectangle; colour is #rrggbb.
func (p *Paper) Rect(x, y, w, h float64, colour string) {
	p.ornament()
	fmt.Fprintf(p.page(), "%s rg %.2f %.2f %.2f %.2f re f\n", rgb(colour), x, y, w, h)
	p.end()
}

// Line draws a line through points.
func (p *Paper) Line(points [][2]float64, width float64, colour string) {
	p.ornament()
	b := p.page()
	fmt.Fprintf(b, "%s RG %.2f w ", rgb(colour), width)
	for i, at := range points {
		fmt.Fprintf(b, "%.2f %.2f %c ", at[0], at[1], "ml"[min(i, 1)])
	}
	b.WriteString("S\n")
	p.end()
}

func rgb(colour string) string {
	var r, g, b int
	if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &r, &g, &b); err != nil {
		return "0 0 0"
	}
	return fmt.Sprintf("%.3f %.3f %.3f", float64(r)/255, float64(g)/255, float64(b)/255)
}

// Text writes one line with its base line at y.
func (p *Paper) Text(x, y, size float64, heavy bool, colour, s string) {
	f, name := p.face(heavy)
	p.content()
	b := p.page()
	fmt.Fprintf(b, "/Span <</ActualText %s>> BDC BT /%s %.2f Tf %s rg\n", utf16Hex(s), name, size, rgb(colour))
	pen := x
	for _, r := range f.shape(s) {
		f.use(r)
		// Each glyph is placed by itself: marks stand beside and above the pen.
		fmt.Fprintf(b, "1 0 0 1 %.3f %.3f Tm <%04X> Tj\n", pen+r.dx*size, y+r.dy*size, r.id)
		pen += r.advance * size
	}
	b.WriteString("ET EMC\n")
	p.end()
}

func (p *Paper) face(heavy bool) (*face, string) {
	if heavy {
		return p.faces[1], "F1"
	}
	return p.faces[0], "F0"
}

// TextWidth is how wide a line would be.
func (p *Paper) TextWidth(s string, size float64, heavy bool) (w float64) {
	f, _ := p.face(heavy)
	for _, g := range f.shape(s) {
		w += g.advance * size
	}
	return w
}

// utf16Hex is a text string of PDF.
func utf16Hex(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String() + ">"
}

// Info says what the document is.
type Info struct {
	Title, Lang string
	Made        time.Time
}

// object adds an object and gives its number.
func (p *Paper) object(format string, args ...any) int {
	p.objects = append(p.objects, fmt.Appendf(nil, format, args...))
	return len(p.objects)
}

// stream adds a compressed stream.
func (p *Paper) stream(dict string, data []byte) int {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(data) // a buffer takes everything
	w.Close()
	return p.object("<<%s /Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream", dict, z.Len(), z.Bytes())
}

// Write gives the document. Nothing can be added afterwards.
func (p *Paper) Write(out io.Writer, in Info) error {
	p.objects = nil
	root, tree := p.object(""), p.object("")
	fonts := fmt.Sprintf("/F0 %d 0 R /F1 %d 0 R", p.font(p.faces[0]), p.font(p.faces[1]))
	var kids strings.Builder
	numbers := make([]int, len(p.pages))
	for i, page := range p.pages {
		content := p.stream("", page.Bytes())
		numbers[i] = p.object("<</Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Resources <</Font <<%s>>>> /Contents %d 0 R /Tabs /S /StructParents %d>>", tree, p.Width, p.Height, fonts, content, i)
		fmt.Fprintf(&kids, "%d 0 R ", numbers[i])
	}
	p.objects[tree-1] = fmt.Appendf(nil, "<</Type /Pages /Count %d /Kids [%s]>>", len(p.pages), kids.String())
	outlines := p.outlines(numbers)
	p.objects[root-1] = fmt.Appendf(nil, "<</Type /Catalog /Pages %d 0 R /Lang (%s) /ViewerPreferences <</DisplayDocTitle true>> /Outlines %d 0 R /MarkInfo <</Marked true>> /StructTreeRoot %d 0 R /Metadata %d 0 R%s>>",
		tree, in.Lang, outlines, p.structure(numbers), p.metadata(in), p.files())
	info := p.object("<</Title %s /Producer (lethe) /CreationDate (D:%sZ)>>", utf16Hex(in.Title), in.Made.UTC().Format("20060102150405"))
	return p.emit(out, root, info)
}

// attachment is a file within the file.
type attachment struct {
	name, kind, what string
	data             []byte
}

// Attach puts a file into the document, of a media type; what says in words what it is.
func (p *Paper) Attach(name, kind, what string, data []byte) {
	p.attached = append(p.attached, attachment{name, kind, what, data})
}

// files adds what is attached, and gives the entries of its catalogue.
func (p *Paper) files() string {
	if len(p.attached) == 0 {
		return ""
	}
	var names strings.Builder
	for _, a := range p.attached {
		data := p.stream("/Type /EmbeddedFile /Subtype /"+strings.ReplaceAll(a.kind, "/", "#2F"), a.data)
		file := p.object("<</Type /Filespec /F (%s) /UF %s /Desc %s /EF <</F %d 0 R>>>>", a.name, utf16Hex(a.name), utf16Hex(a.what), data)
		fmt.Fprintf(&names, "(%s) %d 0 R ", a.name, file)
	}
	return fmt.Sprintf(" /Names <</EmbeddedFiles <</Names [%s]>>>>", names.String())
}

// outlines adds the bookmarks.
func (p *Paper) outlines(pages []int) int {
	top := p.object("")
	first := top + 1
	for i, m := range p.marks {
		links := ""
		if i > 0 {
			links += fmt.Sprintf(" /Prev %d 0 R", first+i-1)
		}
		if i < len(p.marks)-1 {
			links += fmt.Sprintf(" /Next %d 0 R", first+i+1)
		}
		p.object("<</Title %s /Parent %d 0 R /Dest [%d 0 R /XYZ 0 %.2f 0]%s>>", utf16Hex(m.title), top, pages[m.page], m.y, links)
	}
	if n := len(p.marks); n > 0 {
		p.objects[top-1] = fmt.Appendf(nil, "<</Type /Outlines /First %d 0 R /Last %d 0 R /Count %d>>", first, first+n-1, n)
	} else {
		p.objects[top-1] = []byte("<</Type /Outlines /Count 0>>")
	}
	return top
}

// emit writes header, objects, cross references and trailer.
func (p *Paper) emit(out io.Writer, root, info int) error {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	places := make([]int, len(p.objects))
	for i, o := range p.objects {
		places[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, at := range places {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, root, info, start)
	_, err := out.Write(b.Bytes())
	return err
}
