package verify

import (
	"cmp"
	"slices"
)

// cover follows the records that sources gave in a window, by the receipts that flow
// counts.
type cover struct {
	f      *flow
	window Window

	// What of the window was written to raw topics, and to masked ones.
	raw, masked           map[place]*spans
	rawOrder, maskedOrder []place

	reached map[string]reach  // of sources whose positions the window names
	taken   map[string]bool   // whether the source's last part is of the window
	batches map[string]*batch // transactions that are not whole yet, by run
	read    map[chainID]*intervals
	border  map[[2]string]bounds // connection, topic read: in one transaction with records beyond the window
	pending map[[2]string]bounds // and not yet read

	sources     map[string]*SourceCoverage
	connections map[[2]string]*ConnectionCoverage // connection, raw topic
	streams     map[[2]string]*StreamCoverage     // connection, stream
	topics      map[string]*TopicCoverage
	ingested    map[[2]string]int64 // source, stream
	heard       map[string]*heard   // by source

	// Entries between which the window's receipts lie; first is -1 without any.
	first, last int64
}

// reach says where a source stands to the window's range of its positions.
type reach int

const (
	before reach = iota
	inside
	behind
)

// endless is beyond any offset.
const endless = int64(1) << 62

func newCover(f *flow, w Window) *cover {
	v := &cover{f: f, window: w, raw: make(map[place]*spans), masked: make(map[place]*spans), reached: make(map[string]reach), taken: make(map[string]bool),
		batches: make(map[string]*batch), read: make(map[chainID]*intervals), border: make(map[[2]string]bounds), pending: make(map[[2]string]bounds),
		sources: make(map[string]*SourceCoverage), connections: make(map[[2]string]*ConnectionCoverage), streams: make(map[[2]string]*StreamCoverage), topics: make(map[string]*TopicCoverage),
		ingested: make(map[[2]string]int64), heard: make(map[string]*heard), first: -1}
	for source, r := range w.Positions {
		if r.From == "" {
			v.reached[source] = inside
		}
	}
	return v
}

// receipt takes in a receipt. Those of ingest stand in the log before those of who read
// what they tell of.
func (v *cover) receipt(e *entry) {
	switch e.receipt.Stage {
	case stageIngest:
		v.ingest(e)
	case stageMask:
		v.mask(e)
	case stageSink:
		for i := range e.receipt.parts {
			v.sink(e, &e.receipt.parts[i])
		}
	}
}

// note widens the extent of the window's entries.
func (v *cover) note(leaf int64) {
	if v.first < 0 {
		v.first = leaf
	}
	v.last = max(v.last, leaf)
}

// ingest takes in what a source gave. Lines of streams that stand in a receipt without
// parts are of the part before it.
func (v *cover) ingest(e *entry) {
	r := e.receipt
	for i := range r.parts {
		p := &r.parts[i]
		was := v.taken[r.Source]
		v.taken[r.Source] = v.selects(r.Source, p) && v.window.at(r.Time)
		if was && !v.taken[r.Source] {
			v.note(e.leaf) // where a gap behind the last part would show
		}
		if !v.taken[r.Source] {
			continue
		}
		v.note(e.leaf)
		s := v.sources[r.Source]
		if s == nil {
			s = &SourceCoverage{Source: r.Source, From: p.From, First: r.Time}
			v.sources[r.Source] = s
		}
		s.To, s.Last = p.To, r.Time
		s.Parts++
		s.Changes += int64(p.Changes)
		s.Ingested += int64(p.In)
		for _, o := range p.Out {
			if parseTopic(o.Topic).kind == kindQuarantine {
				s.Quarantined += int64(o.N - o.Tombstones)
			} else {
				v.rawOrder = wrote(v.raw, v.rawOrder, o)
			}
		}
	}
	v.hear(e)
	if v.taken[r.Source] {
		for _, s := range r.Streams {
			v.ingested[[2]string{r.Source, s.Stream}] += int64(s.In)
		}
	}
}

// heard is when records of a source's streams last came, until the end of the window.
type heard struct {
	streams map[string]string // times of receipts, by stream
	leaf    int64             // of the source's last receipt
}

func (v *cover) hear(e *entry) {
	r := e.receipt
	if v.sources[r.Source] != nil && !v.taken[r.Source] {
		return // behind the window
	}
	h := entryOf(v.heard, r.Source, heard{streams: make(map[string]string)})
	h.leaf = e.leaf
	for _, s := range r.Streams {
		h.streams[s.Stream] = r.Time
	}
}

// selects reports whether the window's positions take in a part of a source.
func (v *cover) selects(source string, p *part) bool {
	if v.window.Positions == nil {
		return true
	}
	r, ok := v.window.Positions[source]
	if !ok {
		return false
	}
	if v.reached[source] == before && p.From == r.From {
		v.reached[source] = inside
	}
	taken := v.reached[source] == inside
	switch {
	case v.reached[source] == before && p.To == r.From:
		v.reached[source] = inside
	case taken && r.To != "" && p.To == r.To:
		v.reached[source] = behind
	}
	return taken
}

// wrote adds an output to what of the window was written.
func wrote(to map[place]*spans, order []place, o out) []place {
	at := place{o.Topic, o.Partition}
	if to[at] == nil {
		to[at] = &spans{}
		order = append(order, at)
	}
	// What cannot be, or lies over another, was found by flow.
	if x := (span{int64(o.First), int64(o.Last), int64(o.N - o.Tombstones)}); o.N > 0 && o.Tombstones >= 0 && x.data >= 0 && int64(o.N) <= x.last-x.first+1 {
		to[at].add(x)
	}
	return order
}

