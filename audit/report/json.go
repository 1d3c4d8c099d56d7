package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// JSON writes the machine model: the same members whatever the language, texts in it.
func (d *Document) JSON(out io.Writer, l Lang) error {
	type m = map[string]any
	day := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format(time.RFC3339)
	}
	sections := []m{}
	for _, s := range d.Sections {
		sections = append(sections, s.machine(l))
	}
	notes := []string{}
	for _, f := range d.Footnotes {
		notes = append(notes, f.In(l))
	}
	revisions := m{}
	for _, r := range d.Revisions {
		revisions[r.Name] = r.ID
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(struct {
		Context    m        `json:"@context"`
		Kind       string   `json:"kind"`
		Title      string   `json:"title"`
		Lang       Lang     `json:"lang"`
		Workspace  string   `json:"workspace"`
		From       any      `json:"from"`
		To         any      `json:"to"`
		Made       any      `json:"made"`
		Build      string   `json:"build,omitempty"`
		Checkpoint m        `json:"checkpoint"`
		Revisions  m        `json:"revisions"`
		Sections   []m      `json:"sections"`
		Footnotes  []string `json:"footnotes"`
		Proofs     []Proof  `json:"proofs"`
	}{m{"dpv": dpv, "iri": "@id"}, d.Kind, d.Title.In(l), l, d.Workspace, day(d.From), day(d.To), day(d.Made), d.Build,
		m{"origin": d.Checkpoint.Origin, "size": d.Checkpoint.Size, "root": d.Checkpoint.Root, "note": d.Checkpoint.Note},
		revisions, sections, notes, d.Proofs})
}

// attachment is what a report carries along in every form: the signed checkpoint and the
// proofs of the entries that it names, one a line (L4). It is nil where there is neither.
func (d *Document) attachment() []byte {
	if d.Checkpoint.Note == "" && len(d.Proofs) == 0 {
		return nil
	}
	var b bytes.Buffer
	note, _ := json.Marshal(d.Checkpoint.Note) // a text, and below numbers and texts
	fmt.Fprintf(&b, "{\"checkpoint\": %s, \"proofs\": [", note)
	for i, p := range d.Proofs {
		line, _ := json.Marshal(p)
		fmt.Fprintf(&b, "%s\n%s", []string{"", ","}[min(i, 1)], line)
	}
	b.WriteString("]}\n")
	return b.Bytes()
}

func (s *Section) machine(l Lang) map[string]any {
	body := []any{}
	for _, b := range s.Body {
		switch {
		case b.Text != nil:
			body = append(body, map[string]any{"text": b.Text.In(l)})
		case b.Note != nil:
			body = append(body, map[string]any{"note": b.Note.In(l)})
		case b.Table != nil:
			body = append(body, map[string]any{"table": b.Table.ID, "caption": b.Table.Caption.In(l), "rows": b.Table.machine(l)})
		case b.Chart != nil:
			body = append(body, b.Chart.machine(l))
		}
	}
	out := map[string]any{"id": s.ID, "number": s.Number, "title": s.Title.In(l), "body": body}
	if s.Clause != "" {
		out["clause"], out["recalled"] = s.Clause, s.Marked
	}
	return out
}

// machine gives each row as an object.
func (t *Table) machine(l Lang) []map[string]any {
	rows := []map[string]any{}
	for _, r := range t.Rows {
		row := map[string]any{}
		for i, c := range r {
			row[t.Columns[i].ID] = c.machine(l)
		}
		rows = append(rows, row)
	}
	return rows
}

func (c Cell) machine(l Lang) any {
	switch {
	case c.N != nil:
		return *c.N
	case c.IRI == "" && !c.Marked && (c.Text == Text{} || c.ID == ""):
		return c.show(l)
	}
	out := map[string]any{"id": c.ID, "text": c.Text.In(l)}
	if c.Text == (Text{}) {
		delete(out, "text")
	}
	if c.IRI != "" {
		out["iri"] = c.IRI
	}
	if c.Marked {
		out["recalled"] = true
	}
	return out
}

// show is a cell as people read it.
func (c Cell) show(l Lang) string {
	s := c.Text.In(l)
	if s == "" {
		s = c.ID
	}
	if c.N != nil {
		s = grouped(*c.N)
	}
	if c.Marked {
		s += "\u00a0○"
	}
	return s
}

func (c *Chart) machine(l Lang) map[string]any {
	series := []map[string]any{}
	for _, s := range c.Series {
		series = append(series, map[string]any{"id": s.ID, "name": s.Name.In(l), "y": s.Y})
	}
	return map[string]any{"chart": c.ID, "title": c.Title.In(l), "unit": c.Unit.In(l), "x": c.X, "series": series}
}
