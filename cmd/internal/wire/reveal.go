package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"lethe/cmd/internal/config"
	"lethe/masking"
	"lethe/masking/subject"
	"lethe/rules/strict"
	"lethe/stream"
)

// Disclosure is what is to be opened, and for whom.
type Disclosure struct {
	Target
	Epoch     string // of the masking keys; "" for the only one, or any
	Principal config.Principal
	Address   string // of whom it is for
	Reason    string
	Ticket    string
	Approval  *stream.Hash // that a second person gave
	Values    []masking.Veiled
}

// Target is the field whose values are opened.
type Target struct {
	Plan    masking.Plan
	Path    string
	Element string // what the field is about
}

// Opened is a value that was opened: its JSON, or why it is not.
type Opened struct {
	JSON []byte
	Err  error
}

// FindTarget finds a field of a stream, as one connection masks it; "" for the only
// one that carries the stream.
func FindTarget(f *config.Folder, connection, streamName, path string) (*Target, error) {
	all, err := carriers(f, connection, streamName)
	if err != nil {
		return nil, err
	}
	if len(all) > 1 {
		var names []string
		for _, c := range all {
			names = append(names, c.connection)
		}
		return nil, &stream.Fault{Code: "cli.connection", Path: "--connection", Msg: "several connections carry this stream, each under its own policy", Hint: strict.Suggest("", names)}
	}
	d, _ := all[0].stream.Decision(path)
	return &Target{Plan: all[0].stream.Plan, Path: path, Element: d.Element}, nil
}

// Find implements masking.RevealKeyring.
func (r ring) Find(at subject.Locator, digest *subject.Digest, key *subject.Key) error {
	store, err := r.open()
	if err != nil {
		return err
	}
	return store.Find(at, digest, key)
}

// Reveal opens values and hands them to show, which is called once or never:
//
//	intent → under a signed checkpoint → quota and approval, as the log has them
//	→ opened → shown → outcome
//
// What cannot be written into the log, or goes beyond the principal's quota, is not
// opened (L7). Who counts is the log: of two that ask at once, the first in it.
func Reveal(ctx context.Context, f *config.Folder, log *slog.Logger, d Disclosure, show func([]Opened) error) error {
	w, err := openForAction(ctx, f, log)
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.knowErasures(ctx); err != nil {
		return err
	}
	return w.acting(ctx, func(ctx context.Context) error {
		// What is wrong with keys or field is told before anything is written.
		open, err := w.openers(d)
		if err != nil {
			return err
		}
		a := Action{Actor: Actor{Principal: d.Principal.Name, Role: stream.RoleRevealer, Address: d.Address},
			Kind: stream.ActionReveal, Count: len(d.Values), Object: d.Plan.Stream + "/" + d.Path,
			Reason: d.Reason, Ticket: d.Ticket, Approval: d.Approval}
		for _, v := range d.Values {
			a.Subjects = open[0].Subjects(a.Subjects, v)
		}
		b, err := w.begin(ctx, a)
		if err != nil {
			return w.unlogged(err)
		}
		if err := b.allowed(ctx, d); err != nil {
			return errors.Join(err, b.end(ctx, stream.OutcomeRefused, 0))
		}
		opened, n, err := openAll(open, d.Values)
		if err != nil {
			return errors.Join(err, b.end(ctx, stream.OutcomeRefused, 0))
		}
		if err := show(opened); err != nil {
			return errors.Join(err, b.end(ctx, stream.OutcomeFailed, n))
		}
		return b.end(ctx, stream.OutcomeDone, n)
	})
}

// openers open values of each epoch that they may be of, the newest first. What was
// encrypted says itself whether it is of an epoch; a surrogate does not.
func (w *Workspace) openers(d Disclosure) ([]*masking.Opener, error) {
	epochs, err := w.keys.Epochs()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range slices.Backward(epochs) {
		names = append(names, e.Name)
	}
	if d.Epoch != "" {
		names = []string{d.Epoch}
	}
	var out []*masking.Opener
	for _, name := range names {
		in := w.ring
		if in.Keyring, err = w.keys.In(name); err != nil {
			return nil, err
		}
		o, err := masking.NewOpener(d.Plan, d.Path, in)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	if len(out) > 1 && !out[0].Checks() {
		return nil, &stream.Fault{Code: "reveal.epoch", Path: "--epoch", Msg: "the keyring has several epochs of masking keys, and such a value does not say of which it is",
			Hint: "add --epoch with one of: " + strings.Join(names, " ")}
	}
	return out, nil
}

// openAll opens values. What is wrong with one of them is told with it; any other
// error ends all.
func openAll(open []*masking.Opener, values []masking.Veiled) (opened []Opened, n int, err error) {
	for i, v := range values {
		b, err := open[0].Open(nil, v)
		for next := 1; errors.Is(err, subject.ErrToken) && next < len(open); next++ {
			b, err = open[next].Open(nil, v)
		}
		if err == nil && !json.Valid(b) {
			b, err = nil, masking.ErrNotMasked // a number that never was one
		}
		switch {
		case err == nil:
			n++
		case errors.Is(err, subject.ErrErased), errors.Is(err, subject.ErrToken), errors.Is(err, masking.ErrRedacted),
			errors.Is(err, masking.ErrNotMasked), errors.Is(err, masking.ErrNeedsSubject), errors.Is(err, masking.ErrNeedsPosition):
		default:
			return nil, 0, fmt.Errorf("value %d: %w", i+1, err)
		}
		opened = append(opened, Opened{b, err})
	}
	return opened, n, nil
}

// allowed returns nil once the intent is in the log and what stands there before it
// leaves room for it.
func (b *begun) allowed(ctx context.Context, d Disclosure) error {
	if err := b.logged(ctx); err != nil {
		return err
	}
	s, err := b.spent(ctx, d)
	if err != nil {
		return b.w.unlogged(err)
	}
	of, n := b.w.folder.Reveal, len(d.Values)
	switch {
	case s.approvalUsed:
		return &stream.Fault{Code: "reveal.approval", Msg: "this approval was used before: it counts once", Hint: "ask for another: lethe reveal --request FILE …"}
	case s.all+n > d.Principal.PerDay:
		return &stream.Fault{Code: "reveal.quota", Msg: fmt.Sprintf("%s may have %d values a day opened; the log has %d of today, and %d more would be too many", d.Principal.Name, d.Principal.PerDay, s.all, n),
			Hint: "come back tomorrow (UTC), or have per_day raised in lethe.yaml"}
	case d.Approval == nil && s.unapproved+n > of.ApproveAbove:
		return &stream.Fault{Code: "reveal.needs_approval", Msg: fmt.Sprintf("more than %d values a day need a second person's approval; the log has %d of today without, and %d more would be too many", of.ApproveAbove, s.unapproved, n),
			Hint: "lethe reveal --request FILE … writes what an approver signs by lethe reveal --approve FILE; then add --approval"}
	}
	return nil
}
