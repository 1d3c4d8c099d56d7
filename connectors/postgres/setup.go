package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"lethe/stream"
)

// prepare makes the publications and the slot as far as they are missing, in
// this order: a publication that is younger than the slot does not exist for
// the log before it. It returns the publications to read by.
func (ses *session) prepare(ctx context.Context, pos *position) (string, error) {
	s := ses.set
	f, err := s.loadFacts(ctx, ses.side)
	if err != nil {
		return "", err
	}
	ses.leaveWaiting(f, pos)
	if err := errors.Join(asErrors(s.serverFaults(f), s.tableFaults(f), s.publicationFaults(f), s.slotFaults(f))...); err != nil {
		return "", err
	}
	s.warn(ses.log, f)
	made := false
	if s.create {
		if made, err = ses.publish(ctx, f); err != nil {
			return "", err
		}
		if err := f.loadPublications(ctx, ses.side); err != nil {
			return "", err
		}
	}
	if err := ses.slot(ctx, f, pos, made); err != nil {
		return "", err
	}
	if err := ses.brought(ctx, f, pos.Snapshot.Known); err != nil {
		return "", err
	}
	if err := errors.Join(asErrors(ses.unreadable(&pos.Snapshot, f))...); err != nil {
		return "", err
	}
	ses.tables = f.selected
	ses.void = ses.reconcile(&pos.Snapshot, f)
	return f.ours(s), nil
}

// leaveWaiting takes the tables that were never begun and may not be out of the
// selected ones: their snapshot begins once they may, and has all rows. Without
// snapshots nothing can wait: the log goes on.
func (ses *session) leaveWaiting(f *facts, pos *position) {
	s := ses.set
	f.selected = slices.DeleteFunc(f.selected, func(t *table) bool {
		name := s.stream(t)
		if !s.snapshot || ses.mayBegin(name) || ses.begun(f, pos, t) {
			return false
		}
		ses.told = append(ses.told, t.oid)
		ses.log.Warn("a table waits, unread, until somebody decided about its columns", "stream", name,
			"next", "lethe discover, read its contract, and start run again")
		return true
	})
}

// begun reports whether anything of a table may have been given: its changes are
// given from the moment on at which it is published.
func (ses *session) begun(f *facts, pos *position, t *table) bool {
	if pos.System == "" {
		return false
	}
	for _, name := range []string{ses.set.publication, ses.set.inserts} {
		if p := f.publications[name]; ses.set.create && p != nil && p.tables[t.String()] {
			return true
		}
	}
	return pos.Snapshot.done(t.oid) || pos.Snapshot.part(t.oid) != nil
}

// publish brings both publications to the tables that they are to name. made
// says that one of them is new.
func (ses *session) publish(ctx context.Context, f *facts) (made bool, err error) {
	s := ses.set
	full, inserts := f.wants()
	plan := []struct {
		name, ops string
		want      []*table
	}{{s.publication, allChanges, full}, {s.inserts, noUpdates, inserts}}
	for _, p := range plan {
		have := f.publications[p.name]
		if have == nil || have.viaTop && have.operations() == p.ops {
			continue
		}
		if err := ses.alter(ctx, "ALTER PUBLICATION "+quoteIdent(p.name)+" SET (publish = '"+p.ops+"', publish_via_partition_root = true)"); err != nil {
			return made, err
		}
		if err := f.loadPublications(ctx, ses.side); err != nil {
			return made, err
		}
	}
	// A table that moves from one to the other leaves first: in both it would be
	// published by the wider one.
	for _, p := range plan {
		have := f.publications[p.name]
		if have == nil || have.all {
			continue
		}
		for name := range have.tables {
			if slices.ContainsFunc(p.want, func(t *table) bool { return t.String() == name }) {
				continue
			}
			if err := ses.alter(ctx, "ALTER PUBLICATION "+quoteIdent(p.name)+" DROP TABLE "+f.identifier(name)); err != nil {
				return made, err
			}
		}
	}
	for _, p := range plan {
		have := f.publications[p.name]
		var missing []string
		for _, t := range p.want {
			if have == nil || !have.tables[t.String()] {
				missing = append(missing, "ONLY "+quoteIdent(t.schema, t.name))
			}
		}
		sql := "ALTER PUBLICATION " + quoteIdent(p.name) + " ADD TABLE " + strings.Join(missing, ", ")
		switch {
		case have == nil:
			sql = createPublication(p.name, p.ops, missing)
			made = true
			f.publications[p.name] = &publication{name: p.name}
		case len(missing) == 0:
			continue
		}
		if err := ses.alter(ctx, sql); err != nil {
			return made, err
		}
	}
	return made, nil
}

// What publications publish: of tables whose rows cannot be named no updates and
// deletes, since the server would refuse them to everybody.
const (
	allChanges = "insert, update, delete, truncate"
	noUpdates  = "insert, truncate"
)

