package detect

import (
	"cmp"
	"slices"
)

// found is a candidate that a validator accepts.
type found struct {
	start, end int32
	score      float32
	entity     entity
	grade      grade
	why        string
}

// grade is what a candidate rests on.
type grade uint8

const (
	guessed grade = iota // a name that the model found
	formed               // it looks like what it is
	proved               // its check holds
)

// add notes a candidate.
func (f *Finder) add(e entity, start, end int, score float32, holds bool, why string) {
	if f.on[e] {
		g := formed
		if holds {
			g = proved
		}
		f.found = append(f.found, found{int32(start), int32(end), score, e, g, why})
	}
}

// precedence orders candidates by the rule of the package comment.
func precedence(a, b *found) int {
	switch {
	case a.grade != b.grade:
		return cmp.Compare(b.grade, a.grade)
	case a.score != b.score:
		return cmp.Compare(b.score, a.score)
	case a.end-a.start != b.end-b.start:
		return cmp.Compare(b.end-b.start, a.end-a.start)
	case a.start != b.start:
		return cmp.Compare(a.start, b.start)
	}
	return cmp.Compare(a.entity, b.entity)
}

// byStart orders candidates by where they begin.
func byStart(a, b *found) int { return cmp.Compare(a.start, b.start) }

// order sorts candidates, of which there are mostly few and in order.
func order(all []found, compare func(a, b *found) int) {
	if len(all) > 12 {
		slices.SortFunc(all, func(a, b found) int { return compare(&a, &b) })
		return
	}
	for i := 1; i < len(all); i++ {
		for j := i; j > 0 && compare(&all[j], &all[j-1]) < 0; j-- {
			all[j], all[j-1] = all[j-1], all[j]
		}
	}
}

// resolve sets f.kept to the candidates that stand, ordered by start.
func (f *Finder) resolve() {
	f.kept = f.kept[:0]
	all := f.found
	order(all, byStart)
	for len(all) > 0 {
		// A cluster is what hangs together by overlaps.
		n, end := 1, all[0].end
		for n < len(all) && all[n].start < end {
			end = max(end, all[n].end)
			n++
		}
		f.settle(all[:n])
		all = all[n:]
	}
}

// settle keeps those of a cluster that no better one overlaps.
func (f *Finder) settle(cluster []found) {
	if len(cluster) == 1 {
		f.kept = append(f.kept, cluster[0])
		return
	}
	order(cluster, precedence)
	from := len(f.kept)
	for _, c := range cluster {
		at, _ := slices.BinarySearchFunc(f.kept[from:], c.start, func(k found, start int32) int { return cmp.Compare(k.start, start) })
		at += from
		if c.grade == guessed {
			f.trim(&c, from, at)
		}
		if c.end <= c.start || at > from && f.kept[at-1].end > c.start || at < len(f.kept) && f.kept[at].start < c.end {
			continue
		}
		f.kept = slices.Insert(f.kept, at, c)
	}
}

// trim cuts a name to what lies between the findings before and after it in
// f.kept, where at is its place: "Ann Lee ann@example.com" holds a name still.
func (f *Finder) trim(c *found, from, at int) {
	if at > from {
		c.start = max(c.start, f.kept[at-1].end)
	}
	if at < len(f.kept) {
		c.end = min(c.end, f.kept[at].start)
	}
	for c.start < c.end && classes[f.text[c.start]] == 0 {
		c.start++
	}
	for c.end > c.start && classes[f.text[c.end-1]] == 0 {
		c.end--
	}
}
