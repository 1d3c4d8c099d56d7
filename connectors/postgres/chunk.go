package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pglogrepl"
	"github.com/jackc/pgx/v5/pgconn"
)

// chunkBytes is how large a chunk may become before it ends early.
const chunkBytes = 16 << 20

// chunkReader reads tables in chunks, each after a low watermark of its own.
type chunkReader struct {
	*source
	mark     string
	out      chan<- *chunk
	used     <-chan []byte
	progress progress
	pause    time.Duration
	conn     *pgconn.PgConn
	types    *typeMap
	number   uint64
}

// run reads all tables. It keeps one chunk ahead of the feed.
func (r *chunkReader) run(ctx context.Context, tables []*table) error {
	select {
	case <-time.After(r.pause):
	case <-ctx.Done():
		return ctx.Err()
	}
	var err error
	if r.conn, err = r.connect(ctx); err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		r.conn.Close(ctx)
	}()
	r.types = newTypeMap(r.conn)
	if err := r.settle(ctx); err != nil {
		return err
	}
	for _, t := range tables {
		if err := r.table(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return nil
}

// settle waits until transactions that an earlier session may have decoded are
// visible to everybody: that session's list of them is gone. Without
// synchronous standbys this takes the time between a commit's record and its
// visibility, so a transaction that is simply long is not waited for.
func (r *chunkReader) settle(ctx context.Context) error {
	rows, err := query(ctx, r.conn, "SELECT pg_current_xact_id(), current_setting('synchronous_standby_names')")
	if err != nil {
		return err
	}
	next, standbys := rows[0][0], rows[0][1]
	deadline := r.now().Add(time.Second)
	for {
		rows, err := query(ctx, r.conn, "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8", next)
		if err != nil {
			return err
		}
		if rows[0][0] == "t" || standbys == "" && r.now().After(deadline) {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// table reads what is left of one table.
func (r *chunkReader) table(ctx context.Context, t *table) error {
	at := partial{Table: t.oid}
	if p := r.progress.part(t.oid); p != nil {
		at = *p
	}
	for {
		c, err := r.chunk(ctx, t, at)
		if err != nil {
			return err
		}
		if c.last {
			return nil
		}
		if n := len(c.rows); n > 0 {
			at.Key, at.Last = c.table.keyShape(), splitLast(c.buf[c.rows[n-1].row:c.rows[n-1].last])
		}
	}
}

// chunk writes a low watermark and reads the rows after at in a snapshot
// taken afterwards. It sends them, in several parts where the table has no key,
// and returns the last part.
func (r *chunkReader) chunk(ctx context.Context, t *table, at partial) (*chunk, error) {
	r.number++
	mark := fmt.Sprint(r.mark, r.number)
	if _, err := query(ctx, r.conn, "SELECT pg_logical_emit_message(true, $1, $2)", watermarkPrefix, mark); err != nil {
		return nil, fmt.Errorf("low watermark: %w", err)
	}
	// Only now the snapshot: everything that it does not show is committed, and
	// so decoded, after the watermark.
	if err := r.begin(ctx, t); err != nil {
		return nil, err
	}
	c, err := r.read(ctx, t, at)
	if err != nil {
		return nil, err
	}
	if _, err := query(ctx, r.conn, "COMMIT"); err != nil {
		return nil, err
	}
	return c, r.send(ctx, c)
}

// begin opens a transaction with the table locked before the snapshot is taken,
// so that the catalog and the rows agree on its columns. A table may be renamed
// or dropped at any moment.
func (r *chunkReader) begin(ctx context.Context, t *table) error {
	for {
		rows, err := query(ctx, r.conn, "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1", fmt.Sprint(t.oid))
		if err != nil {
			return err
		}
		if _, err := query(ctx, r.conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); err != nil || len(rows) == 0 {
			return err
		}
		_, err = query(ctx, r.conn, "LOCK TABLE ONLY "+rows[0][0]+" IN ACCESS SHARE MODE")
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != undefinedTable {
			return err
		}
		if _, err := query(ctx, r.conn, "ROLLBACK"); err != nil {
			return err
		}
	}
}

const undefinedTable = "42P01"

func (r *chunkReader) send(ctx context.Context, c *chunk) error {
	select {
	case r.out <- c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read reads one chunk in the open transaction.
func (r *chunkReader) read(ctx context.Context, planned *table, at partial) (*chunk, error) {
	c := &chunk{number: r.number, table: planned, final: true, last: true}
	rows, err := query(ctx, r.conn, "SELECT pg_current_snapshot(), pg_current_wal_insert_lsn()")
	if err != nil {
		return nil, err
	}
	if c.shows, err = parseVisibility(rows[0][0]); err != nil {
		return nil, err
	}
	if c.upto, err = pglogrepl.ParseLSN(rows[0][1]); err != nil {
		return nil, err
	}
	t, err := loadTable(ctx, r.conn, planned.oid)
	if err != nil || t == nil || !r.set.selects(t.schema, t.name) { // dropped or renamed since: there is nothing to give
		return c, err
	}
	c.table = t
	if c.shape, err = r.tableShape(ctx, r.types, t); err != nil {
		return nil, err
	}
	if !r.set.snapshot { // another table had its name: only that is told
		c.upto = 0
		return c, nil
	}
	last := at.Last
	if at.Key != t.keyShape() || !t.hasKey() { // another key: from the beginning
		last = nil
	}
	sql, err := r.selectSQL(ctx, t, len(last) > 0)
	if err != nil {
		return nil, err
	}
	if _, err := query(ctx, r.conn, "DECLARE lethe NO SCROLL CURSOR FOR "+sql, last...); err != nil {
		return nil, fmt.Errorf("select: %w", err)
	}
	return r.fetch(ctx, c)
}

// selectSQL selects the rows of a table after a key, in the key's order.
func (r *chunkReader) selectSQL(ctx context.Context, t *table, resumed bool) (string, error) {
	names := make([]string, len(t.cols))
	for i, c := range t.cols {
		names[i] = quoteIdent(c.name)
	}
	sql := "SELECT " + strings.Join(names, ", ") + " FROM " + t.sql()
	if !t.hasKey() {
		return sql, nil
	}
	if err := loadOperators(ctx, r.conn, t); err != nil {
		return "", err
	}
	var key []*tableColumn
	var by []string
	for _, a := range t.keyOrder {
		c := t.column(a)
		key = append(key, c)
		by = append(by, quoteIdent(c.name)+" USING "+c.before)
	}
	if resumed {
		sql += " WHERE " + afterKey(key)
	}
	return sql + " ORDER BY " + strings.Join(by, ", "), nil
}

// afterKey is the condition that a row comes after the key in the parameters: a
// row comparison, which the index serves, where one operator fits all columns.
func afterKey(key []*tableColumn) string {
	var cols, params []string
	one := true
	for i, c := range key {
		cols = append(cols, quoteIdent(c.name))
		params = append(params, fmt.Sprintf("$%d::%s", i+1, c.typeName))
		one = one && c.after == key[0].after
	}
	if one {
		return "(" + strings.Join(cols, ", ") + ") " + key[0].after + " (" + strings.Join(params, ", ") + ")"
	}
	var or []string
	for i, c := range key {
		var and []string
		for j := range i {
			and = append(and, cols[j]+" "+key[j].equal+" "+params[j])
		}
		or = append(or, strings.Join(append(and, cols[i]+" "+c.after+" "+params[i]), " AND "))
	}
	return "((" + strings.Join(or, ") OR (") + "))"
}

// fetch reads the cursor until the chunk is full or, without a key, to its end.
func (r *chunkReader) fetch(ctx context.Context, c *chunk) (*chunk, error) {
	keyed := c.table.hasKey()
	c.buf = r.memory()
	var order []int // the key's columns in the index's order
	for _, a := range c.table.keyOrder {
		order = append(order, slices.IndexFunc(c.table.cols, func(col tableColumn) bool { return col.attnum == a }))
	}
	row := make([]column, len(c.shape.cols))
	step := min(200, r.set.chunkRows)
	for {
		n, err := r.rows(ctx, c, row, order, step)
		if err != nil {
			return nil, err
		}
		if n < step {
			return c, nil
		}
		if len(c.rows) >= r.set.chunkRows || len(c.buf) >= chunkBytes {
			c.last, c.final = false, keyed
			if keyed {
				return c, nil
			}
			if err := r.send(ctx, c); err != nil {
				return nil, err
			}
			c = &chunk{number: c.number, table: c.table, shape: c.shape, shows: c.shows, upto: c.upto,
				buf: r.memory(), final: true, last: true}
		}
		// Rows are of all sizes: fetch about 4 MiB at once.
		step = max(1, (4<<20)/(1+len(c.buf)/max(1, len(c.rows))))
		step = min(step, 2000, max(1, r.set.chunkRows-len(c.rows)))
	}
}

// memory is that of a chunk that was given, if there is one.
func (r *chunkReader) memory() []byte {
	select {
	case b := <-r.used:
		return b
	default:
		return nil
	}
}

// rows fetches and encodes up to step rows.
func (r *chunkReader) rows(ctx context.Context, c *chunk, row []column, order []int, step int) (int, error) {
	res := r.conn.ExecParams(ctx, fmt.Sprintf("FETCH %d FROM lethe", step), nil, nil, nil, nil)
	n := 0
	for res.NextRow() {
		for i, v := range res.Values() {
			row[i] = column{state: colText, text: v}
			if v == nil {
				row[i].state = colNull
			}
		}
		var at chunkRow
		c.buf = c.shape.appendKey(c.buf, row)
		at.key = len(c.buf)
		c.buf = c.shape.appendRow(c.buf, row, nil)
		at.row = len(c.buf)
		for _, i := range order {
			c.buf = binary.BigEndian.AppendUint32(c.buf, uint32(len(row[i].text)))
			c.buf = append(c.buf, row[i].text...)
		}
		at.last = len(c.buf)
		c.rows = append(c.rows, at)
		n++
	}
	if _, err := res.Close(); err != nil {
		return n, fmt.Errorf("fetch: %w", withoutValues(err))
	}
	return n, nil
}

// splitLast reads the key's values behind a row of a chunk.
func splitLast(b []byte) []string {
	var last []string
	for len(b) >= 4 {
		n := int(binary.BigEndian.Uint32(b))
		last = append(last, string(b[4:4+n]))
		b = b[4+n:]
	}
	return last
}
