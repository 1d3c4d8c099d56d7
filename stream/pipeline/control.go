package pipeline

import "lethe/stream"

// split cuts s where this connection's revision changes: a part has one revision,
// and all workers switch at the same offset. in is what is in force before.
//
// L1: a control record that no key of the workspace vouches for at its place, or
// whose number does not rise, is an attempt to change the policy by somebody who
// may write to the topic. It changes nothing, and it stops nothing.
func (w *maskWorker) split(s *share, in metadata) []*share {
	var out []*share
	from, data := 0, false // whether at holds records that a revision masks
	at := &share{place: s.place, revision: in.Revision}
	cut := func(to int) {
		at.records, at.next = s.records[from:to], metadata{Revision: in.Revision, Number: in.Number}
		out = append(out, at)
		at, from, data = &share{place: s.place, revision: in.Revision}, to, false
	}
	for i, r := range s.records {
		if header(r, stream.HeaderControl) == nil {
			data = true
			continue
		}
		var body stream.PolicyChange
		ours := w.audit.voucher.open(controlAt(s.place), r.Value, &body)
		switch {
		case ours && body.Connection != w.Connection:
		case !ours || body.Number <= in.Number:
			at.refuse(r.Offset)
		default:
			changed := data && body.Revision != in.Revision
			in.Revision, in.Number = body.Revision, body.Number
			if changed {
				cut(i + 1)
			}
			at.revision = in.Revision
		}
	}
	if from < len(s.records) {
		cut(len(s.records))
	}
	return out
}

// refuse notes a control record that is not believed.
func (s *share) refuse(offset int64) {
	f := &s.forged
	if f.N == 0 {
		f.First = stream.Int64(offset)
	}
	f.N, f.Last = f.N+1, stream.Int64(offset)
}

// noteForged lets the log know of control records of s that were refused.
func (w *maskWorker) noteForged(s *share) error {
	if s.forged.N == 0 {
		return nil
	}
	s.forged.Connection, s.forged.Topic, s.forged.Partition, s.forged.Worker = w.Connection, s.topic, s.partition, w.audit.ledger.Worker()
	return w.audit.entry(stream.EntryForged, s.forged)
}

// tellForged tells of them once that is committed.
func (w *maskWorker) tellForged(s *share) {
	if s.forged.N == 0 {
		return
	}
	w.Metrics.Forged.WithLabelValues(s.topic).Add(float64(s.forged.N))
	w.Log.Error("control records were forged or written again, and change nothing: find who may write to this topic",
		"connection", w.Connection, "topic", s.topic, "partition", s.partition, "records", int64(s.forged.N),
		"first", int64(s.forged.First), "last", int64(s.forged.Last))
}

// unannounced is what is in force before the first announcement: nobody has decided
// anything, so what stands there, which ingest never writes, goes to quarantine (L1).
type unannounced struct{}

// ID implements stream.Revision.
func (unannounced) ID() string { return "" }

// Keys implements stream.Revision.
func (unannounced) Keys() string { return "" }

// Route implements stream.Revision.
func (unannounced) Route(string) (stream.Route, bool) { return stream.Route{}, false }
