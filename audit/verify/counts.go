package verify

import (
	"cmp"
	"slices"
	"sort"
	"strings"
)

// topicName is a topic's name taken apart (stream/FORMAT.md, "Topics").
type topicName struct {
	kind                          string // raw, masked, quarantine; "" for a foreign topic
	label, connection, stream, gn string // of a masked one
	source                        string // of a raw one
}

func parseTopic(name string) topicName {
	f := strings.Split(name, ".")
	if len(f) < 4 || f[0] != "lethe" {
		return topicName{}
	}
	t := topicName{kind: f[2]}
	switch {
	case t.kind == kindRaw && len(f) == 5:
		t.label, t.source = f[3], f[4]
	case t.kind == kindMasked && len(f) >= 7:
		t.label, t.connection, t.stream, t.gn = f[3], f[4], strings.Join(f[5:len(f)-1], "."), f[len(f)-1]
	}
	return t
}

// spans are the runs of offsets that receipts wrote to one partition.
type spans struct {
	list []span
	data []int64 // data[i] is how many data records lie in list[:i]
}

// span is an Out: of its offsets [first, last] some hold data records, the
// others tombstones and markers.
type span struct{ first, last, data int64 }

// add takes in x, unless it lies over another span. Most come in order; what
// comes late moves the others.
func (s *spans) add(x span) bool {
	if len(s.data) == 0 {
		s.data = append(s.data, 0)
	}
	at := len(s.list)
	for at > 0 && s.list[at-1].first > x.last {
		at--
	}
	if at > 0 && s.list[at-1].last >= x.first {
		return false
	}
	s.list = slices.Insert(s.list, at, x)
	for s.data = s.data[:at+1]; at < len(s.list); at++ {
		s.data = append(s.data, s.data[at]+s.list[at].data)
	}
	return true
}

// bounds says how many data records lie at offsets [from, to), at least and at
// most: within a span with holes it is not known where the holes are.
func (s *spans) bounds(from, to int64) (lo, hi int64) {
	if s == nil || from >= to {
		return 0, 0
	}
	i := sort.Search(len(s.list), func(i int) bool { return s.list[i].last >= from })
	j := sort.Search(len(s.list), func(i int) bool { return s.list[i].first >= to })
	if i >= j {
		return 0, 0
	}
	lo = s.data[j] - s.data[i]
	hi = lo
	// Only the first and the last span can stick out.
	for _, k := range slices.Compact([]int{i, j - 1}) {
		x := s.list[k]
		inside := min(to, x.last+1) - max(from, x.first)
		holes := x.last + 1 - x.first - x.data
		lo += max(0, inside-holes) - x.data
		hi += min(inside, x.data) - x.data
	}
	return lo, hi
}

func (f *flow) source(name string) *SourceCount {
	s := f.sources[name]
	if s == nil {
		s = &SourceCount{Source: name}
		f.sources[name] = s
	}
	return s
}

func (f *flow) connection(name, raw string) *ConnectionCount {
	k := [2]string{name, raw}
	c := f.connections[k]
	if c == nil {
		c = &ConnectionCount{Connection: name, Raw: raw}
		f.connections[k] = c
	}
	return c
}

func (f *flow) topic(name string) *TopicCount {
	s := f.topics[name]
	if s == nil {
		t := parseTopic(name)
		s = &TopicCount{Connection: t.connection, Stream: unescape(t.stream), Label: t.label, Generation: t.gn}
		f.topics[name] = s
	}
	return s
}

