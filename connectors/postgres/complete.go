package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// complete fills in what the server left out of a row that got another key.
// Downstream knows the left-out values under the old key only, so they are read
// from the table once it shows transaction xid: the log has a commit before
// anybody sees it, and until then the new key is nobody's, or another row's. A
// value that is newer than the change does no harm: the change that made it
// comes later. A row that is gone by now is left as it is: its delete comes later
// too.
func (ses *session) complete(ctx context.Context, sh *shape, row []column, xid uint32) error {
	var missing []int
	for i := range row {
		if row[i].state == colUnchanged {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	ses.mu.Lock()
	defer ses.mu.Unlock()
	t, err := loadTable(ctx, ses.side, sh.table)
	if err != nil || t == nil || !t.hasKey() {
		return err
	}
	if err := loadOperators(ctx, ses.side, t); err != nil {
		return err
	}
	sql, params, ok := completeSQL(t, sh, row, missing)
	if !ok {
		return nil
	}
	if err := ses.awaitVisible(ctx, xid); err != nil {
		return fmt.Errorf("complete row of %s: %w", sh.stream, err)
	}
	res := ses.side.ExecParams(ctx, sql, params, nil, nil, nil).Read()
	if res.Err != nil {
		return fmt.Errorf("complete row of %s: %w", sh.stream, withoutValues(res.Err))
	}
	if len(res.Rows) == 0 {
		return nil
	}
	for n, i := range missing {
		row[i] = column{state: colText, text: res.Rows[0][n]}
		if res.Rows[0][n] == nil {
			row[i].state = colNull
		}
	}
	return nil
}

// visibleWithin is how long a commit may take to be seen once the log has it.
const visibleWithin = time.Minute

// awaitVisible waits until the side connection sees what a committed transaction
// did. That takes as long as the transaction's client waits for its commit.
func (ses *session) awaitVisible(ctx context.Context, xid uint32) error {
	ctx, cancel := context.WithTimeoutCause(ctx, visibleWithin,
		fmt.Errorf("its transaction is not visible after %v: does it wait for a standby (synchronous_standby_names)?", visibleWithin))
	defer cancel()
	for {
		rows, err := query(ctx, ses.side, "SELECT pg_current_snapshot()")
		if err != nil {
			return err
		}
		shows, err := parseVisibility(rows[0][0])
		if err != nil || shows.shows(xid) {
			return err
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// completeSQL selects the missing columns by key; ok is false if the table has
// other columns by now.
func completeSQL(t *table, sh *shape, row []column, missing []int) (sql string, params [][]byte, ok bool) {
	has := func(name string) *tableColumn {
		for i := range t.cols {
			if t.cols[i].name == name {
				return &t.cols[i]
			}
		}
		return nil
	}
	var cols, where []string
	for _, i := range missing {
		if has(sh.cols[i].name) == nil {
			return "", nil, false
		}
		cols = append(cols, quoteIdent(sh.cols[i].name))
	}
	for _, a := range t.keyOrder {
		c := t.column(a)
		i := slices.IndexFunc(sh.cols, func(s shapeColumn) bool { return s.name == c.name })
		if i < 0 || row[i].state != colText {
			return "", nil, false
		}
		params = append(params, row[i].text)
		where = append(where, fmt.Sprintf("%s %s $%d::%s", quoteIdent(c.name), c.equal, len(params), c.typeName))
	}
	return "SELECT " + strings.Join(cols, ", ") + " FROM " + t.sql() + " WHERE " + strings.Join(where, " AND "), params, true
}
