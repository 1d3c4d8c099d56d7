package main

import (
	"cmp"
	stdio "io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"lethe/cmd/internal/wire"
	"lethe/stream"
)

// refusal counts the records of a stream that went to quarantine for one reason.
type refusal struct {
	Connection string `json:"connection"`
	Stream     string `json:"stream"`
	Reason     string `json:"reason"`
	Field      string `json:"field,omitempty"`
	Records    int64  `json:"records"`

	operator string // of the field, where that refused
}

// where says what was refused and why.
func (r refusal) where() string {
	at := r.Stream
	if r.Field != "" {
		at += "/" + r.Field
	}
	return at + ": " + r.why()
}

// why is the reason in words.
func (r refusal) why() string {
	code, keyword, _ := strings.Cut(r.Reason, ".")
	switch code {
	case stream.ReasonCiphertext:
		return "damaged, or not from where it lies"
	case stream.ReasonNoContract:
		return "no contract when it was first read"
	case stream.ReasonParked:
		return "parked behind an earlier record of the same key that is in quarantine, so that order holds"
	case stream.ReasonTooLarge:
		return "larger than topics take (max_record)"
	case stream.ReasonOperation:
		return "op is missing or unknown, or before and after do not fit it"
	case stream.ReasonMalformed:
		return "no valid JSON of a row or change event"
	case stream.ReasonFault:
		return "this build has a fault that shows on it; the log says where"
	case stream.ReasonType:
		return "not of the type that the contract says"
	case stream.ReasonNull:
		return "null, and the contract has it required"
	case stream.ReasonRequired:
		return "missing, and the contract has it required"
	case stream.ReasonDuplicate:
		return "there twice in one row"
	case stream.ReasonSchema:
		return "not what the contract's " + cmp.Or(keyword, "schema") + " allows"
	case stream.ReasonNormal:
		return "a key that is not in its element's normal form"
	case stream.ReasonOperator:
		if r.operator == "partial" {
			return "too short for partial to hide at least half of it"
		}
		return cmp.Or(r.operator, "its operator") + " cannot mask such a value"
	}
	return r.Reason
}

// next says what to do about it; "" where that is said of another record, or
// nothing that a person wrote is the reason.
func (r refusal) next(dir string) string {
	reason, _, _ := strings.Cut(r.Reason, ".")
	source, _, _ := strings.Cut(r.Stream, ".")
	again := ", then " + wire.Anew(source)
	switch reason {
	case stream.ReasonNoContract:
		return "lethe discover " + dir + ", read its contract and policy" + again
	case stream.ReasonType, stream.ReasonNull, stream.ReasonRequired, stream.ReasonSchema:
		return "mend the contract" + again + "; see docs/quarantine.md"
	case stream.ReasonOperator, stream.ReasonNormal:
		mend := "mend the policy"
		if r.operator == "partial" {
			mend = "use redact, or keep fewer characters, in the policy"
		}
		return mend + again + "; see docs/quarantine.md"
	}
	return ""
}

// refusals adds up what goes to quarantine, and logs each kind once.
type refusals struct {
	log      *slog.Logger
	dir      string
	operator func(connection, stream, field string) string // what masks a field
	mu       sync.Mutex
	all      []refusal
}

// add takes counts of a stream's records, by reason and field.
func (r *refusals) add(connection, name string, counts map[string]map[string]stream.Int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for reason, fields := range counts {
		for field, n := range fields {
			r.addOne(refusal{Connection: connection, Stream: name, Reason: reason, Field: field, Records: int64(n)})
		}
	}
}

func (r *refusals) addOne(new refusal) {
	for i := range r.all {
		if a := &r.all[i]; a.Connection == new.Connection && a.Stream == new.Stream && a.Reason == new.Reason && a.Field == new.Field {
			a.Records += new.Records
			return
		}
	}
	told := slices.ContainsFunc(r.all, func(a refusal) bool { return a.Stream == new.Stream && a.Reason == new.Reason })
	if new.Field != "" && r.operator != nil {
		new.operator = r.operator(new.Connection, new.Stream, new.Field)
	}
	r.all = append(r.all, new)
	if new.Reason == stream.ReasonNoContract {
		if !told {
			r.log.Warn("a stream was read before it had a contract: its records go to quarantine, also once it has one", "stream", new.Stream, "next", new.next(r.dir))
		}
		return
	}
	said := []any{"connection", new.Connection, "stream", new.Stream, "reason", new.Reason}
	if new.Field != "" {
		said = append(said, "field", new.Field)
	}
	said = append(said, "why", new.why())
	if next := new.next(r.dir); next != "" {
		said = append(said, "next", next)
	}
	r.log.Warn("records go to quarantine", said...)
}

func (r *refusals) list() []refusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// showRefused tells what went to quarantine, why, and what to do about it.
func showRefused(w stdio.Writer, refused []refusal, dir string) {
	for _, r := range refused {
		tellf(w, "  to quarantine: %d of %s\n", r.Records, r.where())
		if next := r.next(dir); next != "" {
			tellf(w, "    → %s\n", next)
		}
	}
}
