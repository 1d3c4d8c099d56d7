package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"

	"lethe/stream"
)

// session is one run of reading: its connections and what it found on the
// server when it began.
type session struct {
	*source
	mu      sync.Mutex // guards side
	side    *pgconn.PgConn
	types   *typeMap // uses side
	tables  []*table // selected, with columns
	system  pglogrepl.IdentifySystemResult
	void    []stream.Void // snapshots that will not be finished
	told    []uint32      // tables of which the log tells that they are not read
	known   []known       // what is known of the streams since reading began
	altered chan error    // that it is so no more
	look    chan struct{} // wakes whoever watches the tables
}

// readFrom reads until something goes wrong and says how far it gave records.
func (s *source) readFrom(ctx context.Context, pos position, emit func(stream.Batch) error) (position, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	side, err := s.connect(ctx)
	if err != nil {
		return pos, err
	}
	ses := &session{source: s, side: side, types: newTypeMap(side), altered: make(chan error, 1), look: make(chan struct{}, 1)}
	defer ses.close()
	publications, err := ses.prepare(ctx, &pos)
	if err != nil {
		return pos, err
	}
	l, err := ses.stream(ctx, &pos, publications)
	if err != nil {
		return pos, err
	}
	defer l.close()
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	wait.Go(func() { ses.watchLag(ctx) })
	f := newFeed(ses, l, pos, emit)
	defer f.close()
	err = f.run(ctx)
	if err != nil && ctx.Err() == nil && ses.lost() {
		err = fmt.Errorf("%w: %w", errSideLost, err)
	}
	return f.given, ses.set.publicationGone(err)
}

// errSideLost says that the connection for questions is gone.
var errSideLost = errors.New("connection lost")

// stream opens the replication connection and begins at pos.
func (ses *session) stream(ctx context.Context, pos *position, publications string) (*line, error) {
	conn, err := ses.connectReplication(ctx)
	if err != nil {
		return nil, err
	}
	l, err := ses.begin(ctx, conn, pos, publications)
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return l, nil
}

func (ses *session) begin(ctx context.Context, conn *pgconn.PgConn, pos *position, publications string) (*line, error) {
	var err error
	if ses.system, err = pglogrepl.IdentifySystem(ctx, conn); err != nil {
		return nil, fmt.Errorf("identify system: %w", err)
	}
	if err := ses.sameServer(pos); err != nil {
		return nil, err
	}
	ses.durable(pos)
	return ses.openLine(ctx, conn, publications, pos.start())
}

// sameServer compares the server with the one that the position is of, and
// raises the incarnation after a failover.
func (ses *session) sameServer(pos *position) error {
	sys := ses.system
	path := ses.set.source
	switch {
	case pos.System == "":
		pos.System, pos.Timeline = sys.SystemID, sys.Timeline
	case pos.System != sys.SystemID:
		return &stream.Fault{Code: "postgres.other_server", Path: path, Exit: stream.ExitEnvironment,
			Msg:  "this is another database cluster than the one that was read before",
			Hint: "correct url, or give the source a new name: it is then read from the beginning", Final: true}
	case sys.Timeline < pos.Timeline || sys.XLogPos < pos.start():
		return &stream.Fault{Code: "postgres.server_behind", Path: path, Exit: stream.ExitEnvironment,
			Msg:  fmt.Sprintf("the server is at %s of timeline %d, behind %s of timeline %d that was read before: it was restored or failed over to a stale copy", sys.XLogPos, sys.Timeline, pos.start(), pos.Timeline),
			Hint: "connect to the server that has all changes, or give the source a new name: it is then read from the beginning"}
	case sys.Timeline > pos.Timeline:
		pos.Timeline = sys.Timeline
		pos.Incarnation++
		ses.log.Warn("the server failed over", "source", path, "timeline", sys.Timeline, "incarnation", pos.Incarnation)
	}
	return nil
}

// statusInterval is how often the server hears from us: well within
// wal_sender_timeout, after which it would hang up.
func (ses *session) statusInterval(ctx context.Context) time.Duration {
	every := 10 * time.Second
	rows, err := ses.query(ctx, "SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout'")
	if err != nil || len(rows) == 0 {
		return every
	}
	if ms, _ := strconv.Atoi(rows[0][0]); ms > 0 {
		every = min(every, time.Duration(ms)*time.Millisecond/4)
	}
	return max(every, 10*time.Millisecond)
}

// lost reports whether the side connection is gone.
func (ses *session) lost() bool {
	ses.mu.Lock()
	defer ses.mu.Unlock()
	return ses.side.IsClosed()
}

// query asks the side connection.
func (ses *session) query(ctx context.Context, sql string, args ...string) ([][]string, error) {
	ses.mu.Lock()
	defer ses.mu.Unlock()
	return query(ctx, ses.side, sql, args...)
}