// batch is a transaction of mask: its lines of streams may stand in other receipts than
// its parts.
type batch struct {
	leaf       int64 // of its last receipt
	connection string
	parts      []*part
	lines      []streamShare
	receipts   int
}

// maxBatch is how many receipts one transaction may have: a lie must not fill memory.
const maxBatch = 256

// mask takes in a receipt of a mask transaction, and settles it when it is whole.
func (v *cover) mask(e *entry) {
	b := v.batches[e.run]
	if b == nil {
		b = &batch{connection: e.receipt.Connection}
		v.batches[e.run] = b
	}
	b.leaf = e.leaf
	b.receipts++
	for i := range e.receipt.parts {
		b.parts = append(b.parts, &e.receipt.parts[i])
	}
	b.lines = append(b.lines, e.receipt.Streams...)
	if b.whole() || b.receipts == maxBatch {
		v.settle(b)
		delete(v.batches, e.run)
	}
}

// whole reports whether the lines tell of as many records as the parts.
func (b *batch) whole() bool {
	n := count(0)
	for _, p := range b.parts {
		n += p.In
	}
	for _, s := range b.lines {
		n -= s.In
	}
	return n == 0
}

// settle counts a transaction where it is of the window, and at its border where only
// some of its records are.
func (v *cover) settle(b *batch) {
	whole, touched := true, false
	for _, p := range b.parts {
		n, all := v.of(v.raw, p)
		touched = touched || n.hi > 0
		whole = whole && all
	}
	for _, p := range b.parts {
		id := chainID{stageMask, b.connection, place{p.Topic, p.Partition}}
		v.reads(id, p)
	}
	if !touched {
		return
	}
	v.note(b.leaf)
	for _, p := range b.parts {
		c := v.connection(b.connection, p.Topic)
		if !whole {
			n, _ := v.of(v.raw, p)
			k := [2]string{b.connection, p.Topic}
			v.border[k] = v.border[k].plus(n.lo, n.hi)
			continue
		}
		c.Filtered += int64(p.Filtered)
		c.Shredded += int64(p.Shredded)
		for _, o := range p.Out {
			if parseTopic(o.Topic).kind == kindQuarantine {
				c.Quarantined += int64(o.N - o.Tombstones)
				continue
			}
			c.Delivered += int64(o.N - o.Tombstones)
			v.maskedOrder = wrote(v.masked, v.maskedOrder, o)
		}
	}
	if !whole {
		return
	}
	for _, s := range b.lines {
		c := v.stream(b.connection, s.Stream)
		c.Delivered += int64(s.Delivered)
		c.Quarantined += int64(s.Quarantined)
		c.Filtered += int64(s.Filtered)
		c.Shredded += int64(s.Shredded)
	}
}

// of says how many records of the window a part read, and whether those are all that it
// read.
func (v *cover) of(written map[place]*spans, p *part) (n bounds, all bool) {
	at, from, to := place{p.Topic, p.Partition}, offsetOf(p.From), offsetOf(p.To)
	n = n.plus(written[at].bounds(from, to))
	_, most := v.f.produced[at].bounds(from, to)
	return n, n.hi == most || v.window.all()
}

func (v *cover) reads(id chainID, p *part) {
	if v.read[id] == nil {
		v.read[id] = &intervals{}
	}
	v.read[id].add(offsetOf(p.From), offsetOf(p.To))
}

// sink takes in what a sink loaded of a masked topic.
func (v *cover) sink(e *entry, p *part) {
	v.reads(chainID{stageSink, e.receipt.Connection, place{p.Topic, p.Partition}}, p)
	n, all := v.of(v.masked, p)
	if n.hi == 0 {
		return
	}
	v.note(e.leaf)
	if c := v.topic(p.Topic); all {
		c.InFiles += int64(p.In)
	} else {
		k := [2]string{e.receipt.Connection, p.Topic}
		v.border[k] = v.border[k].plus(n.lo, n.hi)
	}
}

func (v *cover) connection(name, raw string) *ConnectionCoverage {
	return entryOf(v.connections, [2]string{name, raw}, ConnectionCoverage{Connection: name, Raw: raw})
}

func (v *cover) stream(connection, name string) *StreamCoverage {
	return entryOf(v.streams, [2]string{connection, name}, StreamCoverage{Connection: connection, Stream: name})
}

func (v *cover) topic(name string) *TopicCoverage {
	return entryOf(v.topics, name, TopicCoverage{Connection: parseTopic(name).connection, Topic: name})
}

// entryOf is what a map has under a key; fresh, put there, where it has nothing.
func entryOf[K comparable, V any](m map[K]*V, key K, fresh V) *V {
	if m[key] == nil {
		m[key] = &fresh
	}
	return m[key]
}

// intervals are the offsets that a chain read, in the order in which it did.
type intervals struct{ list [][2]int64 }

func (s *intervals) add(from, to int64) {
	if n := len(s.list); n > 0 && s.list[n-1][1] == from {
		s.list[n-1][1] = to
		return
	}
	s.list = append(s.list, [2]int64{from, to})
}

// broken finds the first offsets among written that lie between two intervals, or in both.
func (s *intervals) broken(written *spans, twice bool) (from, to int64, ok bool) {
	if s == nil {
		return 0, 0, false
	}
	list := slices.Clone(s.list)
	slices.SortFunc(list, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
	for i := 1; i < len(list); i++ {
		from, to = list[i-1][1], list[i][0]
		if twice {
			from, to = to, min(from, list[i][1])
		}
		if _, n := written.bounds(from, to); n > 0 {
			return from, to, true
		}
	}
	return 0, 0, false
}
