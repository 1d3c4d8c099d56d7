package report

import (
	"fmt"
	"io"

	"lethe/audit/report/paper"
)

// Colours and measures of the pages.
const (
	ink    = "#1a1f24"
	faint  = "#3c4a55"
	accent = "#0b5563"
	rule   = "#c3ccd3"
	shade  = "#e4ecef"
	warn   = "#fff6e3"

	margin = 42.0
	body   = 10.0
	small  = 8.0
	pad    = 4.0
)

// PDF writes pages of A4, on their side where a table is wide.
func (d *Document) PDF(out io.Writer, l Lang) error {
	width, height := 595.28, 841.89
	for _, t := range d.Tables() {
		if len(t.Columns) > 6 {
			width, height = 841.89, 595.28
			break
		}
	}
	p, err := paper.New(width, height)
	if err != nil {
		return err
	}
	s := &sheets{Paper: p, lang: l}
	s.turn()
	s.heading(d)
	for _, sec := range d.Sections {
		s.section(sec)
	}
	s.gap(10)
	for _, f := range d.Footnotes {
		s.say("P", f.In(l), small+1, false, faint)
	}
	if d.Checkpoint.Note != "" {
		s.keep(70)
		s.say("H2", words("note").In(l), 12, true, accent)
		s.say("P", d.Checkpoint.Note, small, false, ink)
	}
	if data := d.attachment(); data != nil {
		s.say("P", fmt.Sprintf("%s (%d): %s", words("proofs").In(l), len(d.Proofs), proofsFile), small, false, ink)
		s.Attach(proofsFile, "application/json", words("proofs").In(l), data)
	}
	s.numbers(d)
	return p.Write(out, paper.Info{Title: d.Title.In(l) + " – " + d.Workspace, Lang: string(l), Made: d.Made})
}

// proofsFile is what the checkpoint and the proofs are called where they are attached.
const proofsFile = "proofs.json"

// sheets is a document as it is laid out.
type sheets struct {
	*paper.Paper
	lang Lang
	y    float64 // what is written next stands below
}

// turn begins a page.
func (s *sheets) turn() {
	s.Page()
	s.y = s.Height - margin
}

// keep begins a page if less than h is left of this one.
func (s *sheets) keep(h float64) {
	if s.y-h < margin {
		s.turn()
	}
}

func (s *sheets) gap(h float64) { s.y -= h }

// room is how wide a line may be.
func (s *sheets) room() float64 { return s.Width - 2*margin }

// leading is the height of a line: Thai needs room for two storeys of marks.
func leading(size float64) float64 { return size * 1.55 }

// say writes a paragraph, heading or caption, as the kind of element says.
func (s *sheets) say(kind, text string, size float64, heavy bool, colour string) {
	s.Within(kind, paper.Says{}, func() {
		for _, line := range s.Wrap(text, s.room(), size, heavy) {
			s.keep(leading(size))
			s.y -= leading(size)
			s.Text(margin, s.y+size*.35, size, heavy, colour, line)
		}
	})
	s.gap(size * .5)
}

// heading is the head of the first page.
func (s *sheets) heading(d *Document) {
	s.say("H1", d.Title.In(s.lang), 20, true, ink)
	checkpoint := "–"
	if c := d.Checkpoint; c.Origin != "" {
		checkpoint = fmt.Sprintf("%s, %s %s, %s %s", c.Origin, grouped(c.Size), words("entries").In(s.lang), words("root").In(s.lang), c.Root)
	}
	revisions := ""
	for _, r := range d.Revisions {
		revisions += r.Name + ": " + r.ID[:min(16, len(r.ID))] + "  "
	}
	facts := s.Element("Table", paper.Says{})
	for _, f := range [][2]string{{words("workspace").In(s.lang), d.Workspace}, {words("range").In(s.lang), d.span().In(s.lang)}, {words("made").In(s.lang), when(d.Made)},
		{words("checkpoint").In(s.lang), checkpoint}, {words("revisions").In(s.lang), revisions}} {
		lines := s.Wrap(f[1], s.room()-130, body, false)
		s.Into(facts, func() {
			s.Within("TR", paper.Says{}, func() {
				s.Within("TH", paper.Says{Head: "Row"}, func() { s.Text(margin, s.y-leading(body)+body*.35, body, true, ink, f[0]) })
				s.Within("TD", paper.Says{}, func() {
					for _, line := range lines {
						s.y -= leading(body)
						s.Text(margin+130, s.y+body*.35, body, false, ink, line)
					}
				})
			})
		})
	}
	s.gap(4)
	s.Line([][2]float64{{margin, s.y}, {s.Width - margin, s.y}}, 1.2, accent)
	s.gap(8)
}

