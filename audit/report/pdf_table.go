package report

import (
	"slices"

	"lethe/audit/report/paper"
)

// table writes a table; its head stands again on each page that it goes on to.
func (s *sheets) table(t *Table) {
	if len(t.Rows) == 0 {
		s.say("P", t.Caption.In(s.lang)+": "+t.Empty.In(s.lang), body, false, faint)
		return
	}
	widths := s.widths(t)
	head := make([][]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i] = s.Wrap(c.Name.In(s.lang), widths[i]-2*pad, small, true)
	}
	s.keep(90)
	s.Within("Table", paper.Says{}, func() {
		s.say("Caption", t.Caption.In(s.lang), body, true, ink)
		s.row(t, widths, head, s.headers(t), true)
		for _, r := range t.Rows {
			cells, into := make([][]string, len(r)), s.cells(r)
			for i, c := range r {
				cells[i] = s.Wrap(c.show(s.lang), widths[i]-2*pad, small, i == 0)
			}
			for len(cells) > 0 {
				rest := s.fitting(cells)
				if s.y-s.tall(cells) < margin {
					s.turn()
					s.row(t, widths, head, nil, true) // the same head again: ornament
				}
				s.row(t, widths, cells, into, false)
				cells = rest
			}
		}
	})
	s.gap(10)
}

// headers are the elements of a table's head.
func (s *sheets) headers(t *Table) (all []*paper.Element) {
	s.Within("TR", paper.Says{}, func() {
		for range t.Columns {
			all = append(all, s.Element("TH", paper.Says{Head: "Column"}))
		}
	})
	return all
}

// cells are the elements of a row; the first cell is its head.
func (s *sheets) cells(r []Cell) (all []*paper.Element) {
	s.Within("TR", paper.Says{}, func() {
		for i, c := range r {
			kind, says := "TD", paper.Says{}
			if i == 0 {
				kind, says.Head = "TH", "Row"
			}
			if l := c.lang(s.lang); l != s.lang {
				says.Lang = string(l)
			}
			all = append(all, s.Element(kind, says))
		}
	})
	return all
}

// fitting cuts cells that are taller than a page, and returns what is left over.
func (s *sheets) fitting(cells [][]string) (rest [][]string) {
	most := int((s.Height-2*margin)/leading(small)) - 6
	for i, c := range cells {
		if len(c) > most {
			if rest == nil {
				rest = make([][]string, len(cells))
			}
			rest[i], cells[i] = c[most:], c[:most]
		}
	}
	return rest
}

func (s *sheets) tall(cells [][]string) float64 {
	most := 1
	for _, c := range cells {
		most = max(most, len(c))
	}
	return float64(most)*leading(small) + pad
}

// row writes one row with its borders into its elements; without any it is ornament.
func (s *sheets) row(t *Table, widths []float64, cells [][]string, into []*paper.Element, head bool) {
	h, x := s.tall(cells), margin
	for i, c := range cells {
		if head {
			s.Rect(x, s.y-h, widths[i], h, shade)
		}
		cell := s.Whole()
		if into != nil {
			cell = into[i]
		}
		s.Into(cell, func() {
			at := s.y - 1
			for _, line := range c {
				at -= leading(small)
				left := x + pad
				if t.Columns[i].Number {
					left = x + widths[i] - pad - s.TextWidth(line, small, head || i == 0)
				}
				s.Text(left, at+small*.4, small, head || i == 0, ink, line)
			}
		})
		s.Line([][2]float64{{x, s.y}, {x + widths[i], s.y}, {x + widths[i], s.y - h}, {x, s.y - h}, {x, s.y}}, .5, rule)
		x += widths[i]
	}
	s.y -= h
}

// widths shares the page among columns: what a column needs for its widest cell, as
// far as there is room; the widest give way first.
func (s *sheets) widths(t *Table) []float64 {
	need := make([]float64, len(t.Columns))
	total := 0.0
	for i, c := range t.Columns {
		// A head may break at its spaces.
		need[i] = min(s.TextWidth(c.Name.In(s.lang), small, true), 70)
		for _, r := range t.Rows[:min(len(t.Rows), 500)] {
			need[i] = max(need[i], s.TextWidth(r[i].show(s.lang), small, i == 0))
		}
		need[i] += 2*pad + 1
		total += need[i]
	}
	if total <= s.room() {
		for i := range need {
			need[i] *= s.room() / total
		}
		return need
	}
	// The cap under which all that is needed fits.
	sorted, left := slices.Sorted(slices.Values(need)), s.room()
	for i, n := range sorted {
		share := left / float64(len(sorted)-i)
		if n > share {
			for k := range need {
				need[k] = min(need[k], share)
			}
			break
		}
		left -= n
	}
	return need
}
