package paper

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// Element is a part of what the document says, apart from where it stands: a heading, a
// paragraph, a cell (ISO 32000-1 §14.7). Pages that it goes on to add to it.
type Element struct {
	kind string // a standard structure type
	in   Says
	kids []kid
}

// Says is what an element says of itself.
type Says struct {
	Lang string     // where it is not the document's
	Alt  string     // of a figure: what it shows
	Box  [4]float64 // of a figure: left, lower, right, upper
	Head string     // of a header cell: Row or Column
}

// kid is an element below another, or its content on a page.
type kid struct {
	element    *Element
	page, mark int
}

// Element begins an element within the present one.
func (p *Paper) Element(kind string, says Says) *Element {
	e := &Element{kind: kind, in: says}
	p.at.kids = append(p.at.kids, kid{element: e})
	return e
}

// Whole is the element that every other is in; text that is written into it is ornament.
func (p *Paper) Whole() *Element { return p.top }

// Into writes into an element. What is drawn in a figure is part of it; lines and areas
// elsewhere are ornament, as is text outside every element.
func (p *Paper) Into(e *Element, write func()) {
	was := p.at
	p.at = e
	if e.kind == "Figure" {
		p.content()
		p.drawing = true
	}
	write()
	if e.kind == "Figure" {
		p.drawing = false
		p.end()
	}
	p.at = was
}

// Within begins an element and writes into it.
func (p *Paper) Within(kind string, says Says, write func()) { p.Into(p.Element(kind, says), write) }

// content begins marked content: the present element's, or ornament.
func (p *Paper) content() {
	switch b := p.page(); {
	case p.drawing:
	case p.at == p.top:
		b.WriteString("/Artifact BMC ")
	default:
		i := p.number()
		p.at.kids = append(p.at.kids, kid{page: i, mark: len(p.owners[i])})
		fmt.Fprintf(b, "/%s <</MCID %d>> BDC ", p.at.kind, len(p.owners[i]))
		p.owners[i] = append(p.owners[i], p.at)
	}
}

// ornament begins marked content that says nothing, but in a figure.
func (p *Paper) ornament() {
	if !p.drawing {
		p.page().WriteString("/Artifact BMC ")
	}
}

// end ends marked content.
func (p *Paper) end() {
	if !p.drawing {
		p.page().WriteString("EMC\n")
	}
}

// structure adds the tree of elements, and for each page the element that each of its
// marks belongs to.
func (p *Paper) structure(pages []int) int {
	root, numbers := p.object(""), map[*Element]int{}
	p.name(p.top, numbers)
	p.describe(p.top, root, numbers, pages)
	var tree strings.Builder
	for i, owners := range p.owners {
		fmt.Fprintf(&tree, "%d [", i)
		for _, e := range owners {
			fmt.Fprintf(&tree, "%d 0 R ", numbers[e])
		}
		tree.WriteString("] ")
	}
	p.objects[root-1] = fmt.Appendf(nil, "<</Type /StructTreeRoot /K %d 0 R /ParentTree %d 0 R /ParentTreeNextKey %d>>",
		numbers[p.top], p.object("<</Nums [%s]>>", tree.String()), len(p.owners))
	return root
}

// name gives an object to each element.
func (p *Paper) name(e *Element, numbers map[*Element]int) {
	numbers[e] = p.object("")
	for _, k := range e.kids {
		if k.element != nil {
			p.name(k.element, numbers)
		}
	}
}

// describe writes an element and those below it.
func (p *Paper) describe(e *Element, parent int, numbers map[*Element]int, pages []int) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<</Type /StructElem /S /%s /P %d 0 R", e.kind, parent)
	if e.in.Lang != "" {
		fmt.Fprintf(&b, " /Lang (%s)", e.in.Lang)
	}
	if e.kind == "Figure" {
		fmt.Fprintf(&b, " /Alt %s /A <</O /Layout /Placement /Block /BBox [%.2f %.2f %.2f %.2f]>>", utf16Hex(e.in.Alt), e.in.Box[0], e.in.Box[1], e.in.Box[2], e.in.Box[3])
	}
	if e.in.Head != "" {
		fmt.Fprintf(&b, " /A <</O /Table /Scope /%s>>", e.in.Head)
	}
	b.WriteString(" /K [")
	for _, k := range e.kids {
		if k.element != nil {
			fmt.Fprintf(&b, "%d 0 R ", numbers[k.element])
			p.describe(k.element, numbers[e], numbers, pages)
			continue
		}
		fmt.Fprintf(&b, "<</Type /MCR /Pg %d 0 R /MCID %d>> ", pages[k.page], k.mark)
	}
	b.WriteString("]>>")
	p.objects[numbers[e]-1] = b.Bytes()
}

// metadata says in XMP what the document is, and that it is made for readers of every
// kind (ISO 14289-1 §5).
func (p *Paper) metadata(in Info) int {
	var b bytes.Buffer
	b.WriteString("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">" +
		"<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdfuaid=\"http://www.aiim.org/pdfua/ns/id/\">" +
		"<pdfuaid:part>1</pdfuaid:part><dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">")
	xml.EscapeText(&b, []byte(in.Title)) // a buffer takes everything
	fmt.Fprintf(&b, "</rdf:li></rdf:Alt></dc:title><dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language><xmp:CreateDate>%s</xmp:CreateDate></rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>", in.Lang, in.Made.UTC().Format(time.RFC3339))
	return p.object("<</Type /Metadata /Subtype /XML /Length %d>>\nstream\n%s\nendstream", b.Len(), b.Bytes())
}