func (s *sheets) section(sec *Section) {
	s.keep(150) // a heading does not stand alone at the foot of a page
	s.gap(6)
	title := fmt.Sprintf("%d. %s", sec.Number, sec.Title.In(s.lang))
	s.Bookmark(title, s.y)
	if sec.Clause != "" {
		title += "  (" + sec.Clause + ")"
	}
	s.say("H2", title, 13, true, accent)
	for _, b := range sec.Body {
		switch {
		case b.Text != nil:
			s.say("P", b.Text.In(s.lang), body, false, ink)
		case b.Note != nil:
			s.boxed(b.Note.In(s.lang))
		case b.Chart != nil:
			s.figure(b.Chart)
		case b.Table != nil:
			s.table(b.Table)
		}
	}
}

// boxed writes a note.
func (s *sheets) boxed(text string) {
	lines := s.Wrap(text, s.room()-18, body, false)
	h := float64(len(lines))*leading(body) + 6
	s.keep(min(h, s.Height-2*margin-20))
	s.Rect(margin, s.y-h, s.room(), h, warn)
	s.Rect(margin, s.y-h, 3, h, "#8a5a00")
	at := s.y - 2
	s.Within("P", paper.Says{}, func() {
		for _, line := range lines {
			at -= leading(body)
			s.Text(margin+10, at+body*.35, body, false, ink, line)
		}
	})
	s.y -= h
	s.gap(8)
}

// figure draws a chart and says in words what it shows.
func (s *sheets) figure(c *Chart) {
	scale := min(.72, s.room()/chartWidth)
	s.keep(chartHeight*scale + 60)
	s.say("P", c.Title.In(s.lang)+" ("+c.Unit.In(s.lang)+")", body, true, ink)
	top := s.y
	s.Within("Figure", paper.Says{Alt: c.alt(s.lang), Box: [4]float64{margin, top - chartHeight*scale, margin + chartWidth*scale, top}}, func() { s.paint(c, scale) })
	s.y -= chartHeight * scale
	s.say("P", c.alt(s.lang), small+1, false, faint)
	s.gap(4)
}

// paint draws a chart below the present line.
func (s *sheets) paint(c *Chart, scale float64) {
	top := s.y
	for _, m := range c.draw(s.lang) {
		x, y := margin+m.x*scale, top-m.y*scale
		switch {
		case m.text != "":
			if m.end {
				x -= s.TextWidth(m.text, small, false)
			}
			s.Text(x, y, small, false, m.colour, m.text)
		case m.points != nil:
			var points [][2]float64
			for _, p := range m.points {
				points = append(points, [2]float64{margin + p[0]*scale, top - p[1]*scale})
			}
			s.Line(points, 1, m.colour)
		default:
			s.Rect(x, y-m.h*scale, m.w*scale, m.h*scale, m.colour)
		}
	}
}

// numbers writes the foot of every page.
func (s *sheets) numbers(d *Document) {
	all := s.Pages()
	for i := range all {
		s.Turn(i, func() {
			text := fmt.Sprintf("%s – %s   %s %d / %d", d.Title.In(s.lang), d.Workspace, words("page").In(s.lang), i+1, all)
			s.Text(margin, margin*.5, small, false, faint, text)
		})
	}
}
