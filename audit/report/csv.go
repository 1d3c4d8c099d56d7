package report

import (
	"archive/zip"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"lethe/stream"
)

// Tables lists the tables of a document.
func (d *Document) Tables() (all []*Table) {
	for _, s := range d.Sections {
		for _, b := range s.Body {
			if b.Table != nil {
				all = append(all, b.Table)
			}
		}
	}
	return all
}

// CSV writes one table (RFC 4180, UTF-8). In English it is for programs: machine names of
// columns in the first line, machine values below. In another language it is for people:
// names of columns, terms and prose in that, behind the mark that spreadsheets know UTF-8
// by. Without a name of a table it writes a zip with a file for each; of the report itself
// with _about.csv, of its sections with _sections.csv, and the proofs.
func (d *Document) CSV(out io.Writer, table string, l Lang) error {
	if table != "" {
		var names []string
		for _, t := range d.Tables() {
			if t.ID == table {
				return t.csv(out, l)
			}
			names = append(names, t.ID)
		}
		return &stream.Fault{Code: "report.table", Path: "--table", Msg: "the report has no table " + table, Hint: "write one of: " + strings.Join(names, " ")}
	}
	z := zip.NewWriter(out)
	add := func(name string) (io.Writer, error) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: d.Made})
		if err != nil {
			return nil, fmt.Errorf("zip: %w", err)
		}
		return f, nil
	}
	for _, t := range append([]*Table{d.about(l), d.contents(l)}, d.Tables()...) {
		f, err := add(fileName(t.ID) + ".csv")
		if err != nil {
			return err
		}
		if err := t.csv(f, l); err != nil {
			return err
		}
	}
	if data := d.attachment(); data != nil {
		f, err := add("_" + proofsFile)
		if err != nil {
			return err
		}
		if _, err := f.Write(data); err != nil {
			return fmt.Errorf("zip: %w", err)
		}
	}
	return z.Close()
}

// about says of a report what stands on the head of its first page.
func (d *Document) about(l Lang) *Table {
	t := &Table{ID: "_about", Columns: []Column{col("what", "What", "รายการ"), col("value", "Value", "ค่า")}}
	for _, f := range [][2]string{{"kind", d.Kind}, {"title", d.Title.In(l)}, {"workspace", d.Workspace}, {"from", bound(d.From)}, {"to", bound(d.To)}, {"made", when(d.Made)}, {"build", d.Build},
		{"checkpoint-origin", d.Checkpoint.Origin}, {"checkpoint-size", strconv.FormatInt(d.Checkpoint.Size, 10)}, {"checkpoint-root", d.Checkpoint.Root}} {
		t.row(word(f[0]), word(f[1]))
	}
	for _, r := range d.Revisions {
		t.row(word("revision "+r.Name), word(r.ID))
	}
	return t
}

// bound is an end of a range; "" for an open one.
func bound(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return when(t)
}

// contents lists the sections, and which tables are in each.
func (d *Document) contents(l Lang) *Table {
	t := &Table{ID: "_sections", Columns: []Column{col("number", "Number", "ลำดับ"), col("section", "Section", "ส่วน"), col("title", "Title", "ชื่อ"), col("clause", "Clause", "มาตรา"), col("tables", "Tables", "ตาราง")}}
	for _, s := range d.Sections {
		var tables []string
		for _, b := range s.Body {
			if b.Table != nil {
				tables = append(tables, b.Table.ID)
			}
		}
		t.row(number(s.Number), word(s.ID), word(s.Title.In(l)), word(s.Clause), word(strings.Join(tables, " ")))
	}
	return t
}

func (t *Table) csv(out io.Writer, l Lang) error {
	if l != English {
		if _, err := io.WriteString(out, "\ufeff"); err != nil {
			return err
		}
	}
	w := csv.NewWriter(out)
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		if line[i] = c.ID; l != English {
			line[i] = cmp.Or(c.Name.In(l), c.ID)
		}
	}
	if err := w.Write(line); err != nil {
		return err
	}
	for _, r := range t.Rows {
		for i, c := range r {
			line[i] = inert(c.sheet(l))
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// fileName writes what is not of a-z, A-Z, 0-9, dot, hyphen and underscore as %XX: names
// of tables are the source's, and nothing leaves the directory that a zip is opened in.
func fileName(id string) string {
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("._-", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// sheet is a cell of a spreadsheet: for machines in English, else for people.
func (c Cell) sheet(l Lang) string {
	if text := c.Text.In(l); l != English && text != "" && c.N == nil && !c.when {
		return text
	}
	if c.ID != "" {
		return c.ID
	}
	return c.Text.EN
}

// inert keeps a spreadsheet from taking a text for a formula.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) && strings.Trim(s, "-0123456789.") != "" {
		return "'" + s
	}
	return s
}
