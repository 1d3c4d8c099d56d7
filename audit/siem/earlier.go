package siem

import (
	"context"
	"encoding/json"
	"slices"

	"lethe/audit"
	"lethe/stream"
)

// What these kinds of entries say depends on an earlier one.

// shape tells a stream whose shape is new from one that was seen in it: each run tells
// the shapes of all.
func (m *Maker) shape(ctx context.Context, e *Event, raw []byte) error {
	b := body[stream.StreamEvent](e, raw)
	switch b.Event {
	case stream.StreamOpen:
		e.Action, e.Source, e.Stream, e.Worker = StreamOpen, name(b.Source), name(b.Stream), name(b.Worker)
		return nil
	case stream.StreamClose:
		e.Action, e.Severity, e.Source, e.Stream, e.Worker = StreamClose, Medium, name(b.Source), name(b.Stream), name(b.Worker)
		return nil
	}
	e.Action, e.Severity, e.Source, e.Stream = StreamShape, Low, name(b.Source), name(b.Stream)
	e.Counts[CountColumns], e.Counts[CountUnlisted] = int64(b.Columns), int64(b.Unlisted)
	seen, err := m.seen(ctx, e, b.Stream+" "+b.Shape)
	if b.Unlisted > 0 {
		e.Severity = Medium
	}
	if seen {
		e.Action, e.Severity = StreamSeen, Informational
	}
	return err
}

// key is what an enrol entry tells of a worker.
type key struct {
	Worker string `json:"worker"`
	Public string `json:"public_key"`
}

// enrol tells a worker's key that is new from one that was enrolled before: each run
// enrols its own. One that was revoked never counts again, whoever enrols it.
func (m *Maker) enrol(ctx context.Context, e *Event, raw []byte) error {
	b := body[key](e, raw)
	e.Action, e.Severity, e.Worker = Enrol, Medium, name(b.Worker)
	seen, err := m.seen(ctx, e, b.Worker+" "+b.Public)
	if seen {
		e.Action, e.Severity = EnrolAgain, Informational
	}
	if m.known[stream.EntryRevoke+" "+b.Public] {
		e.Action, e.Outcome, e.Severity = Enrol, Failure, High
	}
	return err
}

// revoke tells of a key that counts no more.
func (m *Maker) revoke(ctx context.Context, e *Event, raw []byte) error {
	b := body[audit.Revocation](e, raw)
	e.Action, e.Severity, e.Worker = WorkerRevoke, Medium, name(b.Worker)
	if b.Reason == audit.RevokedCompromised {
		e.Severity = High
	}
	_, err := m.seen(ctx, e, b.PublicKey)
	return err
}

// seen reports whether there was an entry like this one before, and notes this one.
func (m *Maker) seen(ctx context.Context, e *Event, what string) (bool, error) {
	if err := m.recall(ctx); err != nil {
		return false, err
	}
	what = e.Kind + " " + what
	before := m.known[what]
	m.note(what)
	return before, nil
}

// note notes a shape or a key, while there is room: whoever can write to the audit topic
// could else fill the memory.
func (m *Maker) note(what string) {
	if len(m.known) < mostKnown {
		m.known[what] = true
	}
}

// recall looks once through the entries before the maker's first for what later ones
// are compared with.
func (m *Maker) recall(ctx context.Context) error {
	if m.known != nil {
		return nil
	}
	m.known, m.policies = make(map[string]bool), make(map[string]stream.PolicyEvent)
	err := m.back(ctx, farthest, func(in audit.Entry) {
		switch in.Kind {
		case stream.EntryStream:
			var b stream.StreamEvent
			if json.Unmarshal(in.Body, &b) == nil && b.Event == stream.StreamShape {
				m.note(in.Kind + " " + b.Stream + " " + b.Shape)
			}
		case stream.EntryEnrol:
			var b key
			if json.Unmarshal(in.Body, &b) == nil {
				m.note(in.Kind + " " + b.Worker + " " + b.Public)
			}
		case stream.EntryRevoke:
			var b audit.Revocation
			if json.Unmarshal(in.Body, &b) == nil {
				m.note(in.Kind + " " + b.PublicKey)
			}
		case stream.EntryPolicy:
			var b stream.PolicyEvent
			if _, later := m.policies[b.Connection]; json.Unmarshal(in.Body, &b) == nil && !later {
				m.inForce(b)
			}
		}
	}, stream.EntryStream, stream.EntryEnrol, stream.EntryRevoke, stream.EntryPolicy)
	if err != nil {
		m.known = nil
	}
	return err
}

// recallIntents does so for intents, which stand near what ends them.
func (m *Maker) recallIntents(ctx context.Context) error {
	if m.recalled {
		return nil
	}
	m.recalled = true
	return m.back(ctx, remembered, func(in audit.Entry) {
		var i stream.Intent
		if _, later := m.intents[in.ID]; !later && json.Unmarshal(in.Body, &i) == nil {
			m.intend(in.ID, actionOf(i.Action))
		}
	}, stream.EntryIntent)
}

// intend keeps the action of an intent.
func (m *Maker) intend(id string, a Action) {
	if len(m.intents) >= 2*remembered || m.intents == nil {
		m.intents = make(map[string]Action)
	}
	m.intents[id] = a
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
	if _, ok := m.intents[b.Of]; !ok {
		if err := m.recallIntents(ctx); err != nil {
			return err
		}
	}
	if e.Action = m.intents[b.Of]; e.Action == "" {
		e.Action = Act
	}
	return nil
}

// policy compares what a policy shows, and which packs it applies, with the connection's
// policy before.
func (m *Maker) policy(ctx context.Context, e *Event, raw []byte) error {
	b := body[stream.PolicyEvent](e, raw)
	e.Action, e.Severity, e.Connection, e.Policy, e.Keys = PolicyChange, Low, name(b.Connection), name(b.Revision), name(b.Keys)
	if err := m.recall(ctx); err != nil {
		return err
	}
	before, known := m.policies[b.Connection]
	gone := int64(0)
	for _, p := range before.Packs {
		if !slices.Contains(b.Packs, p) {
			gone++
		}
	}
	was, is := before.Shown, b.Shown
	switch {
	case gone > 0 || was != nil && is != nil && is.MoreThan(*was):
		e.Action, e.Severity = PolicyWeaken, High
	case !known && len(m.policies) > 0, was != nil && is == nil, was != nil && was.Fields != nil && (is.Fields == nil || *is.Fields != *was.Fields):
		// A policy under a new name, one that does not say what it shows, or other fields
		// that show something: whether that is less counts do not tell.
		e.Severity = Medium
	}
	if is == nil {
		b.Shown = was // what comes next is not compared with silence
	}
	e.Counts[CountPacks], e.Counts[CountPacksGone] = int64(len(b.Packs)), gone
	m.inForce(b)
	return nil
}

// inForce keeps a connection's policy, while there is room.
func (m *Maker) inForce(p stream.PolicyEvent) {
	if _, there := m.policies[p.Connection]; there || len(m.policies) < mostKnown {
		m.policies[p.Connection] = p
	}
}

// back calls each with those of the entries before the maker's first that are of some
// kinds, newest first, and looks through so many of all.
func (m *Maker) back(ctx context.Context, most int, each func(audit.Entry), kinds ...string) error {
	n := 0
	return m.Back(ctx, m.first, func(entry []byte) bool {
		if n++; n > most {
			return false
		}
		if in, ok := audit.ReadEntry(entry, kinds...); ok {
			each(in)
		}
		return true
	})
}
