package siem

import (
	"context"
	"encoding/json"
	"slices"

	"lethe/stream"
)

// What these kinds of entries say depends on an earlier one.

// shape tells a stream whose shape is new from one that was seen in it: each run tells
// the shapes of all.
func (m *Maker) shape(ctx context.Context, e *Event, raw []byte) error {
	b := body[stream.StreamEvent](e, raw)
	e.Action, e.Severity, e.Source, e.Stream = StreamShape, Low, name(b.Source), name(b.Stream)
	e.Counts[CountColumns] = int64(b.Columns)
	seen, err := m.seen(ctx, e, b.Stream+" "+b.Shape, func(in envelope) bool {
		var o stream.StreamEvent
		return in.Kind == stream.EntryStream && json.Unmarshal(in.Body, &o) == nil && o.Stream == b.Stream && o.Shape == b.Shape
	})
	if seen {
		e.Action, e.Severity = StreamSeen, Informational
	}
	return err
}

// enrol tells a worker's key that is new from one that was enrolled before: each run
// enrols its own.
func (m *Maker) enrol(ctx context.Context, e *Event, raw []byte) error {
	type key struct {
		Worker string `json:"worker"`
		Public string `json:"public_key"`
	}
	b := body[key](e, raw)
	e.Action, e.Severity, e.Worker = Enrol, Medium, name(b.Worker)
	seen, err := m.seen(ctx, e, b.Worker+" "+b.Public, func(in envelope) bool {
		var o key
		return in.Kind == stream.EntryEnrol && json.Unmarshal(in.Body, &o) == nil && o == b
	})
	if seen {
		e.Action, e.Severity = EnrolAgain, Informational
	}
	return err
}

// seen reports whether an earlier entry is like this one.
func (m *Maker) seen(ctx context.Context, e *Event, what string, like func(envelope) bool) (bool, error) {
	what = e.Kind + " " + what
	if m.known[what] {
		return true, nil
	}
	found := false
	err := m.back(ctx, e.Log.Index, func(in envelope) bool {
		found = like(in)
		return !found
	})
	if len(m.known) >= remembered || m.known == nil {
		m.known = make(map[string]bool)
	}
	m.known[what] = err == nil
	return found, err
}

// outcome has the action of its intent.
func (m *Maker) outcome(ctx context.Context, e *Event, raw []byte) error {
	b := body[stream.Outcome](e, raw)
	e.Worker, e.Of, e.Counts[CountActed] = name(b.Worker), name(b.Of), int64(b.Count)
	switch b.Result {
	case stream.OutcomeDone:
	case stream.OutcomeRefused, stream.OutcomeFailed:
		e.Outcome, e.Severity = Failure, Medium
	default:
		e.Outcome = Unknown
	}
	action, ok := m.intents[b.Of]
	delete(m.intents, b.Of)
	if ok {
		e.Action = action
		return nil
	}
	e.Action = Act
	return m.back(ctx, e.Log.Index, func(in envelope) bool {
		if in.Kind != stream.EntryIntent || in.ID != b.Of {
			return true
		}
		var i stream.Intent
		if json.Unmarshal(in.Body, &i) == nil {
			e.Action = actionOf(i.Action)
		}
		return false
	})
}

// policy compares the packs with those of the connection's policy before.
func (m *Maker) policy(ctx context.Context, e *Event, raw []byte) error {
	b := body[stream.PolicyEvent](e, raw)
	e.Action, e.Severity, e.Connection, e.Policy, e.Keys = PolicyChange, Low, name(b.Connection), name(b.Revision), name(b.Keys)
	before, ok := m.packs[b.Connection]
	if !ok {
		err := m.back(ctx, e.Log.Index, func(in envelope) bool {
			var p stream.PolicyEvent
			if in.Kind != stream.EntryPolicy || json.Unmarshal(in.Body, &p) != nil || p.Connection != b.Connection {
				return true
			}
			before = p.Packs
			return false
		})
		if err != nil {
			return err
		}
	}
	gone := int64(0)
	for _, p := range before {
		if !slices.Contains(b.Packs, p) {
			gone++
		}
	}
	if gone > 0 {
		e.Action, e.Severity = PolicyWeaken, High
	}
	e.Counts[CountPacks], e.Counts[CountPacksGone] = int64(len(b.Packs)), gone
	if len(m.packs) >= remembered || m.packs == nil {
		m.packs = make(map[string][]string)
	}
	m.packs[b.Connection] = b.Packs
	return nil
}

// back looks through the entries before a leaf, newest first.
func (m *Maker) back(ctx context.Context, before int64, each func(envelope) (more bool)) error {
	n := 0
	return m.Back(ctx, before, func(entry []byte) bool {
		var in envelope
		n++
		return n <= farthest && (json.Unmarshal(entry, &in) != nil || each(in))
	})
}