// count checks the identity of one part and what it read against what was
// written there (L2).
func (f *flow) count(id chainID, e *entry, p *part) {
	if p.In < 0 || p.Filtered < 0 || p.Shredded < 0 || p.Changes < 0 {
		f.fail(CodeCountPart, id, e, "a count below zero")
		return
	}
	delivered, quarantined := f.outs(id, e, p)
	in, sum := int64(p.In), delivered+quarantined+int64(p.Filtered+p.Shredded)
	switch id.stage {
	case stageIngest:
		c := f.source(id.owner)
		c.Changes += int64(p.Changes)
		c.Ingested += in
		c.Quarantined += quarantined
		if in != sum {
			f.fail(CodeCountIngest, id, e, "%d records of the source, %d written", in, sum)
		}
		return
	case stageDelete:
		f.gone(p)
		return
	case stageSink:
		f.sunk(id, e, p, sum)
	default:
		if id.stage == stageMask {
			c := f.connection(id.owner, p.Topic)
			c.In += in
			c.Delivered += delivered
			c.Quarantined += quarantined
			c.Filtered += int64(p.Filtered)
			c.Shredded += int64(p.Shredded)
			f.policy(id, e, p)
		}
		if in != sum {
			f.fail(stageCode(id.stage), id, e, "of [%s,%s) %d records read, %d delivered, quarantined, filtered or shredded", p.From, p.To, in, sum)
		}
	}
	f.read(id, e, p)
}

// read compares what a part read with what receipts wrote to that partition.
func (f *flow) read(id chainID, e *entry, p *part) {
	kind := parseTopic(p.Topic).kind
	if kind != kindRaw && kind != kindMasked {
		return // written by others, or by several chains at once
	}
	from, to := offsetOf(p.From), offsetOf(p.To)
	if from < 0 || to < from {
		f.fail(CodeCountRange, id, e, "[%s,%s) is no range of offsets", p.From, p.To)
		return
	}
	if lo, hi := f.produced[id.place].bounds(from, to); int64(p.In) < lo || int64(p.In) > hi {
		f.failAs(against(int64(p.In), hi), readCode(kind), id, e, "of [%d,%d) %d records read, %d written", from, to, p.In, hi)
	}
}

// against is what it is that other than the records that can be there were read.
func against(read, most int64) Kind {
	if read > most {
		return Orphan
	}
	return Gap
}

// total compares what a chain read in all with what was written there. A part
// that ends inside a transaction's records may hide one too many, the next part
// one too few; their sum cannot.
func (f *flow) total(id chainID, s *chainState, e *entry, p *part) {
	kind, to := parseTopic(p.Topic).kind, offsetOf(p.To)
	if s.since < 0 || to < s.since || kind != kindRaw && kind != kindMasked {
		return
	}
	s.in += int64(p.In)
	written := f.produced[id.place]
	lo, hi := written.bounds(s.since, to)
	if s.in >= lo && s.in <= hi {
		return
	}
	// A part that cannot be by itself was reported.
	if least, most := written.bounds(offsetOf(p.From), to); int64(p.In) >= least && int64(p.In) <= most {
		f.failAs(against(s.in, hi), readCode(kind), id, e, "of [%d,%d) %d records read, %d written", s.since, to, s.in, hi)
	}
	s.since, s.in = to, 0
}

// outs takes in what a part wrote and returns how many data records that was.
func (f *flow) outs(id chainID, e *entry, p *part) (delivered, quarantined int64) {
	for _, o := range p.Out {
		x := span{int64(o.First), int64(o.Last), int64(o.N - o.Tombstones)}
		if o.N < 1 || o.Tombstones < 0 || x.first < 0 || x.data < 0 || int64(o.N) > x.last-x.first+1 {
			f.fail(CodeCountOut, id, e, "%d records, %d tombstones at [%d,%d] of %s/%d cannot be", o.N, o.Tombstones, o.First, o.Last, o.Topic, o.Partition)
			continue
		}
		t := parseTopic(o.Topic)
		if t.kind == kindQuarantine {
			quarantined += x.data
			continue // several workers write there at once
		}
		delivered += x.data
		if t.kind == kindMasked {
			c := f.topic(o.Topic)
			c.Delivered += x.data
			c.Tombstones += int64(o.Tombstones)
		}
		at := place{o.Topic, o.Partition}
		s := f.produced[at]
		if s == nil {
			s = &spans{}
			f.produced[at] = s
			f.places = append(f.places, at)
		}
		if !s.add(x) {
			f.failAs(Overlap, CodeCountOut, id, e, "[%d,%d] of %s/%d was written before", o.First, o.Last, o.Topic, o.Partition)
		}
	}
	return delivered, quarantined
}

