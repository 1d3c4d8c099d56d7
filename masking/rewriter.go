package masking

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"lethe/masking/conform"
	"lethe/masking/internal/members"
	"lethe/stream"
	"lethe/stream/scan"
)

// Rewriter masks the records of one stream under one plan. It is a
// stream.Processor: used by one goroutine at a time, and Clone makes one for
// another. It keeps nothing of a record once that is finished, but hashes of some
// keys (see watch), and cannot be printed (L7).
type Rewriter struct {
	prog      *program
	replacers []replacer
	counts    []int64
	names     []*members.Names // by node
	checker   conform.Checker
	quality   quality
	texts     [2]members.Stops // of a record's key and value

	// Of the record in work.
	src     []byte             // what is read
	stops   *members.Stops     // of src
	dst     []byte             // what is written
	from    int                // src[from:] is not yet copied to dst
	place   place              // where in the record
	op      byte               // operation; 0 until it was read
	hasRow  bool               // there is a row in after
	touched []int32            // slots to count once the record is delivered
	reason  string             // of the rejection
	field   string             // of the rejection
	seen    []uint64           // bit sets of the objects that are open, innermost last, but for their first words
	members [32]members.Member // that were found at once
	text    []byte             // the unescaped text of one value or name
	quoted  []byte             // a name as JSON with its colon
	left    []string           // Record.Unchanged
	beyond  bool               // the library was asked about the row
	row     about              // what operators may know of the row in work
	whose   *whose             // finds whose it is; nil if no operator asks
	index   *index             // whom records are about; nil if nobody asks
}

// place is the part of a record.
type place uint8

const (
	inKey place = iota
	inEnvelope
	inBefore
	inAfter
)

func (p *program) rewriter() *Rewriter {
	w := &Rewriter{prog: p, counts: make([]int64, len(p.slots)), replacers: slices.Clone(p.replacers)}
	w.row.hashing, w.quality = newHashing(), newQuality(len(p.measured))
	for _, n := range p.nodes {
		w.names = append(w.names, n.names.Clone())
	}
	for i := range w.replacers {
		w.replacers[i].masker = w.replacers[i].fresh()
	}
	if p.whose != nil {
		w.whose = p.whose.fresh()
	}
	if p.subjects != nil {
		w.row.subjects = p.subjects.Clone()
	}
	if p.index != nil {
		w.index = newIndex(p.index, w.whose)
	}
	return w
}

// Clone returns a rewriter of the same plan for another goroutine; it shares
// what does not change.
func (w *Rewriter) Clone() *Rewriter { return w.prog.rewriter() }

// Process masks r into out, which is whole after the next Finish. Its errors are
// *stream.Rejection (L1: what cannot be parsed or masked is refused whole), unless the
// keys of a subject are not to be had now: that is no property of the record.
func (w *Rewriter) Process(r *stream.Record, out *stream.Masked) error {
	w.touched, w.op, w.hasRow, w.left = w.touched[:0], 0, false, r.Unchanged
	w.reason, w.field, w.seen, w.beyond, w.quality.found = "", "", w.seen[:0], false, w.quality.found[:0]
	w.row.seq, w.row.failed = r.Seq, nil
	if w.index != nil {
		w.index.begin()
	}
	hashing := w.row.hashing
	hashing.begin()
	ok := true
	w.texts[0].Read(r.Key)
	w.texts[1].Read(r.Value)
	if len(r.Key) > 0 {
		w.place, w.stops = inKey, &w.texts[0]
		out.Key, ok = w.rewrite(out.Key[:0], r.Key, w.prog.key)
	} else {
		out.Key = nil
	}
	if ok {
		hashing.place(out.Key)
		w.place, w.stops = inEnvelope, &w.texts[1]
		out.Value, ok = w.rewrite(out.Value[:0], r.Value, w.prog.envelope)
	}
	ok = ok && w.whole(r) && w.row.failed == nil
	w.src, w.dst, w.left, w.row.src = nil, nil, nil, nil
	w.texts[0].Read(nil)
	w.texts[1].Read(nil)
	if !ok {
		hashing.revoke()
		out.Key, out.Value, out.Unchanged = nil, out.Value[:0], out.Unchanged[:0]
		if w.row.failed != nil {
			return w.row.failed
		}
		return &stream.Rejection{Reason: w.reason, Field: w.field}
	}
	hashing.place(out.Value)
	if hashing.full() {
		hashing.finish()
	}
	out.Delete = w.op == 'd'
	out.Unchanged = w.unchanged(out.Unchanged[:0], r.Unchanged)
	for _, slot := range w.touched {
		w.counts[slot]++
	}
	w.quality.deliver(r, w.op, w.hasRow)
	if w.index != nil {
		w.index.deliver()
	}
	return nil
}

