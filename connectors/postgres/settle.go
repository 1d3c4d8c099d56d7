package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	roundBytes = 4 << 20               // a round ends early when it has read so much
	roundEvery = 20 * time.Millisecond // rounds begin at most so often
	roundPause = time.Second           // after one that could not be read
)

// round is one reading of rows that are owed, all of one table.
type round struct {
	mark  string
	table uint32
	shape *shape              // nil if the table is gone
	rows  map[string][]column // by shape.rowID; nil where there is no such row
}

// ask reads rows that are owed and writes the message behind which they are
// given. It never waits for a transaction to become visible: that may take as
// long as a standby takes, and the standby may be waiting for us.
func (f *feed) ask(ctx context.Context) error {
	d := &f.debts
	if len(d.rows) == 0 {
		d.since = time.Time{}
	}
	if len(d.rows) == 0 || d.round != nil || f.inTx || time.Now().Before(d.next) {
		return nil
	}
	d.next = time.Now().Add(roundEvery)
	f.ses.mu.Lock()
	defer f.ses.mu.Unlock()
	r, err := f.ses.readOwed(ctx, d)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && !f.ses.side.IsClosed() {
		// Somebody is altering the table, or took a right away.
		f.ses.log.Warn("rows that got another key cannot be read now", "source", f.ses.set.source, "error", err)
		d.next = time.Now().Add(roundPause)
		_, err = query(ctx, f.ses.side, "ROLLBACK")
	}
	switch {
	case err != nil:
		return fmt.Errorf("read rows that got another key: %w", err)
	case r == nil:
		if d.since.IsZero() {
			d.since = time.Now()
		}
		return nil
	}
	d.since = time.Time{}
	r.mark = f.ses.set.slot + " " + rand.Text() + " owed"
	if _, err := query(ctx, f.ses.side, "SELECT pg_logical_emit_message(true, $1, $2)", watermarkPrefix, r.mark); err != nil {
		return fmt.Errorf("watermark: %w", err)
	}
	d.round = r
	return nil
}

// readOwed reads rows of one table in one snapshot, of those whose last change
// it shows. It returns nil if there is none.
func (ses *session) readOwed(ctx context.Context, d *debts) (*round, error) {
	shows, err := ses.visible(ctx)
	if err != nil {
		return nil, err
	}
	seen := func(o owedRow) bool { return shows.shows(o.XID) }
	table, found := d.nextTable(seen)
	if !found {
		return nil, nil
	}
	d.last = table // also if it cannot be read: then it is another's turn
	r := &round{table: table, rows: map[string][]column{}}
	t, err := ses.beginOwed(ctx, r)
	if err != nil {
		return nil, err
	}
	size := 0
	for id, o := range d.rows {
		if o.Table != r.table || !seen(o) || size > roundBytes {
			continue
		}
		r.rows[id] = nil
		if t == nil || len(o.Key) != len(t.keyOrder) {
			continue // dropped, or another key: its changes tell
		}
		row, n, err := ses.owedRow(ctx, t, o.Key)
		if err != nil {
			return nil, err
		}
		r.rows[id] = row
		size += n
	}
	_, err = query(ctx, ses.side, "COMMIT")
	return r, err
}

// nextTable is a table that owes a row which is seen: the first after that of the
// last round, or the very first where none comes after it.
func (d *debts) nextTable(seen func(owedRow) bool) (table uint32, found bool) {
	var tables []uint32
	for _, o := range d.rows {
		if seen(o) {
			tables = append(tables, o.Table)
		}
	}
	if len(tables) == 0 {
		return 0, false
	}
	slices.Sort(tables)
	if i := slices.IndexFunc(tables, func(t uint32) bool { return t > d.last }); i >= 0 {
		return tables[i], true
	}
	return tables[0], true
}

// visible is what a snapshot shows now; later ones show it too.
func (ses *session) visible(ctx context.Context) (visibility, error) {
	rows, err := query(ctx, ses.side, "SELECT pg_current_snapshot()")
	if err != nil {
		return visibility{}, err
	}
	return parseVisibility(rows[0][0])
}

// beginOwed opens a transaction with the round's table locked, so that the
// catalog and the rows agree on its columns. It returns nil if the table is gone,
// or has a name by now that streams does not select.
func (ses *session) beginOwed(ctx context.Context, r *round) (*table, error) {
	now, err := loadTable(ctx, ses.side, r.table)
	if err != nil || now == nil {
		return nil, err
	}
	for _, sql := range []string{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "SET LOCAL lock_timeout = '100ms'",
		"LOCK TABLE ONLY " + quoteIdent(now.schema, now.name) + " IN ACCESS SHARE MODE"} {
		if _, err := query(ctx, ses.side, sql); err != nil {
			return nil, err
		}
	}
	t, err := loadTable(ctx, ses.side, r.table)
	if err != nil || t == nil || !t.hasKey() || !ses.set.selects(t.schema, t.name) {
		return nil, err
	}
	if err := loadOperators(ctx, ses.side, t); err != nil {
		return nil, err
	}
	r.shape, err = ses.tableShape(ctx, ses.types, t)
	return t, err
}

// owedRow reads one row by its key, nil if there is none, and says how large it
// is.
func (ses *session) owedRow(ctx context.Context, t *table, key []string) (row []column, size int, err error) {
	var cols, where []string
	var params [][]byte
	for _, c := range t.cols {
		cols = append(cols, quoteIdent(c.name))
		if slices.Contains(t.keyOrder, c.attnum) {
			where = append(where, fmt.Sprintf("%s %s $%d::%s", quoteIdent(c.name), c.equal, len(params)+1, c.typeName))
			params = append(params, []byte(key[len(params)]))
		}
	}
	sql := "SELECT " + strings.Join(cols, ", ") + " FROM " + t.sql() + " WHERE " + strings.Join(where, " AND ")
	res := ses.side.ExecParams(ctx, sql, params, nil, nil, nil).Read()
	if res.Err != nil {
		return nil, 0, withoutValues(res.Err)
	}
	if len(res.Rows) == 0 {
		return nil, 0, nil
	}
	for _, v := range res.Rows[0] {
		c := column{state: colText, text: v}
		if v == nil {
			c.state = colNull
		}
		row = append(row, c)
		size += len(v)
	}
	return row, size, nil
}

// settle gives the rows of a round whose message was just read. What is still
// in it was not changed since it was read.
func (f *feed) settle() error {
	r := f.debts.round
	f.debts.round = nil
	o := origin{ms: f.ms, xid: f.xid, lsn: uint64(f.commit), snapshot: true}
	for _, id := range slices.Sorted(maps.Keys(r.rows)) {
		if row := r.rows[id]; row != nil {
			if err := f.tell(&r.shape.schema); err != nil {
				return err
			}
			f.record(r.shape, 'r', nil, row, &o, false)
			f.changes++
		}
		f.settled([]byte(id))
		f.pos.Ordinal = f.ordinal
		if err := f.full(); err != nil {
			return err
		}
	}
	return nil
}

// reread begins the snapshot of tables that owe too much.
func (f *feed) reread(ctx context.Context) {
	if len(f.debts.again) == 0 {
		return
	}
	f.debts.again = nil
	var decoded []uint32
	if f.snap != nil {
		f.snap.stop()
		decoded = f.snap.decoded
	}
	f.startSnapshot(ctx)
	if f.snap != nil {
		f.snap.decoded = decoded
	}
}
