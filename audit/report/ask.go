package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"lethe/stream"
)

// topicParts reads the name of a masked topic: lethe.<ws>.masked.<label>.<connection>.
// <source>.<schema>.<table>.g<n>.
func (f *Facts) topicParts(topic string) (label, streamName string) {
	name, _, ok := stream.Topics{Workspace: f.Workspace}.Generation(topic)
	if !ok {
		return "", topic
	}
	rest := strings.TrimPrefix(topic, "lethe."+f.Workspace+".masked.")
	label, _, _ = strings.Cut(rest, ".")
	_, streamName, _ = strings.Cut(name, ".")
	return label, unescape(streamName)
}

// unescape undoes stream.EscapeName in names joined by dots.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '-' && i+2 < len(s) {
			hi, lo := strings.IndexByte("0123456789ABCDEF", s[i+1]), strings.IndexByte("0123456789ABCDEF", s[i+2])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// days lists the days that the facts are about.
func (f *Facts) days() []string {
	seen := map[string]bool{}
	for h := range f.Sums {
		seen[h.Day] = true
	}
	for d := range f.Loads {
		seen[d.Day] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// sum adds up what fits.
func (f *Facts) sum(fits func(Hop) bool) (s Sum) {
	for h, n := range f.Sums {
		if fits(h) {
			s.In += n.In
			s.Delivered += n.Delivered
			s.Quarantined += n.Quarantined
			s.Filtered += n.Filtered
			s.Shredded += n.Shredded
		}
	}
	return s
}

// observed lists what sinks loaded, by connection and stream, over all days.
func (f *Facts) observed() []loadSum {
	sums := map[loadSum]*Load{}
	for d, n := range f.Loads {
		label, name := f.topicParts(d.Topic)
		l := entry(sums, loadSum{Connection: d.Connection, Stream: name, Label: label})
		l.Rows += n.Rows
		l.Objects += n.Objects
		if l.First.IsZero() || n.First.Before(l.First) {
			l.First = n.First
		}
		if n.Last.After(l.Last) {
			l.Last = n.Last
		}
	}
	var out []loadSum
	for k, n := range sums {
		k.Load = *n
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b loadSum) int {
		return cmp.Or(cmp.Compare(a.Connection, b.Connection), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Label, b.Label))
	})
	return out
}

// loadSum is what a sink loaded of a stream.
type loadSum struct {
	Connection, Stream, Label string
	Load                      Load
}

// since tells when a revision was first put in force for a connection.
func (f *Facts) since(connection, revision string) (t time.Time, index int64) {
	for _, a := range f.Announced {
		if a.Body.Connection == connection && a.Body.Revision == revision {
			return a.Time, a.Index
		}
	}
	for _, p := range f.Policies {
		if p.Body.Connection == connection && p.Body.Revision == revision {
			return p.Time, p.Index
		}
	}
	return time.Time{}, -1
}

// order lists the revisions of a connection as they were put in force, a change a
// line: one announcement a partition is told once.
func (f *Facts) order(connection string) (out []Cited[stream.Announcement]) {
	for _, a := range f.Announced {
		if a.Body.Connection != connection {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Body.Revision == a.Body.Revision {
			continue
		}
		out = append(out, a)
	}
	return out
}

// heldSince tells since when a field is masked as it is now: the start of the run of
// revisions that end with the one in force and mask it in the same way. exact says
// that every earlier revision could be looked at.
func (w *work) heldSince(c Connection, streamName string, field Field) (t time.Time, exact bool) {
	t, _ = w.Facts.since(c.Name, c.Revision)
	order := w.Facts.order(c.Name)
	i := len(order) - 1
	for i >= 0 && order[i].Body.Revision != c.Revision {
		i--
	}
	now, kept := w.kept(c.Revision)
	for ; i >= 0; i-- {
		if id := order[i].Body.Revision; id != c.Revision {
			then, known := w.kept(id)
			if !kept || !known {
				return t, false
			}
			if then.Streams[streamName][field.Path] != now.Streams[streamName][field.Path] {
				return t, true
			}
		}
		t = order[i].Time
	}
	return t, true
}

// connection gives the folder's connection called name.
func (w *work) connection(name string) (Connection, bool) {
	i := slices.IndexFunc(w.Folder.Connections, func(c Connection) bool { return c.Name == name })
	if i < 0 {
		return Connection{}, false
	}
	return w.Folder.Connections[i], true
}

// sink gives the folder's sink called name.
func (w *work) sink(name string) Sink {
	for _, s := range w.Folder.Sinks {
		if s.Name == name {
			return s
		}
	}
	return Sink{Name: name}
}
