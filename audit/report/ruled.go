package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"lethe/audit/receipt"
	"lethe/stream"
)

// Ruled is a stream that a connection carried under a revision.
type Ruled struct {
	Connection, Stream string
	Revision           string // first characters of its id
}

// shortRevision is how many characters of a revision's id receipts of sinks have.
const shortRevision = 16

// ruled notes under which revision a receipt's records were masked.
func (f *Facts) ruled(r *receipt.Receipt) {
	if r.Policy == "" || r.Connection == "" {
		return
	}
	note := func(name string) {
		f.Ruled[Ruled{r.Connection, name, r.Policy[:min(shortRevision, len(r.Policy))]}] = true
	}
	for _, s := range r.Streams {
		if s.Delivered > 0 {
			note(s.Stream)
		}
	}
	if r.Stage != stream.StageSink {
		return
	}
	for i := range r.Parts {
		if p := &r.Parts[i]; p.Rows != nil && *p.Rows > 0 {
			_, name := f.topicParts(p.Topic)
			note(name)
		}
	}
}

// carried lists what connections carried in the range, and how its fields were masked then:
// what was delivered keeps its masks when the policy changes, and when nobody declares it
// any more. What is declared and was not carried is there as it is declared.
func (w *work) carried() []Connection {
	under := map[[2]string][]string{}
	for _, r := range slices.SortedFunc(maps.Keys(w.Facts.Ruled), func(a, b Ruled) int {
		return cmp.Or(strings.Compare(a.Connection, b.Connection), strings.Compare(a.Stream, b.Stream), strings.Compare(a.Revision, b.Revision))
	}) {
		k := [2]string{r.Connection, r.Stream}
		under[k] = append(under[k], r.Revision)
	}
	var out []Connection
	for _, c := range w.Folder.Connections {
		streams := make([]Stream, 0, len(c.Streams))
		for _, st := range c.Streams {
			k := [2]string{c.Name, st.Name}
			streams = append(streams, w.under(c, st, under[k]))
			delete(under, k)
		}
		c.Streams = streams
		out = append(out, c)
	}
	for _, k := range slices.SortedFunc(maps.Keys(under), func(a, b [2]string) int {
		return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	}) {
		i := slices.IndexFunc(out, func(c Connection) bool { return c.Name == k[0] })
		if i < 0 {
			source, _, _ := strings.Cut(k[1], ".")
			i, out = len(out), append(out, Connection{Name: k[0], From: source})
		}
		st := w.under(out[i], Stream{Name: k[1], Gone: true}, under[k])
		out[i].Streams = append(out[i].Streams, st)
	}
	return out
}

// under is a stream with its fields as these revisions masked them. Where one of them
// cannot be read nothing is said that it might refute.
func (w *work) under(c Connection, st Stream, revisions []string) Stream {
	if len(revisions) == 0 || len(revisions) == 1 && c.Revision != "" && strings.HasPrefix(c.Revision, revisions[0]) {
		return st
	}
	fields, unknown := map[string]Field{}, false
	for _, id := range revisions {
		did, ok := w.fieldsOf(c, st, id)
		unknown = unknown || !ok
		for _, f := range did {
			before, there := fields[f.Path]
			if !there {
				f.Under = []Field{f}
			} else {
				f.Under = append(before.Under, f)
				if slices.Index(weakest, before.Result) < slices.Index(weakest, f.Result) {
					f.Result = before.Result
				}
				f.Operator = strings.Join(slices.Compact(slices.Sorted(operators(f.Under))), ", ")
			}
			fields[f.Path] = f
		}
	}
	for _, f := range st.Fields {
		if _, there := fields[f.Path]; !there && unknown {
			fields[f.Path] = f
		}
	}
	if len(fields) == 0 {
		fields["*"] = Field{Path: "*"}
	}
	st.Fields = nil
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		f := fields[path]
		if unknown && f.Result != weakest[0] {
			f.Result = resultUnknown
		}
		st.Fields = append(st.Fields, f)
	}
	return st
}

// weakest lists what becomes of a value, from the one that shows most on.
var weakest = []string{"clear", "pseudonymised", "removed"}

// resultUnknown is of a field that a revision masked which cannot be read.
const resultUnknown = "unknown"

func operators(fields []Field) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, f := range fields {
			if !yield(f.Operator) {
				return
			}
		}
	}
}

// fieldsOf are the fields of a stream as a revision masks them; ok is false where the
// revision cannot be read.
func (w *work) fieldsOf(c Connection, st Stream, id string) (out []Field, ok bool) {
	if c.Revision != "" && strings.HasPrefix(c.Revision, id) {
		return st.Fields, true
	}
	i := slices.IndexFunc(w.Folder.History, func(r Revision) bool { return strings.HasPrefix(r.ID, id) })
	if i < 0 {
		return nil, false
	}
	did := w.Folder.History[i].Streams[st.Name]
	for _, path := range slices.Sorted(maps.Keys(did)) {
		t, f := did[path], Field{Path: path}
		if j := slices.IndexFunc(st.Fields, func(f Field) bool { return f.Path == path }); j >= 0 {
			f = st.Fields[j]
		}
		f.Operator, f.Result, f.As = t.Operator, weakest[1], ""
		switch t.Shows {
		case stream.ShowsAll:
			f.Result = weakest[0]
		case stream.ShowsNothing:
			f.Result = weakest[2]
		}
		for _, p := range strings.Split(t.Params, ", ") {
			if as, ok := strings.CutPrefix(p, "as: "); ok {
				f.As = as
			}
		}
		out = append(out, f)
	}
	return out, true
}

// each is what the revisions of the range did to a field.
func (f Field) each() []Field {
	if f.Under == nil {
		return []Field{f}
	}
	return f.Under
}
