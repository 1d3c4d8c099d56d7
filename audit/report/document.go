package report

import (
	"strconv"
	"strings"
	"time"
)

// Document is a report before it is rendered.
type Document struct {
	Kind       string
	Title      Text
	Workspace  string
	From, To   time.Time // the range; zero for open
	Made       time.Time
	Build      string // SHA-256 of the executable that made it
	Checkpoint Checkpoint
	Revisions  []Named // in force as the folder is now, by connection
	Sections   []*Section
	Footnotes  []Text
	Proofs     []Proof
}

// Named is a name and what it is called.
type Named struct{ Name, ID string }

// Section is a numbered part of a document.
type Section struct {
	ID     string // for machines; never changes
	Number int
	Title  Text
	Clause string // of the law that asks for it; "" for none
	Marked bool   // part of the clause was recalled and not checked
	Body   []Block
}

// Block is a paragraph, a table, a chart or a note: one of them is set.
type Block struct {
	Text  *Text
	Note  *Text
	Table *Table
	Chart *Chart
}

// Table is rows under columns.
type Table struct {
	ID      string
	Caption Text
	Columns []Column
	Rows    [][]Cell
	Empty   Text // what to say where there are no rows
}

// Column is a column of a table.
type Column struct {
	ID     string
	Name   Text
	Number bool // aligned as numbers are
	Wide   int  // share of the width; 1 if 0
}

// Cell is a value of a table.
type Cell struct {
	ID     string // for machines
	Text   Text   // what a person reads; ID if empty
	N      *int64 // a count
	IRI    string // of the term in W3C DPV, where it has one
	Marked bool   // recalled from the statute, not checked
	code   bool   // a hash, path or name: not prose
	when   bool   // a time
}

// Chart is a chart as data.
type Chart struct {
	ID      string
	Title   Text
	Unit    Text
	Lines   bool     // else stacked bars
	Percent bool     // the scale is 0 to 100
	X       []string // labels
	Series  []Series
}

// Series is one line, or one layer of the bars.
type Series struct {
	ID   string
	Name Text
	Y    []float64
}

// word is a cell that is shown as it is.
func word(id string) Cell { return Cell{ID: id, code: true} }

// number is a count.
func number[T ~int64 | ~int | ~int32](n T) Cell {
	v := int64(n)
	return Cell{ID: strconv.FormatInt(v, 10), N: &v}
}

// term is a word of a law or of ours, with a text for people.
func term(id string, t Text) Cell { return Cell{ID: id, Text: t} }

// at is a cell with a time; "" for none.
func at(t time.Time) Cell {
	if t.IsZero() {
		return Cell{Text: Text{"not known", "ไม่ทราบ"}}
	}
	return Cell{ID: t.UTC().Format("2006-01-02 15:04:05Z"), when: true}
}

// col is a column.
func col(id, en, th string) Column { return Column{ID: id, Name: Text{en, th}} }

// counts is a column of numbers.
func counts(id, en, th string) Column { return Column{ID: id, Name: Text{en, th}, Number: true} }

// wide is a column that gets more of the page.
func wide(id string, share int, en, th string) Column {
	return Column{ID: id, Name: Text{en, th}, Wide: share}
}

// section begins a section.
func (d *Document) section(id, clause, en, th string) *Section {
	s := &Section{ID: id, Number: len(d.Sections) + 1, Title: Text{en, th}, Clause: clause, Marked: strings.Contains(clause, "○")}
	d.Sections = append(d.Sections, s)
	return s
}

func (s *Section) say(en, th string) { s.text(Text{en, th}) }

func (s *Section) text(t Text) { s.Body = append(s.Body, Block{Text: &t}) }

func (s *Section) note(en, th string) {
	t := Text{en, th}
	s.Body = append(s.Body, Block{Note: &t})
}

func (s *Section) table(t *Table) { s.Body = append(s.Body, Block{Table: t}) }

// chart adds a chart that has something to show.
func (s *Section) chart(c *Chart) {
	if len(c.X) > 0 && len(c.Series) > 0 {
		s.Body = append(s.Body, Block{Chart: c})
	}
}

// row adds a row.
func (t *Table) row(cells ...Cell) { t.Rows = append(t.Rows, cells) }

// finish adds the footnotes that marks ask for.
func (d *Document) finish() {
	for _, s := range d.Sections {
		marked := s.Marked
		for _, b := range s.Body {
			if b.Table == nil {
				continue
			}
			for _, r := range b.Table.Rows {
				for _, c := range r {
					marked = marked || c.Marked
				}
			}
		}
		if marked {
			d.Footnotes = append(d.Footnotes, Text{
				"○ This fact of the law was written from memory of the statute and not checked against a source. Have it checked before it is relied on. Nothing here is legal advice.",
				"○ ข้อกฎหมายนี้เขียนจากความจำและยังไม่ได้ตรวจสอบกับแหล่งที่มา โปรดตรวจสอบก่อนนำไปใช้ เอกสารนี้ไม่ใช่คำปรึกษาทางกฎหมาย"})
			return
		}
	}
}
