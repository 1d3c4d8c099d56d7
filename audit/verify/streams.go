package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// shares takes in what a receipt says of single streams. The lines of one
// transaction may stand in several of its receipts, so they are held against the
// parts when all are there.
func (f *flow) shares(e *entry) {
	r := e.receipt
	for _, s := range r.Streams {
		out := s.Delivered + s.Quarantined + s.Filtered + s.Shredded
		if min(s.In, s.Delivered, s.Quarantined, s.Filtered, s.Shredded) < 0 || s.In != out {
			f.c.fail(CodeCountStream, streamLabel(r.Connection+r.Source, s.Stream), leafRange(e.leaf),
				"%s: %d records read, %d delivered, quarantined, filtered or shredded", e.id, s.In, out)
		}
		switch r.Stage {
		case stageIngest:
			f.ingested[[2]string{r.Source, s.Stream}] += int64(s.In)
		case stageMask:
			c := f.stream(r.Connection, s.Stream)
			c.In += int64(s.In)
			c.Delivered += int64(s.Delivered)
			c.Quarantined += int64(s.Quarantined)
			c.Filtered += int64(s.Filtered)
			c.Shredded += int64(s.Shredded)
		}
	}
}

func (f *flow) stream(connection, name string) *StreamCount {
	k := [2]string{connection, name}
	c := f.streams[k]
	if c == nil {
		c = &StreamCount{Connection: connection, Stream: name}
		f.streams[k] = c
	}
	return c
}

// streamLabel is how findings name a stream of a connection or a source.
func streamLabel(of, name string) string {
	if name == "" {
		return of + ": records that cannot be decrypted"
	}
	return of + " " + unescape(escape(name))
}

// endStreams holds the lines of streams against the parts of the same hops, and
// each hop's against those of the one before it (L2).
func (f *flow) endStreams() {
	f.checkSources()
	f.checkConnections()
	masked := make(map[[2]string]*TopicCount) // connection, escaped stream; over labels and generations
	for _, topic := range sorted(f.topics) {
		t, name := f.topics[topic], parseTopic(topic)
		k := [2]string{name.connection, name.stream}
		if masked[k] == nil {
			masked[k] = &TopicCount{Connection: name.connection, Stream: t.Stream}
		}
		masked[k].Delivered += t.Delivered
		masked[k].InFiles += t.InFiles
	}
	r := f.c.report
	for _, c := range f.streams {
		k := [2]string{c.Connection, escape(c.Stream)}
		source, _, _ := strings.Cut(c.Stream, ".")
		c.Ingested = f.ingested[[2]string{source, c.Stream}]
		if c.Stream != "" && c.In > c.Ingested {
			f.c.failAs(Orphan, nowhere, CodeCountStream, streamLabel(c.Connection, c.Stream), entryRange(0, f.c.told()), "%d records read, %d ingested", c.In, c.Ingested)
		}
		delivered := int64(0)
		if m := masked[k]; m != nil {
			delivered, c.InFiles = m.Delivered, m.InFiles
			delete(masked, k)
		}
		if delivered != c.Delivered {
			f.c.fail(CodeCountStream, streamLabel(c.Connection, c.Stream), entryRange(0, f.c.told()), "%d records delivered, its masked topics got %d", c.Delivered, delivered)
		}
		shown := *c
		shown.Stream = unescape(escape(c.Stream)) // it goes to a terminal
		r.Streams = append(r.Streams, shown)
	}
	for _, m := range masked {
		if m.Delivered > 0 {
			f.c.failAs(Orphan, nowhere, CodeCountStream, m.Connection+" "+m.Stream, entryRange(0, f.c.told()), "0 records delivered, its masked topics got %d", m.Delivered)
		}
	}
	slices.SortFunc(r.Streams, func(a, b StreamCount) int {
		return cmp.Or(cmp.Compare(a.Connection, b.Connection), cmp.Compare(a.Stream, b.Stream))
	})
}

// checkSources compares what sources ingested with the sum of their streams.
func (f *flow) checkSources() {
	sums := make(map[string]int64)
	for k, n := range f.ingested {
		sums[k[0]] += n
	}
	for _, name := range sorted(f.sources) {
		if all := f.sources[name].Ingested; sums[name] != all {
			f.c.fail(CodeCountStream, "source "+name, entryRange(0, f.c.told()), "%d records ingested, %d by its streams", all, sums[name])
		}
	}
}

// checkConnections compares what became of all records of a connection with
// the sums of its streams.
func (f *flow) checkConnections() {
	type sums [5]int64
	add := func(to map[string]sums, of string, more sums) {
		s := to[of]
		for i := range s {
			s[i] += more[i]
		}
		to[of] = s
	}
	parts, streams := make(map[string]sums), make(map[string]sums)
	for _, c := range f.connections {
		add(parts, c.Connection, sums{c.In, c.Delivered, c.Quarantined, c.Filtered, c.Shredded})
	}
	for _, c := range f.streams {
		add(parts, c.Connection, sums{})
		add(streams, c.Connection, sums{c.In, c.Delivered, c.Quarantined, c.Filtered, c.Shredded})
	}
	for _, name := range sorted(parts) {
		for i, what := range []string{"read", "delivered", "quarantined", "filtered", "shredded"} {
			if all, sum := parts[name][i], streams[name][i]; all != sum {
				f.c.fail(CodeCountStream, "connection "+name, entryRange(0, f.c.told()), "%d records %s, %d by its streams", all, what, sum)
			}
		}
	}
}

// escape writes the segments of a stream's name as topic names have them: bytes
// outside [A-Za-z0-9] as -XX.
func escape(stream string) string {
	var b strings.Builder
	for i := 0; i < len(stream); i++ {
		switch c := stream[i]; {
		case c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '.':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "-%02X", c)
		}
	}
	return b.String()
}
