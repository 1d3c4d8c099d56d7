package report

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// heard is a PDF as a reader that follows its structure has it.
type heard struct {
	t       *testing.T
	objects map[int]string
	pages   []int
	said    map[[2]int]string // text of a mark, by page and number
	told    map[[2]int]bool   // marks that the tree leads to
	kinds   []string          // of elements, in their order
	texts   map[string][]string
}

var (
	objectOf  = regexp.MustCompile(`(?s)(\d+) 0 obj\n(.*?)\nendobj\n`)
	marked    = regexp.MustCompile(`/(\w+) <</MCID (\d+)>> BDC `)
	saidThere = regexp.MustCompile(`ActualText <FEFF([0-9A-F]*)>`)
	aKid      = regexp.MustCompile(`<</Type /MCR /Pg (\d+) 0 R /MCID (\d+)>>|(\d+) 0 R`)
	ofKind    = regexp.MustCompile(`/S /(\w+) /P (\d+) 0 R`)
)

func hear(t *testing.T, raw []byte) *heard {
	t.Helper()
	h := &heard{t: t, objects: map[int]string{}, said: map[[2]int]string{}, told: map[[2]int]bool{}, texts: map[string][]string{}}
	for _, m := range objectOf.FindAllStringSubmatch(string(raw), -1) {
		n, _ := strconv.Atoi(m[1])
		h.objects[n] = m[2]
	}
	for n := 1; n <= len(h.objects); n++ {
		if strings.HasPrefix(h.objects[n], "<</Type /Page /") {
			h.page(n)
		}
	}
	root := h.link(h.objects[1], "/StructTreeRoot")
	h.element(h.link(h.objects[root], "/K"), root)
	for at := range h.said {
		if !h.told[at] {
			t.Errorf("mark %d of page %d is in no element: %q", at[1], at[0], h.said[at])
		}
	}
	tree := h.objects[h.link(h.objects[root], "/ParentTree")]
	if n := strings.Count(tree, "["); n != 1+len(h.pages) {
		t.Errorf("the parent tree has %d lists for %d pages", n-1, len(h.pages))
	}
	return h
}

func (h *heard) link(in, name string) int {
	m := regexp.MustCompile(regexp.QuoteMeta(name) + ` (\d+) 0 R`).FindStringSubmatch(in)
	if m == nil {
		h.t.Fatalf("no %s in %.120s", name, in)
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// page reads the marks of a page: all that it shows is in one, or is ornament.
func (h *heard) page(n int) {
	if !strings.Contains(h.objects[n], fmt.Sprintf("/StructParents %d>>", len(h.pages))) {
		h.t.Errorf("page %d is not the one that the parent tree has there", n)
	}
	h.pages = append(h.pages, n)
	_, packed, _ := strings.Cut(h.objects[h.link(h.objects[n], "/Contents")], "stream\n")
	z, err := zlib.NewReader(strings.NewReader(packed))
	if err != nil {
		h.t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		h.t.Fatal(err)
	}
	depth, here := 0, [2]int{}
	for _, line := range strings.Split(string(content), "\n") {
		if m := marked.FindStringSubmatch(line); m != nil {
			mark, _ := strconv.Atoi(m[2])
			here = [2]int{n, mark}
			h.said[here] = ""
		} else if strings.Contains(line, "/Artifact BMC") {
			here = [2]int{}
		}
		depth += strings.Count(line, " BDC") + strings.Count(line, " BMC")
		if m := saidThere.FindStringSubmatch(line); m != nil && here[0] != 0 {
			h.said[here] += utf16Text(m[1])
		}
		if depth == 0 && line != "" && line != "EMC" {
			h.t.Errorf("page %d: neither marked nor ornament: %.80s", n, line)
		}
		depth -= strings.Count(line, "EMC")
	}
}

func utf16Text(s string) string {
	raw, _ := hex.DecodeString(s)
	var units []uint16
	for i := 0; i+1 < len(raw); i += 2 {
		units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return string(utf16.Decode(units))
}

// element reads an element and those below it, and gives what they say.
func (h *heard) element(n, parent int) (text string) {
	o := h.objects[n]
	m := ofKind.FindStringSubmatch(o)
	if m == nil || m[2] != strconv.Itoa(parent) {
		h.t.Fatalf("element %d is not one of %d: %.100s", n, parent, o)
	}
	kind := m[1]
	h.kinds = append(h.kinds, kind)
	cells := 0
	for _, k := range aKid.FindAllStringSubmatch(o[strings.Index(o, "/K ["):], -1) {
		if k[3] != "" {
			child, _ := strconv.Atoi(k[3])
			text += h.element(child, n)
			cells++
			continue
		}
		page, _ := strconv.Atoi(k[1])
		mark, _ := strconv.Atoi(k[2])
		at := [2]int{page, mark}
		if _, there := h.said[at]; !there || h.told[at] {
			h.t.Errorf("mark %v is nowhere, or told twice", at)
		}
		h.told[at] = true
		text += h.said[at]
	}
	switch {
	case kind == "Figure" && !strings.Contains(o, "/Alt <FEFF0"):
		h.t.Error("a chart without a text")
	case kind == "TH" && !strings.Contains(o, "/Scope /"):
		h.t.Error("a header cell of nothing")
	case kind == "TR":
		text = strconv.Itoa(cells) // for its table
	}
	h.texts[kind] = append(h.texts[kind], text)
	return text
}

// Who hears a PDF gets what who sees it gets: headings, paragraphs and cells in their
// order, tables whose cells have heads, charts in words, and the language of each.
// (ISO 14289-1)
func TestAPDFCanBeHeard(t *testing.T) {
	for _, k := range Kinds() {
		d, err := Make(k, invented())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range Langs() {
			var b bytes.Buffer
			if err := d.PDF(&b, l); err != nil {
				t.Fatal(err)
			}
			h := hear(t, b.Bytes())
			for _, want := range []string{"/Lang (" + string(l) + ")", "/MarkInfo <</Marked true>>", "/DisplayDocTitle true", "<pdfuaid:part>1</pdfuaid:part>"} {
				if !strings.Contains(b.String(), want) {
					t.Errorf("%s in %s: no %s", k.Name, l, want)
				}
			}
			plain := func(s string) string { return strings.Join(strings.Fields(s), "") }
			if h.kinds[0] != "Document" || h.kinds[1] != "H1" || plain(h.texts["H1"][0]) != plain(d.Title.In(l)) || len(h.texts["H1"]) != 1 {
				t.Errorf("%s in %s begins with %v", k.Name, l, h.kinds[:2])
			}
			var want []string
			cells, charts := 10, 0 // those of the facts on top
			for _, s := range d.Sections {
				title := fmt.Sprintf("%d. %s", s.Number, s.Title.In(l))
				want = append(want, title)
				for _, block := range s.Body {
					if block.Chart != nil {
						charts++
					}
					if block.Table != nil && len(block.Table.Rows) > 0 {
						cells += (len(block.Table.Rows) + 1) * len(block.Table.Columns)
					}
				}
			}
			for i, title := range want {
				if got := h.texts["H2"][i]; !strings.HasPrefix(plain(got), plain(title)) {
					t.Errorf("%s in %s: heading %q, want %q", k.Name, l, got, title)
				}
			}
			if got := len(h.texts["TH"]) + len(h.texts["TD"]); got != cells {
				t.Errorf("%s in %s: %d cells, want %d", k.Name, l, got, cells)
			}
			if got := len(h.texts["Figure"]); got != charts {
				t.Errorf("%s in %s: %d charts, want %d", k.Name, l, got, charts)
			}
		}
	}
}
