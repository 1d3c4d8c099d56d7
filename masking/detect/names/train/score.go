package main

import (
	"bufio"
	"fmt"
	"io"

	"lethe/masking/detect/names/internal/tag"
)

// counts are true positives, false positives and misses of one entity.
type counts struct{ hit, false, miss int }

func (c counts) line() string {
	p, r := float64(c.hit)/float64(max(1, c.hit+c.false)), float64(c.hit)/float64(max(1, c.hit+c.miss))
	return fmt.Sprintf("%.3f %.3f %.3f", p, r, 2*p*r/max(1e-9, p+r))
}

// spansOf turns labels into marks.
func spansOf(t *tag.Tagger) (out []mark) {
	for i := 0; i < len(t.Tokens); {
		begin, end := t.Labels[i], i+1
		if begin == tag.Out {
			i++
			continue
		}
		for end < len(t.Tokens) && tag.Continues(begin, t.Labels[end]) {
			end++
		}
		out = append(out, mark{t.Tokens[i].Start, t.Tokens[end-1].End, begin})
		i = end
	}
	return out
}

// report prints precision, recall and F1 by overlap of a half and exactly, and
// the share of predicted bytes outside all marks. A facility in the gold is
// neither right nor wrong.
func report(w io.Writer, name string, m *tag.Model, all []sample) {
	t := tag.NewTagger(m)
	var half, exact [tag.Labels]counts
	outside, bytes := 0, 0
	for _, s := range all {
		t.Tag(s.text, 0)
		got := spansOf(t)
		for i := range got {
			if got[i].label == tag.Facility { // names.Find says location
				got[i].label = tag.BeginPlace
			}
		}
		in := make([]bool, len(s.text))
		for _, g := range s.marks {
			for i := g.start; i < g.end; i++ {
				in[i] = true
			}
		}
		for _, p := range got {
			bytes += p.end - p.start
			for i := p.start; i < p.end; i++ {
				if !in[i] {
					outside++
				}
			}
		}
		match(&half, s.marks, got, func(a, b mark) bool {
			o := min(a.end, b.end) - max(a.start, b.start)
			return o > 0 && 2*o >= max(a.end, b.end)-min(a.start, b.start)
		})
		match(&exact, s.marks, got, func(a, b mark) bool { return a.start == b.start && a.end == b.end })
	}
	fmt.Fprintf(w, "%-14s %5d texts, over-masked %.3f\n", name, len(all), float64(outside)/float64(max(1, bytes)))
	for _, e := range []struct {
		l    tag.Label
		name string
	}{{tag.BeginPerson, "PERSON"}, {tag.BeginPlace, "LOCATION"}, {tag.BeginOrg, "ORGANIZATION"}} {
		n := half[e.l].hit + half[e.l].miss
		if n > 0 || half[e.l].false > 0 {
			fmt.Fprintf(w, "  %-12s %5d  half %s  exact %s\n", e.name, n, half[e.l].line(), exact[e.l].line())
		}
	}
}

func match(c *[tag.Labels]counts, gold, got []mark, same func(a, b mark) bool) {
	used := make([]bool, len(got))
	for _, g := range gold {
		if g.label == tag.Facility {
			continue
		}
		found := false
		for j, p := range got {
			if !used[j] && p.label == g.label && same(g, p) {
				used[j], found = true, true
				break
			}
		}
		if found {
			c[g.label].hit++
		} else {
			c[g.label].miss++
		}
	}
	for j, p := range got {
		if used[j] {
			continue
		}
		facility := false
		for _, g := range gold {
			facility = facility || g.label == tag.Facility && g.start < p.end && p.start < g.end
		}
		if !facility {
			c[p.label].false++
		}
	}
}

// find marks the names in the lines of a text: [P person], [L place],
// [O organisation], [F facility].
func find(m *tag.Model, r io.Reader, w io.Writer) error {
	t := tag.NewTagger(m)
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		text := lines.Bytes()
		t.Tag(text, 0)
		at := 0
		for _, s := range spansOf(t) {
			fmt.Fprintf(w, "%s[%c %s]", text[at:s.start], ".PPLLOOF"[s.label], text[s.start:s.end])
			at = s.end
		}
		fmt.Fprintf(w, "%s\n", text[at:])
	}
	return lines.Err()
}
