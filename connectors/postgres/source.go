package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"lethe/connectors"
	"lethe/stream"
)

// retryFor is how long Read tries to get past a fault of the connection before
// it returns it.
const retryFor = time.Minute

// source is a database whose tables are read.
type source struct {
	set *settings
	log *slog.Logger
	lag func(float64)
	now func() time.Time

	owed func(float64) // rows given without some of their values

	mayBegin func(stream string) bool
	again    func(stream string) int64

	// flush is the LSN up to which the caller has made everything durable;
	// report wakes whoever tells the server.
	flush  atomic.Uint64
	report chan struct{}
}

func openSource(env connectors.Env, c connectors.Config) (stream.Source, error) {
	set, err := parse(env, c)
	if err != nil {
		return nil, err
	}
	s := &source{set: set, log: quiet(env.Log), lag: func(float64) {}, owed: func(float64) {}, now: env.Now, report: make(chan struct{}, 1), mayBegin: env.MayBegin, again: env.ReadAgain}
	if s.now == nil {
		s.now = time.Now
	}
	if env.Gauge != nil {
		s.lag = env.Gauge("postgres_slot_lag_bytes", "Bytes of the server's log that the replication slot holds back.")
		s.owed = env.Gauge("postgres_rows_owed", "Rows given under a new key that still lack large values that did not change.")
	}
	return s, nil
}

// Discover lists the selected tables.
func (s *source) Discover(ctx context.Context) ([]stream.Schema, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, s.set.connectFault(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	all, err := loadTables(ctx, conn)
	if err != nil {
		return nil, err
	}
	tables := s.set.selected(all)
	if err := complete(ctx, conn, tables); err != nil {
		return nil, err
	}
	types := newTypeMap(conn)
	var out []stream.Schema
	for _, t := range tables {
		sh, err := s.tableShape(ctx, types, t)
		if err != nil {
			return nil, err
		}
		out = append(out, sh.schema)
	}
	return out, nil
}

// tableShape is the shape of a table as the catalog has it.
func (s *source) tableShape(ctx context.Context, types *typeMap, t *table) (*shape, error) {
	sh := newShape(s.set.source, s.set.conn.Database, t.oid, t.schema, t.name)
	for _, c := range t.cols {
		if err := sh.add(ctx, types, c); err != nil {
			return nil, fmt.Errorf("columns of %s: %w", t, err)
		}
	}
	sh.setKey(t.keyNames())
	return sh, nil
}

// Read gives the changes after from. Faults of the connection are retried from
// the last position that was given: nothing is given twice.
func (s *source) Read(ctx context.Context, from stream.Position, emit func(stream.Batch) error) error {
	pos, err := parsePosition(from)
	if err != nil {
		return err
	}
	var since time.Time
	pause := 50 * time.Millisecond
	for {
		reached, err := s.readFrom(ctx, pos, emit)
		var refused *emitError
		switch {
		case errors.As(err, &refused):
			return refused.err
		case ctx.Err() != nil:
			return ctx.Err()
		case !transient(err):
			return err
		}
		if since.IsZero() || reached.label() != pos.label() {
			since, pause = s.now(), 50*time.Millisecond
		}
		pos = reached
		if s.now().Sub(since) > retryFor {
			return err
		}
		s.log.Warn("the connection is opened again", "source", s.set.source, "position", pos.label(), "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, 5*time.Second)
	}
}

// emitError is what the caller's emit returned.
type emitError struct{ err error }

func (e *emitError) Error() string { return e.err.Error() }

// transient reports whether trying again may help.
func transient(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// 55006: the slot is still held by a connection that just died.
		// 57P: the server stops or starts. 53300: too many connections.
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P") ||
			pg.Code == "55006" || pg.Code == "53300" || pg.Code == "40001"
	}
	var f *stream.Fault
	if errors.As(err, &f) {
		return false
	}
	var netErr net.Error
	return errors.As(err, &netErr) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, errAltered) || errors.Is(err, errEnded) || errors.Is(err, errSideLost) || errors.Is(err, net.ErrClosed)
}

// Commit lets the slot move on to p.
func (s *source) Commit(_ context.Context, p stream.Position) error {
	pos, err := parsePosition(p)
	if err != nil {
		return err
	}
	s.durable(&pos)
	return nil
}

// durable notes that everything before pos is. The server is told by whoever
// holds the connection, now or in the next Read.
func (s *source) durable(pos *position) {
	lsn := uint64(pos.start())
	for {
		old := s.flush.Load()
		if lsn <= old {
			return
		}
		if s.flush.CompareAndSwap(old, lsn) {
			signal(s.report)
			return
		}
	}
}

// Close frees nothing: connections live as long as the call that opened them.
func (s *source) Close() error { return nil }

// connect opens a connection under the session settings.
func (s *source) connect(ctx context.Context) (*pgconn.PgConn, error) {
	return dial(ctx, s.set.conn.Copy())
}

// connectReplication opens one that speaks the replication protocol.
func (s *source) connectReplication(ctx context.Context) (*pgconn.PgConn, error) {
	c := s.set.conn.Copy()
	c.RuntimeParams["replication"] = "database"
	return dial(ctx, c)
}

func dial(ctx context.Context, c *pgconn.Config) (*pgconn.PgConn, error) {
	conn, err := pgconn.ConnectConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return conn, nil
}
