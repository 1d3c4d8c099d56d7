package siem

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
)

// Cursor remembers how far a destination has come: the audit offset from which on its
// receiver does not have the entries.
type Cursor interface {
	// Load gives 0 for a destination that was never sent anything.
	Load(ctx context.Context) (offset int64, err error)
	// Store is durable when it returns.
	Store(ctx context.Context, offset int64) error
}

// Destination is a SIEM and what it may have.
type Destination struct {
	Name   string
	View   View
	Format Format
	// Least leaves out events of less severity.
	Least Severity
	// Open makes the transport; it may connect at the first batch only.
	Open func(context.Context) (Transport, error)
	// Most is how many events go out together, in at most Bytes; 500 in 512 KiB if 0.
	Most, Bytes int
}

// Config is what an Exporter needs. All fields are needed but Behind and Poll.
type Config struct {
	Destination Destination
	Dir         string // of the log
	Verifier    note.Verifier
	Cursor      Cursor
	Log         *slog.Logger
	Now         func() time.Time
	// Behind tells since when entries wait for a checkpoint; zero if none do. An alert
	// goes out when that is long.
	Behind func() time.Time
	// Poll is how often the log is looked at; 250 ms if 0.
	Poll time.Duration
}

// Exporter carries what stands in the log to one destination, at least once and in
// order. Whatever its receiver does, nobody waits for it. Status may be called at any
// time, by anyone.
type Exporter struct {
	cfg Config

	wake chan struct{} // looks at the log now

	mu     sync.Mutex
	status Status
	next   int64                // leaf; 0 until Ready
	alerts map[Action]time.Time // that went out, and for which time
}

// Status is how far an exporter is.
type Status struct {
	Name       string
	Ready      bool  // whether it has read where it stands
	Waiting    int64 // leaves under the checkpoint that the receiver does not have
	Sent       int64 // events that the receiver has, since the process began; so are the next ones
	Duplicates int64
	Refused    int64
	Failed     int64     // attempts to send
	Oldest     time.Time // when the oldest waiting event was first seen here; zero for none
	Since      time.Time // when the first of the attempts failed that failed since one succeeded; zero for none
}

// How batches are bounded, and how long pauses are.
const (
	most         = 500
	largestBatch = 512 << 10
	poll         = 250 * time.Millisecond
	shortest     = 200 * time.Millisecond
	longest      = 30 * time.Second
	sendWithin   = 60 * time.Second
	closeWithin  = 5 * time.Second
	staleAfter   = 10 * time.Minute
	alertEvery   = time.Hour
)

// NewExporter makes an exporter, which Run runs.
func NewExporter(cfg Config) (*Exporter, error) {
	if cfg.Dir == "" || cfg.Verifier == nil || cfg.Cursor == nil || cfg.Log == nil || cfg.Now == nil || cfg.Destination.Open == nil || cfg.Destination.Format.Append == nil {
		return nil, errors.New("siem: log, verifier, cursor, clock, format and transport are needed")
	}
	cfg.Destination.Most = cmp.Or(cfg.Destination.Most, most)
	cfg.Destination.Bytes = cmp.Or(cfg.Destination.Bytes, largestBatch)
	cfg.Poll = cmp.Or(cfg.Poll, poll)
	return &Exporter{cfg: cfg, wake: make(chan struct{}, 1), status: Status{Name: cfg.Destination.Name}}, nil
}

// Status tells how far it is.
func (x *Exporter) Status() Status {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.status
}

func (x *Exporter) tell(change func(*Status)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change(&x.status)
}

// Run exports until ctx ends. What fails is tried again with growing pauses, from
// what the receiver last had.
func (x *Exporter) Run(ctx context.Context) {
	pause := shortest
	for ctx.Err() == nil {
		sent := x.Status().Sent
		err := x.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if x.Status().Sent > sent {
			pause = shortest
		}
		x.tell(func(s *Status) {
			s.Failed++
			if s.Since.IsZero() {
				s.Since = x.cfg.Now()
			}
		})
		wait := pause
		var later *Later
		if errors.As(err, &later) {
			wait = min(max(wait, later.After), 10*longest)
		}
		x.cfg.Log.Error("siem: events wait, trying again", "destination", x.cfg.Destination.Name, "error", err.Error(), "pause", wait.String())
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		pause = min(2*pause, longest)
	}
}

// Drained waits until the receiver has everything that is under a checkpoint now, or
// ctx ends.
func (x *Exporter) Drained(ctx context.Context) error {
	r, err := audit.OpenReader(x.cfg.Dir, x.cfg.Verifier)
	if err != nil {
		return err
	}
	for {
		left := r.Size()
		x.mu.Lock()
		if x.status.Ready {
			left -= x.next
		}
		x.mu.Unlock()
		if left <= 0 {
			return nil
		}
		select {
		case x.wake <- struct{}{}: // it need not wait for its time
		default:
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d events wait: %w", left, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Warn sends an alert by a transport of its own. It may be called whether Run runs or not.
func (x *Exporter) Warn(ctx context.Context, a Action, sev Severity) error {
	to, err := x.cfg.Destination.Open(ctx)
	if err != nil {
		return err
	}
	err = (&session{Exporter: x, to: to}).alert(ctx, a, sev)
	return errors.Join(err, closed(ctx, to))
}

// closed ends a transport, also when its context has ended.
func closed(ctx context.Context, to Transport) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	return to.Close(ctx)
}

// session exports by one transport, until something fails.
func (x *Exporter) session(ctx context.Context) (err error) {
	s := &session{Exporter: x}
	openErr := s.open(ctx) // first: what waits is told whether there is a receiver or not
	to, err := x.cfg.Destination.Open(ctx)
	if err != nil {
		return errors.Join(err, openErr)
	}
	s.to = to
	defer func() {
		if cerr := closed(ctx, to); err == nil {
			err = cerr
		}
	}()
	if openErr != nil {
		return s.damaged(ctx, openErr)
	}
	for {
		if err := s.forward(ctx); err != nil {
			return s.damaged(ctx, err)
		}
		if err := s.stale(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(x.cfg.Poll):
		case <-x.wake:
		}
		if err := s.log.Refresh(); err != nil {
			return s.damaged(ctx, err)
		}
	}
}
