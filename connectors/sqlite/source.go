package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"lethe/connectors"
	"lethe/stream"
)

// Source reads one SQLite database. It implements [stream.Source].
type Source struct {
	env connectors.Env
	set settings

	// committed is the number of the last batch that is durable downstream.
	// Commit sets it while Read runs; Read forgets what lies before it.
	committed atomic.Uint64

	complete func(float64) // metric
}

var _ stream.Source = (*Source)(nil)

// Check opens the database and the state, and holds the options against the
// tables.
func (s *Source) Check(ctx context.Context) error {
	var faults []error
	if _, err := s.tables(ctx); err != nil {
		faults = append(faults, err)
	}
	st, err := openState(s.env.StateDir)
	if err != nil {
		faults = append(faults, err)
	}
	_ = st.close()
	return errors.Join(faults...)
}

// Discover lists the selected tables.
func (s *Source) Discover(ctx context.Context) ([]stream.Schema, error) {
	tables, err := s.tables(ctx)
	if err != nil {
		return nil, err
	}
	schemas := make([]stream.Schema, len(tables))
	for i, t := range tables {
		schemas[i] = t.schema()
	}
	return schemas, nil
}

// tables reads the catalog once.
func (s *Source) tables(ctx context.Context) ([]*table, error) {
	db, err := openDatabase(ctx, s.env.Name, s.set.path, s.env.Now)
	if err != nil {
		return nil, err
	}
	defer db.close()
	if err := db.begin(ctx); err != nil {
		return nil, err
	}
	defer db.end()
	// The options are held against all tables, so that the hint can name them.
	every := s.set
	every.tables = nil
	all, err := db.catalog(ctx, s.env.Name, every)
	if err != nil {
		return nil, err
	}
	if faults := s.set.fit(s.env.Name, all); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	var tables []*table
	for _, t := range all {
		if s.set.selects(t.name) {
			tables = append(tables, t)
		}
	}
	return tables, nil
}

// Read polls until ctx ends.
func (s *Source) Read(ctx context.Context, from stream.Position, emit func(stream.Batch) error) error {
	if _, err := s.tables(ctx); err != nil {
		return err
	}
	r, err := s.open(ctx, from, emit)
	if err != nil {
		return err
	}
	defer r.close()
	for {
		err := r.poll(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errMoved):
			continue
		case busy(err):
			s.env.Log.Warn("poll again later: the database is locked", "source", s.env.Name)
		case err != nil:
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(s.set.poll):
		}
	}
}

// open begins a Read: database, state, and the state brought to the position.
func (s *Source) open(ctx context.Context, from stream.Position, emit func(stream.Batch) error) (*reader, error) {
	at, err := parsePlace(from)
	if err != nil {
		return nil, err
	}
	key, err := s.env.Secret("sqlite-state")
	if err != nil {
		return nil, fmt.Errorf("key of the state: %w", err)
	}
	r := &reader{source: s, emit: emit, at: at, digests: newDigester(key), told: map[string]string{}, warned: map[string]bool{}}
	if r.st, err = openState(s.env.StateDir); err != nil {
		return nil, err
	}
	given := r.st.given()
	for t := range r.at.Tables {
		given[s.env.Name+".main."+t] = true
	}
	r.given = given
	lost := max(r.at.Incarnation, r.st.incarnation)
	if r.again, err = r.st.rewind(&r.at); err != nil {
		r.close()
		return nil, err
	}
	if r.again {
		s.env.Log.Warn("the state does not lead back to the position: every row is given again", "source", s.env.Name, "incarnation", r.at.Incarnation)
		for _, name := range slices.Sorted(maps.Keys(given)) {
			r.void = append(r.void, stream.Void{Stream: name, Snapshot: fmt.Sprintf("incarnation %d", lost)})
		}
	}
	s.committed.Store(0)
	if r.db, err = openDatabase(ctx, s.env.Name, s.set.path, s.env.Now); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// Commit lets the source forget how to undo what lies before p.
func (s *Source) Commit(_ context.Context, p stream.Position) error {
	var at place
	if p.IsZero() {
		return nil
	}
	if err := json.Unmarshal(p.State, &at); err != nil {
		return fmt.Errorf("commit %q: its state is not one of this connector", p.Label)
	}
	for {
		old := s.committed.Load()
		if at.N <= old || s.committed.CompareAndSwap(old, at.N) {
			return nil
		}
	}
}

// Close has nothing left to do: Read closes what it opens.
func (s *Source) Close() error { return nil }
