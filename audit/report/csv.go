package report

import (
	"archive/zip"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

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

// CSV writes one table (RFC 4180, UTF-8): machine names of columns in the first line,
// machine values below. Without a name it writes a zip with a file for each table.
func (d *Document) CSV(out io.Writer, table string) error {
	if table != "" {
		var names []string
		for _, t := range d.Tables() {
			if t.ID == table {
				return t.csv(out)
			}
			names = append(names, t.ID)
		}
		return &stream.Fault{Code: "report.table", Path: "--table", Msg: "the report has no table " + table, Hint: "write one of: " + strings.Join(names, " ")}
	}
	z := zip.NewWriter(out)
	for _, t := range d.Tables() {
		f, err := z.CreateHeader(&zip.FileHeader{Name: fileName(t.ID) + ".csv", Method: zip.Deflate, Modified: d.Made})
		if err != nil {
			return fmt.Errorf("zip: %w", err)
		}
		if err := t.csv(f); err != nil {
			return err
		}
	}
	return z.Close()
}

func (t *Table) csv(out io.Writer) error {
	w := csv.NewWriter(out)
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = c.ID
	}
	if err := w.Write(line); err != nil {
		return err
	}
	for _, r := range t.Rows {
		for i, c := range r {
			line[i] = inert(c.plain())
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

// plain is a cell for machines.
func (c Cell) plain() string {
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
