package masking

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"lethe/stream"
	"lethe/stream/scan"
)

// Hierarchy is one level of a table as ARX writes one: lines of value;level 1;level
// 2;…, with * as value for all that has no line.
type Hierarchy struct {
	of     map[string]string
	others string // what becomes of values without a line; "" for the constant
}

// LineFault is what is wrong with a line of a table. It shows nothing of the line:
// it lists values that people have (L7).
type LineFault struct {
	Line int
	Msg  string
}

// Error implements error.
func (f LineFault) Error() string { return fmt.Sprintf("line %d of table %s", f.Line, f.Msg) }

// mostLineFaults are as many as anybody reads.
const mostLineFaults = 20

// ReadHierarchy reads a level of a table. The error joins a [LineFault] for each
// line at fault, as far as it could be read.
func ReadHierarchy(table string, level int) (*Hierarchy, error) {
	if level < 1 {
		return nil, errors.New("level 0 is the value itself: at least 1")
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\ufeff")))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = ';', -1, true
	h := &Hierarchy{of: map[string]string{}}
	var faults []error
	for len(faults) < mostLineFaults {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			faults = append(faults, LineFault{syntax.Line, "is no list of texts joined by semicolons"})
			break
		}
		line, _ := r.FieldPos(0)
		if msg := h.add(row, level); msg != "" {
			faults = append(faults, LineFault{line, msg})
		}
	}
	if len(faults) == 0 && len(h.of) == 0 && h.others == "" {
		faults = append(faults, errors.New("table has no lines"))
	}
	return h, errors.Join(faults...)
}

// add adds a line; it returns what is wrong with it.
func (h *Hierarchy) add(row []string, level int) string {
	switch {
	case len(row) <= level || row[level] == "":
		return fmt.Sprintf("has no level %d", level)
	case !utf8.ValidString(row[0]) || !utf8.ValidString(row[level]):
		return "is no UTF-8"
	case row[0] == "*":
		h.others = row[level]
		return ""
	case row[level] == row[0]:
		return fmt.Sprintf("shows the value itself at level %d", level)
	}
	if other, twice := h.of[row[0]]; twice && other != row[level] {
		return "has a value that another line has"
	}
	h.of[row[0]] = row[level]
	return ""
}

// Len is how many values the table has.
func (h *Hierarchy) Len() int { return len(h.of) }

// String is a table of this level only, the same for all tables that say the same:
// sorted, and for level 1.
func (h *Hierarchy) String() string {
	rows := make([][]string, 0, len(h.of)+1)
	for value, wide := range h.of {
		rows = append(rows, []string{value, wide})
	}
	slices.SortFunc(rows, slices.Compare)
	if h.others != "" {
		rows = append(rows, []string{"*", h.others})
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = ';'
	w.WriteAll(rows) // a Builder never fails
	return b.String()
}

// normal brings the values into the form in which values are looked for. Two that
// become one must become the same.
func (h *Hierarchy) normal(form normalForm) error {
	of := make(map[string]string, len(h.of))
	for value, wide := range h.of {
		n := string(form(nil, []byte(value)))
		if other, twice := of[n]; twice && other != wide {
			return errors.New("table has two lines for what is one value in the element's normal form")
		}
		of[n] = wide
	}
	h.of = of
	return nil
}

// hierarchyMasker generalizes by a table.
type hierarchyMasker struct {
	table *Hierarchy
	form  normalForm
	text  []byte
}

func buildHierarchy(f Field) (masker, error) {
	h, err := ReadHierarchy(f.Params.text("table", ""), f.Params.number("level", 1))
	if err != nil {
		return nil, err
	}
	form, _ := normalOf(f.Normal, f.Params)
	if err := h.normal(form); err != nil {
		return nil, hinted{err, "write the same text in both lines, or leave one of them out"}
	}
	return &hierarchyMasker{table: h, form: form}, nil
}

func (m *hierarchyMasker) mask(dst []byte, v datum) ([]byte, result) {
	m.text = m.form(m.text[:0], v.text)
	wide, ok := m.table.of[string(m.text)]
	if !ok {
		wide = m.table.others
	}
	if wide == "" {
		return dst, hidden // L1: nobody said what is wider than it
	}
	m.text = append(m.text[:0], wide...)
	return scan.AppendQuoted(dst, m.text), replaced
}

func (m *hierarchyMasker) fresh() masker {
	return &hierarchyMasker{table: m.table, form: m.form}
}

// hierarchyTakes says which columns beside text have values that a table can list.
func hierarchyTakes(t stream.Type, _ Params) bool {
	return t.Base == stream.Int || t.Base == stream.Decimal
}

// checkHierarchy says what is wrong with the parameters of a hierarchy. What the
// file holds is not known here.
func checkHierarchy(p Params) error {
	table, file := p.text("table", ""), p.text("file", "")
	switch {
	case table != "" && file != "":
		return errors.New("table and file say the same: write one of them")
	case p.number("level", 1) < 1:
		return errors.New("level 0 is the value itself: at least 1")
	case file != "":
		return nil
	case p["table"] == nil:
		return errors.New(`as: hierarchy needs a table, such as file: cities.csv, or table: "Bangkok;Central;Thailand"`)
	}
	_, err := ReadHierarchy(table, p.number("level", 1))
	return err
}