// Finish implements stream.Processor: it makes the digests that the records since
// the last call wait for.
func (w *Rewriter) Finish() { w.row.hashing.finish() }

// rewrite appends src, one JSON object and nothing else, to dst as the trie
// says.
func (w *Rewriter) rewrite(dst, src []byte, root *node) ([]byte, bool) {
	if need := len(src) + len(src)/4; cap(dst) < need {
		dst = make([]byte, 0, need)
	}
	w.src, w.dst, w.row.src, w.row.reals.read = src, dst, src, false
	i := scan.Space(src, 0)
	w.from = i
	if w.place == inKey {
		w.identify(i)
	}
	if i >= len(src) || src[i] != '{' {
		w.fail(stream.ReasonMalformed, "")
		return dst, false
	}
	end := w.object(i, root, scan.MaxDepth)
	if end < 0 {
		return dst, false
	}
	if scan.Space(src, end) != len(src) {
		w.fail(stream.ReasonMalformed, "")
		return dst, false
	}
	return append(w.dst, src[w.from:end]...), true
}

// identify finds whose data the row at src[i] is.
func (w *Rewriter) identify(i int) {
	if w.whose != nil {
		w.whose.find(&w.row, w.src[i:])
	}
}

// whole checks what concerns the record as a whole.
func (w *Rewriter) whole(r *stream.Record) bool {
	kind, wantsRow := stream.KindData, false
	switch w.op {
	case 'c', 'u', 'r':
		wantsRow = true
	case 'd':
	case 't':
		kind = stream.KindTruncate
	default: // also m: what a message holds is nobody's field
		w.fail(stream.ReasonOperation, "")
		return false
	}
	if r.Kind != kind || w.hasRow != wantsRow {
		w.fail(stream.ReasonOperation, "")
		return false
	}
	return true
}

// unchanged appends the names of columns that the source left out: those that
// no contract lists replaced, dropped ones left out.
func (w *Rewriter) unchanged(dst, names []string) []string {
	for _, name := range names {
		w.text = append(w.text[:0], name...)
		i := w.find(w.prog.row, w.text)
		switch {
		case i < 0:
			dst = append(dst, "_unknown")
		case w.prog.row.members[i].node.act != actDrop:
			dst = append(dst, w.prog.row.members[i].name)
		}
	}
	return dst
}

// Counts tells what was done to each field since the last call, and begins
// anew. Values in key, before and after count alike.
func (w *Rewriter) Counts(add func(c stream.FieldCount, n int64)) {
	for i, n := range w.counts {
		if n != 0 {
			add(w.prog.slots[i], n)
			w.counts[i] = 0
		}
	}
}

// Holds implements stream.Processor: what is under subjects' keys is committed only
// under the cover and the lease that it was masked under (L5).
func (w *Rewriter) Holds(within time.Duration) error {
	if w.row.subjects == nil {
		return nil
	}
	return w.row.subjects.Holds(within)
}

// fail notes why the record is refused and returns -1.
func (w *Rewriter) fail(reason, field string) int {
	if w.reason == "" {
		w.reason, w.field = reason, field
	}
	return -1
}

// Format implements fmt.Formatter: keys and values are behind a Rewriter.
func (*Rewriter) Format(s fmt.State, _ rune) { io.WriteString(s, "[rewriter]") }

// LogValue implements slog.LogValuer.
func (*Rewriter) LogValue() slog.Value { return slog.StringValue("[rewriter]") }