// sunk takes in a sink's part: the file is checked when the log is done.
func (f *flow) sunk(id chainID, e *entry, p *part, elsewhere int64) {
	rows := int64(0)
	if p.Rows != nil {
		rows = int64(*p.Rows)
	}
	c := f.topic(p.Topic)
	c.InFiles += rows
	if int64(p.In) != rows+elsewhere {
		f.fail(CodeCountSink, id, e, "of [%s,%s) %d records read, %d rows in the file", p.From, p.To, p.In, rows+elsewhere)
	}
	if p.Object == "" {
		if rows > 0 {
			f.fail(CodeCountObject, id, e, "of [%s,%s) %d rows in a file, and no file is named", p.From, p.To, rows)
		}
		return
	}
	if p.SHA256 == nil || p.Rows == nil || p.RowRoot == nil {
		f.fail(CodeObjectReceipt, id, e, "object %s without hash, rows or row root", p.Object)
		return
	}
	c.Files++
	f.files = append(f.files, fileTask{object: p.Object, sha: *p.SHA256, root: *p.RowRoot, rows: rows,
		place: id.place, from: offsetOf(p.From), to: offsetOf(p.To), leaf: e.leaf,
		in: written{e.run, e.n, e.receipt.Time, e.receipt.Policy}})
}

// end reports parts whose predecessor never came, and sums up.
func (f *flow) end() {
	for _, id := range f.order {
		for s := f.chains[id]; len(s.waiting) > 0; {
			f.resume(id, s)
		}
	}
	r := f.c.report
	r.Chains, r.Files = int64(len(f.order)), int64(len(f.files))
	f.pending()
	f.unread()
	for _, s := range f.sources {
		r.Sources = append(r.Sources, *s)
	}
	for _, c := range f.connections {
		r.Connections = append(r.Connections, *c)
	}
	for _, t := range f.topics {
		r.Topics = append(r.Topics, *t)
	}
	f.endStreams()
	slices.SortFunc(r.Sources, func(a, b SourceCount) int { return cmp.Compare(a.Source, b.Source) })
	slices.SortFunc(r.Connections, func(a, b ConnectionCount) int {
		return cmp.Or(cmp.Compare(a.Connection, b.Connection), cmp.Compare(a.Raw, b.Raw))
	})
	slices.SortFunc(r.Topics, func(a, b TopicCount) int {
		return cmp.Or(cmp.Compare(a.Connection, b.Connection), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Generation, b.Generation))
	})
}

// connectionsOf are the connections that read each source.
func (f *flow) connectionsOf() map[string]map[string]bool {
	reads := make(map[string]map[string]bool)
	for _, id := range f.order {
		if t := parseTopic(id.topic); id.stage == stageMask && t.kind == kindRaw {
			if reads[t.source] == nil {
				reads[t.source] = make(map[string]bool)
			}
			reads[t.source][id.owner] = true
		}
	}
	return reads
}

// pending counts what was written and not yet read.
func (f *flow) pending() {
	reads := f.connectionsOf()
	beyond := func(stage, owner string, at place) int64 {
		to := int64(0)
		if s := f.chains[chainID{stage, owner, at}]; s != nil {
			to = max(0, offsetOf(s.to))
		}
		_, hi := f.produced[at].bounds(to, 1<<62)
		return hi
	}
	for _, at := range f.places {
		switch t := parseTopic(at.topic); t.kind {
		case kindRaw:
			for owner := range reads[t.source] {
				f.connection(owner, at.topic).Pending += beyond(stageMask, owner, at)
			}
		case kindMasked:
			f.topic(at.topic).Pending += beyond(stageSink, t.connection, at)
		}
	}
}
