package siem

import (
	"context"
	"encoding/json"

	"lethe/audit"
	"lethe/audit/receipt"
	"lethe/stream"
)

// massReveal is from how many values on an action that opens them is of high
// severity.
const massReveal = 100

// read fills in what an entry of its kind tells.
func (m *Maker) read(ctx context.Context, e *Event, in audit.Entry) error {
	switch in.Kind {
	case stream.EntryReceipt:
		m.receipt(e, in.Body)
	case stream.EntryIntent:
		m.intent(e, in)
	case stream.EntryOutcome:
		return m.outcome(ctx, e, in.Body)
	case stream.EntryPolicy:
		return m.policy(ctx, e, in.Body)
	case stream.EntryStream:
		return m.shape(ctx, e, in.Body)
	case stream.EntryEnrol:
		return m.enrol(ctx, e, in.Body)
	case stream.EntryRevoke:
		return m.revoke(ctx, e, in.Body)
	default:
		if read := plainKinds[in.Kind]; read != nil {
			read(e, in.Body)
		} else {
			e.Action, e.Outcome = EntryOther, Unknown
		}
	}
	return nil
}

// plainKinds are the kinds that say everything themselves.
var plainKinds = map[string]func(*Event, []byte){
	stream.EntryChain: chain, stream.EntrySnapshotVoid: void, stream.EntryAnnounce: announce,
	stream.EntryForged: forged, stream.EntryShred: shred,
	stream.EntryClose: logCloses, stream.EntryBegin: logBegins,
}

// body reads an entry's body. One of another form leaves the event what its kind
// says.
func body[T any](e *Event, raw []byte) (b T) {
	if json.Unmarshal(raw, &b) != nil {
		e.Outcome, b = Unknown, *new(T)
	}
	return b
}

func (m *Maker) receipt(e *Event, raw []byte) {
	r := &m.newest
	if m.receipts.Read(raw, r) != nil {
		e.Outcome, *r = Unknown, receipt.Receipt{}
	}
	e.Action = stages[r.Stage]
	if e.Action == "" {
		e.Action = EntryOther
	}
	e.Stage, e.Connection, e.Source, e.Worker = name(r.Stage), name(r.Connection), name(r.Source), name(r.Worker)
	e.Build, e.Policy, e.Keys = name(r.Build), name(r.Policy), name(r.Keys)
	c := &e.Counts
	c[CountParts], c[CountIn] = int64(len(r.Parts)), 0
	for _, p := range r.Parts {
		c[CountIn] += p.In
		if p.Rows != nil {
			c[CountRows] = max(0, c[CountRows]) + *p.Rows
		}
	}
	if len(r.Streams) == 1 {
		e.Stream = name(r.Streams[0].Stream)
	}
	if len(r.Streams) > 0 {
		c[CountDelivered], c[CountQuarantined], c[CountFiltered], c[CountShredded] = 0, 0, 0, 0
	}
	for _, s := range r.Streams {
		c[CountDelivered] += int64(s.Delivered)
		c[CountQuarantined] += int64(s.Quarantined)
		c[CountFiltered] += int64(s.Filtered)
		c[CountShredded] += int64(s.Shredded)
	}
	if c[CountQuarantined] > 0 {
		e.Severity = Low
	}
}

// stages are the actions that receipts of a stage tell of.
var stages = map[string]Action{stream.StageIngest: Ingest, stream.StageMask: Mask, stream.StageSink: Load, stream.StageDelete: Delete,
	"release": Release, "shred": Shred}

func chain(e *Event, raw []byte) {
	b := body[stream.Chain](e, raw)
	e.Action = StageStart
	if b.Event == stream.ChainOwner {
		e.Action = StageTake
	}
	e.Stage, e.Connection, e.Source, e.Worker = name(b.Stage), name(b.Connection), name(b.Source), name(b.Worker)
}

func void(e *Event, raw []byte) {
	b := body[stream.SnapshotVoid](e, raw)
	e.Action, e.Severity, e.Source, e.Stream = SnapshotVoid, Low, name(b.Source), name(b.Stream)
}

func announce(e *Event, raw []byte) {
	b := body[stream.Announcement](e, raw)
	e.Action, e.Source, e.Connection, e.Worker = PolicyAnnounce, name(b.Source), name(b.Connection), name(b.Worker)
	e.Policy, e.Keys = name(b.Revision), name(b.Keys)
}

func logCloses(e *Event, _ []byte) { e.Action, e.Severity = LogClose, Medium }

func logBegins(e *Event, _ []byte) { e.Action = LogBegin }

func forged(e *Event, raw []byte) {
	b := body[stream.Forged](e, raw)
	e.Action, e.Outcome, e.Severity, e.Connection, e.Worker = ControlForged, Failure, High, name(b.Connection), name(b.Worker)
	e.Counts[CountForged] = int64(b.N)
}

func shred(e *Event, raw []byte) {
	b := body[stream.Shred](e, raw)
	e.Action, e.Severity, e.Worker, e.Of = Shred, Low, name(b.Worker), name(b.Of)
	if b.First > 0 && b.Last >= b.First {
		e.Counts[CountActed] = int64(b.Last-b.First) + 1
	}
}

func (m *Maker) intent(e *Event, in audit.Entry) {
	b := body[stream.Intent](e, in.Body)
	e.Action, e.Outcome, e.Severity, e.Worker = actionOf(b.Action), Unknown, Medium, name(b.Worker)
	e.Counts[CountActed] = int64(b.Count)
	if b.Action == stream.ActionReveal && b.Count >= massReveal {
		e.Severity = High
	}
	if b.Action == stream.ActionRead || b.Action == stream.ActionStart {
		e.Severity = Low
	}
	e.Role, e.Principal, e.Address = name(b.Role), m.View.commitment(FieldPrincipal, b.Principal), m.View.commitment(FieldAddress, b.Address)
	e.Object, e.Subjects = m.View.commitment(FieldObject, b.Object), m.View.commitment(FieldSubjects, b.Subjects)
	m.intend(in.ID, e.Action)
}

// actionOf is the action that an intent names.
func actionOf(s string) Action {
	if s == "" {
		return Act
	}
	return Action(word(s))
}
