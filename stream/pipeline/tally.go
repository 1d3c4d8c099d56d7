package pipeline

import (
	"maps"
	"slices"

	"lethe/stream"
)

// tally is what became of a stream's records in a mask transaction: its line in
// the receipt, and why and what in the detail record.
type tally struct {
	stream.StreamCount
	detail stream.MaskCount
}

// tallies are those of a transaction's streams, or of a share's, by name.
type tallies map[string]*tally

func (t tallies) of(name string) *tally {
	c := t[name]
	if c == nil {
		c = &tally{StreamCount: stream.StreamCount{Stream: name},
			detail: stream.MaskCount{Quarantined: make(map[string]map[string]stream.Int64), Fields: make(map[string]map[string]stream.Int64)}}
		t[name] = c
	}
	return c
}

// add adds up what from counted.
func (t tallies) add(from tallies) {
	for name, c := range from {
		to := t.of(name)
		to.In += c.In
		to.Delivered += c.Delivered
		to.Filtered += c.Filtered
		to.Shredded += c.Shredded
		to.Quarantined += c.Quarantined
		addNested(to.detail.Quarantined, c.detail.Quarantined)
		addNested(to.detail.Fields, c.detail.Fields)
		to.detail.Quality.Add(&c.detail.Quality)
	}
}

// quarantined counts a record that was sent to quarantine.
func (c *tally) quarantined(why *stream.Rejection) {
	c.Quarantined++
	addOne(c.detail.Quarantined, why.Reason, why.Field, 1)
}

// lines are the streams' lines in a receipt, in the order of their names.
func (t tallies) lines() []stream.StreamCount {
	var out []stream.StreamCount
	for _, name := range slices.Sorted(maps.Keys(t)) {
		out = append(out, t[name].StreamCount)
	}
	return out
}

// detail is the record that the receipt names.
func (t tallies) detail() stream.MaskDetail {
	d := stream.MaskDetail{Streams: make(map[string]*stream.MaskCount, len(t))}
	for name, c := range t {
		d.Streams[name] = &c.detail
	}
	return d
}

func addNested(to, from map[string]map[string]stream.Int64) {
	for outer, counts := range from {
		for inner, n := range counts {
			addOne(to, outer, inner, n)
		}
	}
}

func addOne(to map[string]map[string]stream.Int64, outer, inner string, n stream.Int64) {
	if to[outer] == nil {
		to[outer] = make(map[string]stream.Int64)
	}
	to[outer][inner] += n
}
