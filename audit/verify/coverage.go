package verify

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind says what a finding is to somebody who asks whether everything is there.
type Kind string

// Kinds of findings.
const (
	Gap     Kind = "gap"     // something between what is there is not
	Overlap Kind = "overlap" // something is there twice
	Orphan  Kind = "orphan"  // something is there that nothing tells of
)

// Coverage is what became of the records that sources gave in a range.
type Coverage struct {
	From      string          `json:"from"` // of receipts' times; "" where the end is open
	To        string          `json:"to"`   // the first that is no more of it
	Positions []PositionRange `json:"positions"`

	Sources     []SourceCoverage     `json:"sources"`
	Connections []ConnectionCoverage `json:"connections"`
	Streams     []StreamCoverage     `json:"streams"`
	Topics      []TopicCoverage      `json:"topics"`
	// Silent are streams that are open and gave nothing at the end of the range.
	Silent []SilentStream `json:"silent"`
	// Breaks are the findings that are gaps, overlaps and orphans, as far as the range
	// goes: from its first receipt to the last that tells of its records, and those that
	// no entry bounds.
	Breaks []Finding `json:"breaks"`
}

// SourceCoverage is what a source gave in the range.
type SourceCoverage struct {
	Source      string `json:"source"`
	From        string `json:"from"` // position where its first part begins
	To          string `json:"to"`   // and where the last one ends
	First       string `json:"first"`
	Last        string `json:"last"` // times of its first and last receipt
	Parts       int64  `json:"parts"`
	Changes     int64  `json:"changes"`
	Ingested    int64  `json:"ingested"`
	Quarantined int64  `json:"quarantined"` // of those, at ingest
}

// ConnectionCoverage is what became of the range's records of one raw topic in one
// connection: Ingested is the sum of all that follow.
type ConnectionCoverage struct {
	Connection  string `json:"connection"`
	Raw         string `json:"raw"`
	Ingested    int64  `json:"ingested"`
	Delivered   int64  `json:"delivered"`
	Quarantined int64  `json:"quarantined"`
	Filtered    int64  `json:"filtered"`
	Shredded    int64  `json:"shredded"`
	// Border were read in one transaction with records from beyond the range: what
	// became of them cannot be told apart.
	Border  int64 `json:"border"`
	Before  int64 `json:"before"`  // from before the connection began
	Pending int64 `json:"pending"` // not yet read
	// Missing were passed over; below zero, so many were read twice.
	Missing int64 `json:"missing"`
}

// Empty reports whether nothing of the range is in the topic.
func (c ConnectionCoverage) Empty() bool { return c.Ingested == 0 && c.Missing == 0 }

// StreamCoverage is the same of one stream: Ingested is the sum of all that follow.
type StreamCoverage struct {
	Connection  string `json:"connection"`
	Stream      string `json:"stream"`
	Ingested    int64  `json:"ingested"`
	Delivered   int64  `json:"delivered"`
	Quarantined int64  `json:"quarantined"`
	Filtered    int64  `json:"filtered"`
	Shredded    int64  `json:"shredded"`
	// Open is what is of Border, Before, Pending or Missing, or among records of which
	// nobody can tell the stream.
	Open int64 `json:"open"`
}

// TopicCoverage is what became of what was delivered to a masked topic:
// Delivered is the sum of all that follow.
type TopicCoverage struct {
	Connection string `json:"connection"`
	Topic      string `json:"topic"`
	Delivered  int64  `json:"delivered"`
	InFiles    int64  `json:"in_files"`
	Border     int64  `json:"border"`
	Pending    int64  `json:"pending"`
	Missing    int64  `json:"missing"`
}

// Count is how many breaks are of a kind.
func (c *Coverage) Count(k Kind) (n int) {
	for _, b := range c.Breaks {
		if b.Kind == k {
			n++
		}
	}
	return n
}

// end sums up what became of the window's records.
func (v *cover) end() error {
	if err := v.boundaries(); err != nil {
		return err
	}
	for _, run := range sorted(v.batches) {
		v.settle(v.batches[run])
	}
	v.endConnections()
	v.endStreams()
	v.endTopics()
	return nil
}

