package wire

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lethe/audit"
	"lethe/cmd/internal/config"
	"lethe/masking/subject"
	"lethe/stream"
	"lethe/stream/pipeline"
)

// Actor is who acts, as this machine knows them.
type Actor struct {
	Principal string
	Role      string // stream.RoleOperator and so on
	Address   string
}

// Action is what a person does to a workspace, as the audit log tells it.
type Action struct {
	Actor
	Kind     string // of stream.Intent
	Count    int
	Object   string
	Reason   string
	Ticket   string
	Subjects []subject.Digest // digests of those concerned
	Approval *stream.Hash
	// Before and After are what the action changes, as stream.Intent has them.
	Before, After *stream.Hash
}

// opening is what a salted commitment stands for.
type opening struct {
	Salt  []byte `json:"salt"`
	Value []byte `json:"value"`
}

// openForAction opens a folder for one action of a person: what it must to write
// entries, and nothing that moves records. Where a process runs the folder on the
// embedded broker, this one is that broker's client.
func openForAction(ctx context.Context, f *config.Folder, log *slog.Logger) (_ *Workspace, err error) {
	w := &Workspace{folder: f, log: log, registry: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			w.Close()
		}
	}()
	if err := w.holdSubjects(ctx); err != nil {
		return nil, err
	}
	return w, w.openLog()
}

// acting runs work while somebody writes the log: this process on the embedded
// broker, else whoever runs the workspace.
func (w *Workspace) acting(ctx context.Context, work func(context.Context) error) error {
	if w.broker == nil {
		stop := func() {}
		if w.host != nil {
			ctx, stop = whileHeld(ctx, w.folder.State)
		}
		defer stop()
		err := work(ctx)
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
		return err
	}
	worked := false
	err := w.with(ctx, func(ctx context.Context) error {
		worked = true
		return work(ctx)
	})
	if err == nil && !worked {
		return context.Cause(ctx) // it ended before the log was found to fit
	}
	return err
}

// begun is an action whose intent is on the audit topic.
type begun struct {
	id     string // of the intent
	time   time.Time
	after  *stream.Hash
	w      *Workspace
	ledger stream.Ledger
}

// begin writes the intent of an action, and before it what its commitments stand
// for. Until it returns, the action takes no effect.
func (w *Workspace) begin(ctx context.Context, a Action) (*begun, error) {
	openings := make(map[string]opening)
	commit := func(name string, value []byte) stream.Hash {
		salt := make([]byte, 32)
		rand.Read(salt)
		openings[name] = opening{salt, value}
		return commitment(salt, value)
	}
	// L5: what is written down of them is what nobody makes again once they are erased.
	concerned, _, err := w.commitments(a.Subjects)
	if err != nil {
		w.log.Info("the intent does not say whom it concerns: persons' keys are not to be had", "err", err)
	}
	var subjects []byte
	for _, c := range concerned {
		subjects = append(subjects, c[:]...)
	}
	now := w.base.Now().UTC()
	body := stream.Intent{Action: a.Kind, Count: stream.Int64(a.Count), Approval: a.Approval,
		Role: a.Role, Before: a.Before, After: a.After,
		Principal: commit("principal", []byte(a.Principal)), Address: commit("address", []byte(a.Address)), Object: commit("object", []byte(a.Object)), Reason: commit("reason", []byte(a.Reason)),
		Ticket: commit("ticket", []byte(a.Ticket)), Subjects: commit("subjects", subjects),
		Time: now.Format(time.RFC3339Nano)}
	b := &begun{time: now, after: a.After, w: w}
	b.ledger, err = w.write(ctx, nil, func(l stream.Ledger) ([][]byte, error) {
		body.Worker = l.Worker()
		intent, err := l.Entry(stream.EntryIntent, body)
		if err != nil {
			return nil, fmt.Errorf("intent: %w", err)
		}
		made, ok := audit.ReadEntry(intent, stream.EntryIntent)
		if !ok {
			return nil, errors.New("intent: it cannot be read back")
		}
		b.id = made.ID
		return [][]byte{intent}, w.putOpenings(ctx, b.id, openings)
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// commitment is what stands in an entry for a value.
func commitment(salt, value []byte) stream.Hash {
	h := hmac.New(sha256.New, salt)
	h.Write(value)
	return stream.Hash(h.Sum(nil))
}

func (w *Workspace) putOpenings(ctx context.Context, id string, openings map[string]opening) error {
	seal, err := pipeline.NewSeal(w.keys, "openings")
	if err != nil {
		return err
	}
	plain, err := json.Marshal(openings)
	if err != nil {
		return err
	}
	return w.base.Cluster.Put(ctx, w.base.Topics.Openings(), []byte(id), seal.Seal(plain))
}

// tell writes an entry of the action, by whichever worker's key counts then.
func (b *begun) tell(ctx context.Context, kind string, body func(worker string) any) error {
	l, err := b.w.write(ctx, b.ledger, func(l stream.Ledger) ([][]byte, error) {
		e, err := l.Entry(kind, body(l.Worker()))
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", kind, err)
		}
		return [][]byte{e}, nil
	})
	if err == nil {
		b.ledger = l
	}
	return err
}

// end writes what became of the action. It does so also while the process is being
// stopped.
func (b *begun) end(ctx context.Context, result string, count int) error {
	return b.endWith(ctx, result, count, nil)
}

// endWith is end with what the action made of its object.
func (b *begun) endWith(ctx context.Context, result string, count int, after *stream.Hash) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return b.tell(ctx, stream.EntryOutcome, func(worker string) any {
		return stream.Outcome{Of: b.id, Result: result, Count: stream.Int64(count), After: after,
			Worker: worker, Time: b.w.base.Now().UTC().Format(time.RFC3339Nano)}
	})
}

// Read writes that somebody reads audit data, lets work read it, and writes what came
// of it: how many documents were read. What cannot be written is not read.
func Read(ctx context.Context, f *config.Folder, log *slog.Logger, a Action, work func(context.Context, *Workspace) (documents int, err error)) error {
	w, err := openForAction(ctx, f, log)
	if err != nil {
		return err
	}
	defer w.Close()
	a.Kind = stream.ActionRead
	return w.acting(ctx, func(ctx context.Context) error {
		b, err := w.begin(ctx, a)
		if err != nil {
			return w.unlogged(err)
		}
		n, err := work(ctx, w)
		if err != nil {
			return errors.Join(err, b.end(ctx, stream.OutcomeFailed, n))
		}
		return b.end(ctx, stream.OutcomeDone, n)
	})
}
