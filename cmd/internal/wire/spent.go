package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/audit"
	"lethe/stream"
	"lethe/stream/pipeline"
)

// logWithin is how long an intent may take into a signed checkpoint.
const logWithin = 30 * time.Second

// logged waits until the intent is under a signed checkpoint of the log, and refuses
// otherwise.
func (b *begun) logged(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, logWithin)
	defer cancel()
	if b.w.broker != nil {
		if err := b.w.followed(ctx); err != nil {
			return b.w.unlogged(err)
		}
	}
	for {
		found := false
		err := b.w.newest(ctx, func(l audit.Leaf) bool {
			e, _ := audit.ReadEntry(l.Entry, stream.EntryIntent)
			found = e.ID == b.id
			return !found && !before(l.Entry, b.time.Add(-time.Hour))
		})
		if found {
			return nil
		}
		if err != nil {
			return b.w.unlogged(err)
		}
		select {
		case <-ctx.Done():
			return b.w.unlogged(ctx.Err())
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// newest reads the log as far as its checkpoint now covers it, newest leaf first.
func (w *Workspace) newest(ctx context.Context, each func(audit.Leaf) (more bool)) error {
	r, err := w.openReader()
	if err != nil {
		return err
	}
	return r.Newest(ctx, r.Size(), each)
}

// unlogged is why something was not done that could not be written down.
func (w *Workspace) unlogged(err error) error {
	hint := "see what keeps lethe from writing " + w.folder.Rel(w.folder.Log)
	if w.broker == nil {
		hint = "lethe run " + w.folder.Dir + "     writes the log; type it where this log lies, then again what you typed"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("not within %v", logWithin)
	}
	return &stream.Fault{Code: "action.not_logged", Path: w.folder.Rel(w.folder.Log), Exit: stream.ExitEnvironment,
		Msg: "what you are about to do could not be written into the audit log, so it was not done: " + err.Error(), Hint: hint}
}

// before reports whether an entry says that it was made before a time.
func before(entry []byte, t time.Time) bool {
	var e struct {
		Body struct {
			Time string `json:"time"`
		} `json:"body"`
	}
	if json.Unmarshal(entry, &e) != nil {
		return false
	}
	at, err := time.Parse(time.RFC3339Nano, e.Body.Time)
	return err == nil && at.Before(t)
}

// spending is what a principal had opened on the day of an intent, as the log has
// it before the intent.
type spending struct {
	all, unapproved int
	approvalUsed    bool
}

// twoDays is longer than an approval and a day live.
const twoDays = 48 * time.Hour

// spent reads the log back. An intent whose opening is not there may be anybody's,
// and counts as the principal's: to erase openings gives nobody room.
func (b *begun) spent(ctx context.Context, d Disclosure) (spending, error) {
	openings, err := b.w.openings(ctx)
	if err != nil {
		return spending{}, err
	}
	told, err := b.w.recall(ctx)
	if err != nil {
		return spending{}, err
	}
	var s spending
	refused, mine := make(map[string]bool), false
	err = b.w.newest(ctx, func(l audit.Leaf) bool {
		switch e, _ := audit.ReadEntry(l.Entry, stream.EntryOutcome, stream.EntryIntent); e.Kind {
		case stream.EntryOutcome:
			var o stream.Outcome
			// Who may only write to the topic cannot take an intent back.
			if json.Unmarshal(e.Body, &o) == nil && o.Result == stream.OutcomeRefused && told.Workers.Signed(l.Offset, l.Entry) {
				refused[o.Of] = true
			}
		case stream.EntryIntent:
			var i stream.Intent
			switch {
			case e.ID == b.id:
				mine = true
			case mine && !refused[e.ID] && json.Unmarshal(e.Body, &i) == nil && i.Action == stream.ActionReveal:
				s.add(i, openings[e.ID]["principal"], b.time, d)
			}
		}
		return !before(l.Entry, b.time.Add(-twoDays))
	})
	if err == nil && !mine {
		err = errors.New("the intent is not in it")
	}
	return s, err
}

// add counts an intent of somebody, whom o tells if it is there.
func (s *spending) add(i stream.Intent, o opening, now time.Time, d Disclosure) {
	if i.Approval != nil && d.Approval != nil && *i.Approval == *d.Approval {
		s.approvalUsed = true
	}
	known := len(o.Salt) > 0 && commitment(o.Salt, o.Value) == i.Principal
	if known && string(o.Value) != d.Principal.Name {
		return
	}
	at, err := time.Parse(time.RFC3339Nano, i.Time)
	if err == nil && at.UTC().Format(time.DateOnly) != now.UTC().Format(time.DateOnly) {
		return
	}
	s.all += int(i.Count)
	if i.Approval == nil {
		s.unapproved += int(i.Count)
	}
}

// openings are what the commitments of intents stand for, by intent and member.
func (w *Workspace) openings(ctx context.Context) (map[string]map[string]opening, error) {
	seal, err := pipeline.NewSeal(w.keys, "openings")
	if err != nil {
		return nil, err
	}
	out := make(map[string]map[string]opening)
	err = w.base.Cluster.ReadRange(ctx, w.base.Topics.Openings(), 0, 0, func(r *kgo.Record) error {
		var all map[string]opening
		if plain, err := seal.Open(r.Value); err == nil && json.Unmarshal(plain, &all) == nil {
			out[string(r.Key)] = all
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("openings: %w", err)
	}
	return out, nil
}