// endConnections finds what was not read.
func (v *cover) endConnections() {
	f := v.f
	readers := f.connectionsOf()
	for _, at := range v.rawOrder {
		for _, owner := range slices.Sorted(maps.Keys(readers[parseTopic(at.topic).source])) {
			c := v.connection(owner, at.topic)
			_, all := v.raw[at].bounds(0, endless)
			c.Ingested += all
			began, to := int64(0), int64(0)
			if s := f.chains[chainID{stageMask, owner, at}]; s != nil {
				began, to = max(0, s.began), max(0, offsetOf(s.to))
			}
			_, early := v.raw[at].bounds(0, began)
			c.Before += early
			v.pending[[2]string{owner, at.topic}] = v.pending[[2]string{owner, at.topic}].plus(v.raw[at].bounds(max(began, to), endless))
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(v.connections), comparePairs) {
		c := v.connections[k]
		rest := c.Ingested - c.Delivered - c.Quarantined - c.Filtered - c.Shredded - c.Before
		c.Border, c.Pending, c.Missing = share(rest, v.border[k], v.pending[k])
		v.missing(c.Missing, "connection "+c.Connection, stageMask, c.Connection, c.Raw, v.raw)
	}
}

// endTopics finds what no sink loaded.
func (v *cover) endTopics() {
	for _, at := range v.maskedOrder {
		c := v.topic(at.topic)
		to := int64(0)
		if s := v.f.chains[chainID{stageSink, c.Connection, at}]; s != nil {
			to = max(0, offsetOf(s.to))
		}
		_, all := v.masked[at].bounds(0, endless)
		k := [2]string{c.Connection, at.topic}
		c.Delivered += all
		v.pending[k] = v.pending[k].plus(v.masked[at].bounds(to, endless))
	}
	for _, topic := range sorted(v.topics) {
		c := v.topics[topic]
		k := [2]string{c.Connection, topic}
		c.Border, c.Pending, c.Missing = share(c.Delivered-c.InFiles, v.border[k], v.pending[k])
		v.missing(c.Missing, "sink of "+c.Connection, stageSink, c.Connection, topic, v.masked)
	}
}

// bounds are at least and at most how many records are meant: where some of a
// transaction's are, among tombstones, is not known.
type bounds struct{ lo, hi int64 }

func (b bounds) plus(lo, hi int64) bounds { return bounds{b.lo + lo, b.hi + hi} }

// share divides what is left of the window's records between those at its border and
// those that nobody has read yet. What fits neither is missing.
func share(rest int64, border, pending bounds) (b, p, missing int64) {
	if most := border.hi + pending.hi; rest > most {
		return border.hi, pending.hi, rest - most
	}
	if least := border.lo + pending.lo; rest < least {
		return border.lo, pending.lo, rest - least
	}
	p = min(max(rest-border.hi, pending.lo), pending.hi)
	return rest - p, p, 0
}

// missing tells of records of the window that a chain passed over, or read twice.
func (v *cover) missing(n int64, who, stage, owner, topic string, of map[place]*spans) {
	if n == 0 {
		return
	}
	where := entryRange(0, v.f.c.told())
	for _, id := range v.f.order {
		if id.stage != stage || id.owner != owner || id.topic != topic {
			continue
		}
		if from, to, ok := v.read[id].broken(of[id.place], n < 0); ok {
			where = offsetRange(id.partition, from, to)
			break
		}
	}
	if n > 0 {
		v.f.c.failAs(Gap, nowhere, CodeCoverage, who, where, "%d records of the range lie in %s, were never read, and later ones were", n, topic)
	} else {
		v.f.c.failAs(Overlap, nowhere, CodeCoverage, who, where, "of the range's records in %s, %d were read twice, or were nobody's", topic, -n)
	}
}

// endStreams finds streams of which records are nowhere.
func (v *cover) endStreams() {
	left := make(map[string]int64) // what may be of any stream, by connection
	for _, c := range v.connections {
		left[c.Connection] += c.Border + c.Before + c.Pending + max(0, c.Missing)
	}
	readers := v.f.connectionsOf()
	for k := range v.ingested {
		for owner := range readers[k[0]] {
			v.stream(owner, k[1])
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(v.streams), comparePairs) {
		c := v.streams[k]
		source, _, _ := strings.Cut(c.Stream, ".")
		c.Ingested = v.ingested[[2]string{source, c.Stream}]
		c.Open = c.Ingested - c.Delivered - c.Quarantined - c.Filtered - c.Shredded
		if c.Stream == "" {
			c.Ingested, c.Open = 0, 0
			left[c.Connection] += c.Quarantined + c.Shredded
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(v.streams), comparePairs) {
		c, name := v.streams[k], streamLabel(k[0], k[1])
		switch {
		case c.Open > left[c.Connection]:
			v.f.c.failAs(Gap, nowhere, CodeCoverage, name, entryRange(0, v.f.c.told()), "%d of its %d records of the range are in no mask receipt, nor left to read", c.Open, c.Ingested)
		case c.Open < 0:
			v.f.c.failAs(Orphan, nowhere, CodeCoverage, name, entryRange(0, v.f.c.told()), "%d records masked, %d ingested in the range", c.Ingested-c.Open, c.Ingested)
		}
	}
}

// report is what the table shows, and the breaks that it is about.
func (v *cover) report() *Coverage {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	out := &Coverage{From: stamp(v.window.From), To: stamp(v.window.To), Positions: []PositionRange{}, Sources: []SourceCoverage{},
		Connections: []ConnectionCoverage{}, Streams: []StreamCoverage{}, Topics: []TopicCoverage{}, Silent: []SilentStream{}, Breaks: []Finding{}}
	for _, source := range sorted(v.window.Positions) {
		out.Positions = append(out.Positions, v.window.Positions[source])
	}
	for _, name := range sorted(v.sources) {
		out.Sources = append(out.Sources, *v.sources[name])
	}
	for _, name := range sorted(v.f.lives) {
		if s, last := v.sources[name], v.heard[name]; s != nil && last != nil {
			out.Silent = append(out.Silent, v.f.lives[name].silent(name, last.streams, last.leaf, s.Last)...)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(v.connections), comparePairs) {
		out.Connections = append(out.Connections, *v.connections[k])
	}
	for _, k := range slices.SortedFunc(maps.Keys(v.streams), comparePairs) {
		shown := *v.streams[k]
		shown.Stream = unescape(escape(shown.Stream)) // it goes to a terminal
		out.Streams = append(out.Streams, shown)
	}
	for _, topic := range sorted(v.topics) {
		out.Topics = append(out.Topics, *v.topics[topic])
	}
	for _, b := range v.f.c.report.Findings {
		if b.Kind != "" && v.within(b.leaf) {
			out.Breaks = append(out.Breaks, b)
		}
	}
	return out
}

// within reports whether a finding at an entry is of the window.
func (v *cover) within(leaf int64) bool {
	return leaf < 0 || v.window.all() || v.first >= 0 && leaf >= v.first && (v.unsettled() || leaf <= v.last)
}

// unsettled reports whether something of the window is not accounted for: what tells of
// it may come later.
func (v *cover) unsettled() bool {
	for _, c := range v.connections {
		if c.Border != 0 || c.Pending != 0 || c.Missing != 0 {
			return true
		}
	}
	for _, c := range v.topics {
		if c.Border != 0 || c.Pending != 0 || c.Missing != 0 {
			return true
		}
	}
	return false
}

func comparePairs(a, b [2]string) int {
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
}

// boundaries checks that positions are such where parts begin and end.
func (v *cover) boundaries() error {
	for _, source := range sorted(v.window.Positions) {
		r := v.window.Positions[source]
		switch at := v.reached[source]; {
		case at == before:
			return &BoundaryError{source, r.From}
		case at == inside && r.To != "":
			return &BoundaryError{source, r.To}
		}
	}
	return nil
}
