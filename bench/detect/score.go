package main

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// counts are hits, false alarms and misses.
type counts struct{ hit, wrong, miss int }

func (c counts) f1() float64 {
	return float64(2*c.hit) / float64(max(1, 2*c.hit+c.wrong+c.miss))
}

func (c counts) precision() float64 { return float64(c.hit) / float64(max(1, c.hit+c.wrong)) }
func (c counts) recall() float64    { return float64(c.hit) / float64(max(1, c.hit+c.miss)) }

// pair is a judgement by exact spans and by overlap of a half and more.
type pair struct{ exact, half counts }

// verdict is what one side found.
type verdict struct {
	entities map[string]*pair // and "thai PERSON", "thai LOCATION"
	// Characters of personal data, those of them under no finding, those under
	// findings, and those of them outside of personal data. Organisations count as
	// neither.
	gold, bare, masked, over int
	cleanTexts, alarms       int    // clean texts, and findings by pattern in them
	nameAlarms               int    // names in clean texts
	coined                   counts // names that stand in no list, by overlap
}

// notCounted are the entities that are no personal data of themselves.
const notCounted = "ORGANIZATION"

// guesses are the entities that no pattern finds.
var guesses = []string{"PERSON", "LOCATION", "ORGANIZATION"}

// judge compares what was found, by a text's id, with what is there.
func judge(texts []text, found map[string][]span) *verdict {
	v := &verdict{entities: map[string]*pair{}}
	for i := range texts {
		t := &texts[i]
		got := settled(found[t.id])
		if t.clean {
			v.cleanTexts++
			for _, g := range got {
				if slices.Contains(guesses, g.entity) {
					v.nameAlarms++
				} else {
					v.alarms++
				}
			}
		}
		prefix := ""
		if len(t.id) > 4 && t.id[:4] == "thai" {
			prefix = "thai "
		}
		v.compare(t, got, prefix)
		v.characters(t, got)
	}
	return v
}

// settled drops what a finding of a higher score overlaps; then the longer stays,
// then the first.
func settled(all []span) (kept []span) {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b span) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.end-b.start, a.end-a.start), cmp.Compare(a.start, b.start))
	})
	for _, s := range all {
		if !slices.ContainsFunc(kept, func(k span) bool { return k.start < s.end && s.start < k.end }) {
			kept = append(kept, s)
		}
	}
	slices.SortFunc(kept, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	return kept
}

// compare counts exact and overlapping spans of one text, entity by entity.
func (v *verdict) compare(t *text, got []span, prefix string) {
	exact := func(a, b span) bool { return a.start == b.start && a.end == b.end }
	half := func(a, b span) bool {
		common := min(a.end, b.end) - max(a.start, b.start)
		return common > 0 && 2*common >= max(a.end, b.end)-min(a.start, b.start)
	}
	for _, how := range []struct {
		same  func(a, b span) bool
		exact bool
	}{{exact, true}, {half, false}} {
		used := make([]bool, len(got))
		for _, g := range t.spans {
			i := 0
			for i < len(got) && (used[i] || got[i].entity != g.entity || !how.same(g, got[i])) {
				i++
			}
			hit := i < len(got)
			if hit {
				used[i] = true
			}
			v.count(g.entity, prefix, how.exact, func(c *counts) {
				if hit {
					c.hit++
				} else {
					c.miss++
				}
			})
			if g.coined && !how.exact {
				if hit {
					v.coined.hit++
				} else {
					v.coined.miss++
				}
			}
		}
		for i, s := range got {
			if !used[i] {
				v.count(s.entity, prefix, how.exact, func(c *counts) { c.wrong++ })
			}
		}
	}
}

func (v *verdict) count(entity, prefix string, exact bool, add func(*counts)) {
	if slices.Contains(guesses, entity) {
		entity = prefix + entity
	}
	p := v.entities[entity]
	if p == nil {
		p = &pair{}
		v.entities[entity] = p
	}
	if exact {
		add(&p.exact)
	} else {
		add(&p.half)
	}
}

// characters counts what stays bare and what is masked for nothing.
func (v *verdict) characters(t *text, got []span) {
	for i := range t.text {
		if !utf8.RuneStart(t.text[i]) {
			continue
		}
		in := func(s span) bool { return s.start <= i && i < s.end }
		real := slices.IndexFunc(t.spans, in)
		masked := slices.ContainsFunc(got, in)
		idle := real >= 0 && t.spans[real].entity == notCounted
		switch {
		case real >= 0 && !idle:
			v.gold++
			if !masked {
				v.bare++
			}
		case masked && !idle:
			v.over++
		}
		if masked {
			v.masked++
		}
	}
}
