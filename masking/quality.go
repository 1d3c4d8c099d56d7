package masking

import (
	"lethe/stream"
	"lethe/stream/scan"
)

// quality counts what is seen in rows. What is seen in the record in work counts
// once the record is delivered.
type quality struct {
	total stream.Quality
	nulls []int64 // by measured path
	empty []int64 // by measured path
	found []int32 // of the record in work: a path that is null, or -1 - path for an empty one
	keys  watch
}

func newQuality(measured int) quality {
	return quality{nulls: make([]int64, measured), empty: make([]int64, measured), keys: newWatch()}
}

// measure numbers the paths below n whose nulls and empty values are counted.
func (c *compiler) measure(n *node) {
	for i := range n.members {
		m := n.members[i].node
		if !m.special { // L7: see stream.Quality
			m.measured = int32(len(c.program.measured))
			c.program.measured = append(c.program.measured, m.path)
		}
		c.measure(m)
	}
	if n.elem != nil {
		c.measure(n.elem)
	}
}

// examine takes note of the value src[i:end] of a member of after's row, and
// checks it by the rules of its node.
func (w *Rewriter) examine(n *node, i, end int) bool {
	switch c := w.src[i]; {
	case n.measured < 0:
	case c == 'n':
		w.quality.found = append(w.quality.found, n.measured)
	case end-i == 2 && c-'0' > 9 && c != '-', (c == '[' || c == '{') && scan.Space(w.src, i+1) == end-1:
		w.quality.found = append(w.quality.found, -1-n.measured)
	}
	return n.rules == nil || w.conforms(n, i, end)
}

// deliver counts the record in work.
func (q *quality) deliver(r *stream.Record, op byte, hasRow bool) {
	if hasRow {
		q.total.Rows++
	}
	for _, f := range q.found {
		if f >= 0 {
			q.nulls[f]++
		} else {
			q.empty[-1-f]++
		}
	}
	q.total.Newest = max(q.total.Newest, stream.Int64(r.Time))
	k := &q.total.Keys
	switch op {
	case 'c':
		k.Inserts++
		k.Repeats += stream.Int64(q.keys.see(r.Key, op, &r.Seq))
	case 'r':
		k.Reads++
		k.Rereads += stream.Int64(q.keys.see(r.Key, op, &r.Seq))
	case 'd':
		q.keys.forget(r.Key, &r.Seq)
	case 't':
		q.keys = newWatch()
	}
}

// Quality adds what was seen in the rows since the last call, and begins anew.
func (w *Rewriter) Quality(to *stream.Quality) {
	q := &w.quality
	q.total.Nulls, q.total.Empties = told(q.nulls, w.prog.measured), told(q.empty, w.prog.measured)
	to.Add(&q.total)
	q.total = stream.Quality{}
}

// told gives counts their paths, and begins them anew.
func told(counts []int64, paths []string) map[string]stream.Int64 {
	var all map[string]stream.Int64
	for f, n := range counts {
		if n == 0 {
			continue
		}
		if all == nil {
			all = make(map[string]stream.Int64)
		}
		all[paths[f]] += stream.Int64(n)
		counts[f] = 0
	}
	return all
}