// watchLag measures what the slot holds back.
func (ses *session) watchLag(ctx context.Context) {
	tick := time.NewTicker(min(max(ses.set.heartbeat, time.Second), 10*time.Second))
	defer tick.Stop()
	waits := false
	for {
		looked := ses.now()
		ses.watchTables(ctx)
		rows, err := ses.query(ctx, `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn), coalesce(r.sync_state, 'async')
			FROM pg_replication_slots s LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid WHERE s.slot_name = $1`, ses.set.slot)
		if err == nil && len(rows) > 0 {
			if state := rows[0][1]; state != "async" && !waits {
				ses.log.Warn("synchronous_standby_names makes commits wait until lethe has stored them", "source", ses.set.source, "sync_state", state,
					"next", "name the server's own standbys in synchronous_standby_names: lethe is refused there at its next start")
			}
			waits = rows[0][1] != "async"
			if v, err := strconv.ParseFloat(rows[0][0], 64); err == nil {
				ses.lag(v)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-ses.look:
			select { // many tables change at once
			case <-ctx.Done():
				return
			case <-time.After(looked.Add(time.Second).Sub(ses.now())):
			}
		}
	}
}

// knows reports whether a table was selected when reading began.
func (ses *session) knows(oid uint32) bool {
	return slices.ContainsFunc(ses.tables, func(k *table) bool { return k.oid == oid })
}

// renamed tells of a table that streams selected until it was renamed.
func (ses *session) renamed(m *relationMessage) {
	if ses.knows(m.table) && !slices.Contains(ses.told, m.table) {
		ses.told = append(ses.told, m.table)
		ses.log.Warn("a table has a name now that streams does not select: its changes are not read any more", "stream", ses.set.source+"."+m.schema+"."+m.name,
			"next", "add the name to streams in lethe.yaml, then lethe discover, and start run again")
	}
}

// relation is the shape that a relation message describes. What the message
// does not say (nullability, and the primary key where the replica identity is
// not the key) is asked of the catalog as it is now.
func (ses *session) relation(ctx context.Context, m *relationMessage) (*shape, error) {
	ses.mu.Lock()
	defer ses.mu.Unlock()
	sh := newShape(ses.set.source, ses.set.conn.Database, m.table, m.schema, m.name)
	switch {
	case !ses.set.selects(m.schema, m.name):
		ses.renamed(m)
	default:
		// A publication of the user's may have tables that wait.
		sh.published = !ses.set.snapshot || ses.knows(m.table) || ses.mayBegin(sh.stream)
	}
	now, err := loadTable(ctx, ses.side, m.table)
	if err != nil {
		return nil, err
	}
	if now == nil {
		now = &table{}
	}
	sh.full = m.identity == 'f' && (now.kind != "p" || now.whole)
	var flagged []string
	for _, c := range m.cols {
		column := tableColumn{name: c.name, typ: c.typ, mod: c.typeMod}
		if i := slices.IndexFunc(now.cols, func(n tableColumn) bool { return n.name == c.name && n.typ == c.typ }); i >= 0 {
			column.notNull, column.physical = now.cols[i].notNull, now.cols[i].physical
		}
		if err := sh.add(ctx, ses.types, column); err != nil {
			return nil, fmt.Errorf("columns of %s: %w", sh.stream, err)
		}
		sh.identity = append(sh.identity, c.key)
		if c.key {
			flagged = append(flagged, c.name)
		}
	}
	if m.identity == 'd' || m.identity == 'i' {
		sh.setKey(flagged)
		return sh, nil
	}
	switch ok := sh.setKey(now.keyNames()) || sh.keyByPlace(now); {
	case ok && !sh.full:
		// The leaves give the key of a row that was: the table only says that it is the whole row.
		for i := range sh.identity {
			sh.identity[i] = slices.Contains(sh.key, i)
		}
	case !ok:
		return nil, &stream.Fault{Code: "postgres.key_changed", Path: sh.stream, Exit: stream.ExitEnvironment,
			Msg:  "the table's primary key was changed while changes made before were still to be read",
			Hint: "give the source a new name: it is then read from the beginning", Final: true}
	}
	return sh, nil
}

// keyByPlace finds the key of a table whose columns were renamed since: the
// columns are the same by number and type.
func (sh *shape) keyByPlace(now *table) bool {
	if len(now.cols) != len(sh.cols) {
		return false
	}
	var names []string
	for i, c := range now.cols {
		if slices.Contains(now.keyOrder, c.attnum) {
			names = append(names, sh.cols[i].name)
		}
	}
	return sh.setKey(names)
}

func (ses *session) close() {
	ses.mu.Lock()
	defer ses.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	ses.side.Close(ctx)
}
