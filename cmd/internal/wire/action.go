package wire

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lethe/cmd/internal/config"
	"lethe/stream"
	"lethe/stream/pipeline"
)

// Action is what a person does to a workspace, as the audit log tells it.
type Action struct {
	Kind      string // of stream.Intent
	Count     int
	Principal string
	Object    string
	Reason    string
	Ticket    string
	Subjects  [][32]byte // digests of those concerned
	Approval  *stream.Hash
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
	w      *Workspace
	ledger stream.Ledger
}

// begin writes the intent of an action, and before it what its commitments stand
// for. Until it returns, the action takes no effect.
func (w *Workspace) begin(ctx context.Context, a Action) (*begun, error) {
	enrol, err := w.enrolment()
	if err != nil {
		return nil, err
	}
	ledger, err := w.ledger()
	if err != nil {
		return nil, err
	}
	openings := make(map[string]opening)
	commit := func(name string, value []byte) stream.Hash {
		salt := make([]byte, 32)
		rand.Read(salt)
		openings[name] = opening{salt, value}
		return commitment(salt, value)
	}
	var subjects []byte
	for _, d := range a.Subjects {
		subjects = append(subjects, d[:]...)
	}
	now := w.base.Now().UTC()
	intent, err := ledger.Entry(stream.EntryIntent, stream.Intent{Action: a.Kind, Count: stream.Int64(a.Count), Approval: a.Approval,
		Principal: commit("principal", []byte(a.Principal)), Object: commit("object", []byte(a.Object)), Reason: commit("reason", []byte(a.Reason)),
		Ticket: commit("ticket", []byte(a.Ticket)), Subjects: commit("subjects", subjects),
		Worker: ledger.Worker(), Time: now.Format(time.RFC3339Nano)})
	if err != nil {
		return nil, fmt.Errorf("intent: %w", err)
	}
	id, err := entryID(intent)
	if err != nil {
		return nil, err
	}
	if err := w.putOpenings(ctx, id, openings); err != nil {
		return nil, err
	}
	if err := w.base.Cluster.Append(ctx, w.base.Topics.Audit(), [][]byte{enrol, intent}); err != nil {
		return nil, err
	}
	return &begun{id: id, time: now, w: w, ledger: ledger}, nil
}

// commitment is what stands in an entry for a value.
func commitment(salt, value []byte) stream.Hash {
	h := hmac.New(sha256.New, salt)
	h.Write(value)
	return stream.Hash(h.Sum(nil))
}

func entryID(entry []byte) (string, error) {
	var e struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(entry, &e); err != nil {
		return "", fmt.Errorf("entry: %w", err)
	}
	return e.ID, nil
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

// tell writes an entry of the action.
func (b *begun) tell(ctx context.Context, kind string, body any) error {
	e, err := b.ledger.Entry(kind, body)
	if err != nil {
		return fmt.Errorf("entry %s: %w", kind, err)
	}
	return b.w.base.Cluster.Append(ctx, b.w.base.Topics.Audit(), [][]byte{e})
}

// end writes what became of the action. It does so also while the process is being
// stopped.
func (b *begun) end(ctx context.Context, result string, count int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return b.tell(ctx, stream.EntryOutcome, stream.Outcome{Of: b.id, Result: result, Count: stream.Int64(count),
		Worker: b.ledger.Worker(), Time: b.w.base.Now().UTC().Format(time.RFC3339Nano)})
}
