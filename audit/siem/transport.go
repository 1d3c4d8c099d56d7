package siem

import (
	"context"
	"log/slog"
	"time"
)

// Item is an event as it goes out. Body is the transport's to read until Send
// returns.
type Item struct {
	Event *Event
	Body  []byte // in the destination's format
}

// Sent is what a receiver said of a batch besides that it has it.
type Sent struct {
	Duplicates int // events that it had already
	Refused    int // events that it will never take, while it took others of the batch
}

// Transport brings batches of events to a receiver. One goroutine uses it.
type Transport interface {
	// Send returns once the receiver has said that it has the batch, or, where the
	// protocol has no such word, once the batch is handed over whole. After an error
	// the transport is closed, and the batch is sent again by a new one: receivers
	// may get events twice, and know them by their ids. An error holds no secret.
	Send(ctx context.Context, batch []Item) (Sent, error)
	// Close hands over what is still on its way, and frees what the transport holds.
	Close(ctx context.Context) error
}

// Env is what a transport may use of the process that it runs in.
type Env struct {
	Name      string // of the destination
	Workspace string
	Origin    string // of the log
	Format    Format
	Brokers   []string // of the workspace
	Log       *slog.Logger
	Now       func() time.Time
}

// Later is an error of a receiver that says when to try again.
type Later struct {
	Err   error
	After time.Duration
}

func (l *Later) Error() string { return l.Err.Error() }

// Unwrap gives the cause.
func (l *Later) Unwrap() error { return l.Err }