func createPublication(name, ops string, tables []string) string {
	sql := "CREATE PUBLICATION " + quoteIdent(name)
	if len(tables) > 0 {
		sql += " FOR TABLE " + strings.Join(tables, ", ")
	}
	return sql + " WITH (publish = '" + ops + "', publish_via_partition_root = true)"
}

// identifier quotes a table that is known as schema.table.
func (f *facts) identifier(name string) string {
	for _, t := range f.tables {
		if t.String() == name {
			return "ONLY " + quoteIdent(t.schema, t.name)
		}
	}
	schema, table, _ := strings.Cut(name, ".")
	return "ONLY " + quoteIdent(schema, table)
}

// publicationGone says what to do where the log tells of a change at a time when
// there was no publication: the server cannot decode it, and would say so for ever.
func (s *settings) publicationGone(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != undefinedObject {
		return err
	}
	return &stream.Fault{Code: "postgres.publication_gone", Path: s.place(), Exit: stream.ExitEnvironment,
		Msg:  "a publication was dropped while changes waited, and the server cannot give them without it: " + pg.Message,
		Hint: "SELECT pg_drop_replication_slot(" + quoteText(s.slot) + ");  -- then set " + s.place() + ".resnapshot: true, and it is read from the beginning"}
}

const undefinedObject = "42704"

func (ses *session) alter(ctx context.Context, sql string) error {
	_, err := ses.query(ctx, sql)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42501" {
		return &stream.Fault{Code: "postgres.create_right", Path: ses.set.place(), Exit: stream.ExitEnvironment,
			Msg:  "the role may not make the publication: " + pg.Message,
			Hint: "let an owner of the tables run this, and set create: false\n" + sql + ";"}
	}
	if err != nil {
		return fmt.Errorf("publication: %w", err)
	}
	return nil
}

// slot finds the slot or makes it, and takes the place from which to read.
func (ses *session) slot(ctx context.Context, f *facts, pos *position, published bool) error {
	s := ses.set
	fresh := pos.System == ""
	if s.resnapshot && f.lost(pos) {
		ses.log.Warn("changes are lost: reading begins again with a snapshot", "source", s.source, "position", pos.label())
		if f.slot != nil && f.slot.status == "lost" {
			if _, err := ses.query(ctx, "SELECT pg_drop_replication_slot($1)", s.slot); err != nil {
				return fmt.Errorf("replication slot %s: %w", s.slot, err)
			}
			f.slot = nil
		}
		// All seqs to come are higher than all that were given.
		*pos, fresh = position{Version: pos.Version, Incarnation: pos.Incarnation + 1, Snapshot: pos.Snapshot.anew()}, true
	}
	switch {
	case f.slot == nil && !fresh:
		return &stream.Fault{Code: "postgres.slot_missing", Path: s.place(), Exit: stream.ExitEnvironment,
			Msg:  fmt.Sprintf("the replication slot %s is gone, and with it the changes since %s", s.slot, pos.start()),
			Hint: s.anew() + s.formerly(), Final: true}
	case f.slot == nil:
		ses.log.Info("making a replication slot; it waits for transactions that are running", "source", s.source, "slot", s.slot)
		if _, err := ses.query(ctx, "SELECT pg_create_logical_replication_slot($1, 'pgoutput')", s.slot); err != nil {
			return fmt.Errorf("replication slot %s: %w", s.slot, err)
		}
	case fresh && published && f.slot.activePID == "":
		// Nothing was read yet, and the log behind the slot does not know the
		// publication.
		if _, err := ses.query(ctx, "SELECT pg_replication_slot_advance($1, pg_current_wal_lsn())", s.slot); err != nil {
			return fmt.Errorf("replication slot %s: %w", s.slot, err)
		}
	}
	now, err := s.loadSlot(ctx, ses.side)
	if err != nil {
		return fmt.Errorf("replication slot %s: %w", s.slot, err)
	}
	if now == nil {
		return fmt.Errorf("replication slot %s: dropped by somebody a moment ago", s.slot)
	}
	if fresh {
		pos.Commit, pos.End = now.confirmed, now.confirmed
		return nil
	}
	if now.confirmed > pos.start() {
		return &stream.Fault{Code: "postgres.slot_ahead", Path: s.place(), Exit: stream.ExitEnvironment,
			Msg:  fmt.Sprintf("the replication slot %s is at %s, beyond %s where reading ended: the changes between are gone", s.slot, now.confirmed, pos.start()),
			Hint: "somebody else reads from the slot (a copy of this folder?), or it was made again: stop the other, and\n" + s.anew(), Final: true}
	}
	return nil
}

// anew says how a source is read from its beginning under its own name.
func (s *settings) anew() string {
	return "write resnapshot: true below " + s.place() + " in lethe.yaml, and it is read from the beginning: rows deleted meanwhile" +
		"\nstay in the lake, and those of tables without a key are there twice; take it out again afterwards"
}

// lost reports whether the slot cannot give the changes after pos any more.
func (f *facts) lost(pos *position) bool {
	if f.slot != nil && f.slot.status == "lost" {
		return true
	}
	return pos.System != "" && (f.slot == nil || f.slot.confirmed > pos.start())
}
