//go:build linux

package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// crashTable is a table of the crash test. Column n of every table numbers its
// row versions: no two changes of a run have the same.
type crashTable struct {
	name  string
	label string   // of its masked topic
	rows  int      // that the snapshot reads; they have the numbers -1, -2, …
	key   []string // none: without primary key, REPLICA IDENTITY FULL
	body  bool     // column body starts with the number of the change that set it
}

// crashTables are, in the order of their snapshots, one without a key, one with
// many chunks and keys that move, one with TOAST columns that are mostly left
// unchanged, and one with a key of two columns, which is truncated now and then.
func crashTables() []crashTable {
	return []crashTable{
		{name: "access", label: "financial", rows: accesses},
		{name: "account", label: "pii-pseudo", rows: accounts, key: []string{"id"}},
		{name: "doc", label: "financial", rows: others, key: []string{"id"}, body: true},
		{name: "item", label: "financial", rows: others, key: []string{"order_id", "line"}},
	}
}

const crashPolicy = `packs: [gdpr]
elements:
  src.public.account/n: commerce.amount
  src.public.doc/id: id.record
  src.public.doc/n: commerce.amount
  src.public.doc/body: commerce.product
  src.public.access/n: commerce.amount
  src.public.item/n: commerce.amount
  src.public.item/line: id.record
subjects:
  src.public.account: {key: id}
  src.public.access: none
mask:
  elements: {id.internal: {hmac: {}}, id.record: {hmac: {}}, commerce.order: {hmac: {}}, contact.email: redact, commerce.amount: keep, commerce.product: keep}
  default: redact
`

const (
	accesses = 30_000
	accounts = 40_000
	others   = 400
	// unknownCanary is in columns that no contract lists (L1).
	unknownCanary = "canary-of-an-unknown-column"
)

// fill makes the tables and their first rows, which the snapshot reads, and the
// slot that knows the truth.
func (r *crashRig) fill(t *testing.T) {
	t.Helper()
	for _, sql := range []string{
		"CREATE TABLE account (id int PRIMARY KEY, email text, n bigint NOT NULL)",
		fmt.Sprintf("INSERT INTO account SELECT g, 'user' || g || '@example.com', -g FROM generate_series(1, %d) g", accounts),
		"CREATE TABLE doc (id int PRIMARY KEY, n bigint NOT NULL, body text, pad text)",
		"ALTER TABLE doc ALTER body SET STORAGE EXTERNAL, ALTER pad SET STORAGE EXTERNAL", // not in the row itself
		fmt.Sprintf("INSERT INTO doc SELECT g, -g, %s, %s FROM generate_series(1, %d) g", long("-g"), long("-g"), others),
		"CREATE TABLE access (n bigint NOT NULL, kind text, email text)",
		"ALTER TABLE access REPLICA IDENTITY FULL",
		"CREATE INDEX ON access (n)", // for the writer; not unique, so no key
		fmt.Sprintf("INSERT INTO access SELECT -g, 'first', 'user@example.com' FROM generate_series(1, %d) g", accesses),
		"CREATE TABLE item (order_id int, line text, n bigint NOT NULL, PRIMARY KEY (order_id, line))",
		fmt.Sprintf("INSERT INTO item SELECT g / 3, 'line ' || g %% 3, -g FROM generate_series(1, %d) g", others),
		fmt.Sprintf("SELECT pg_create_logical_replication_slot('%s', 'test_decoding')", r.slot),
	} {
		exe(t, r.db, sql)
	}
}

// long is a text that starts with a number and is kept out of the row.
func long(n string) string { return fmt.Sprintf("(%s)::text || repeat(' long', 600)", n) }

// write changes the tables until ctx ends: mostly small transactions, sometimes
// one with hundreds of rows, and now and then a TRUNCATE or another shape.
func (r *crashRig) write(ctx context.Context, t *testing.T) {
	db := connect(t, r.url)
	defer db.Close(context.Background())
	extra := false // table account has a column that no contract lists
	for ctx.Err() == nil {
		var sqls []string
		switch n := rand.IntN(400); {
		case n < 2:
			sqls = append(sqls, "TRUNCATE item", r.changeItem())
		case n < 6 && extra:
			extra = false
			sqls = append(sqls, "ALTER TABLE account DROP COLUMN extra", r.changeAccount(false))
		case n < 6:
			extra = true
			sqls = append(sqls, "ALTER TABLE account ADD COLUMN extra text DEFAULT '"+unknownCanary+"'", r.changeAccount(true))
		case n < 8:
			for range 800 {
				sqls = append(sqls, r.changeAccount(extra))
			}
		default:
			for range 1 + rand.IntN(4) {
				sqls = append(sqls, r.change(extra))
			}
		}
		r.transact(ctx, t, db, sqls)
		time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
	}
}

// transact runs statements in one transaction; one in twenty is rolled back.
func (r *crashRig) transact(ctx context.Context, t *testing.T, db *pgx.Conn, sqls []string) {
	r.writing.Lock()
	defer r.writing.Unlock()
	end := "COMMIT"
	if rand.IntN(20) == 0 && len(sqls) < 100 && sqls[0][0] != 'A' && sqls[0][0] != 'T' {
		end = "ROLLBACK"
	}
	for _, sql := range append(append([]string{"BEGIN"}, sqls...), end) {
		// Once begun it ends, whatever ctx says: the truth is read afterwards.
		if _, err := db.Exec(context.WithoutCancel(ctx), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
			return
		}
	}
}

func (r *crashRig) change(extra bool) string {
	switch rand.IntN(8) {
	case 0, 1:
		return r.changeDoc()
	case 2:
		return r.changeAccess()
	case 3:
		return r.changeItem()
	}
	return r.changeAccount(extra)
}

func (r *crashRig) changeAccount(extra bool) string {
	n, id, other := r.counter.Add(1), 1+rand.IntN(accounts/10), 1+rand.IntN(accounts/10)
	switch rand.IntN(10) {
	case 0, 1:
		return fmt.Sprintf("INSERT INTO account VALUES (%d, 'new%d@example.com', %d) ON CONFLICT DO NOTHING", id, n, n)
	case 2:
		return fmt.Sprintf("DELETE FROM account WHERE id = %d", id)
	case 3:
		return fmt.Sprintf("UPDATE account SET id = %d, n = %d WHERE id = %d AND NOT EXISTS (SELECT FROM account WHERE id = %[1]d)", other, n, id)
	case 4:
		if extra {
			return fmt.Sprintf("UPDATE account SET n = %d, extra = '%s' WHERE id = %d", n, unknownCanary, id)
		}
	}
	return fmt.Sprintf("UPDATE account SET n = %d WHERE id = %d", n, id)
}

func (r *crashRig) changeDoc() string {
	n, id, other := r.counter.Add(1), 1+rand.IntN(others), 1+rand.IntN(others)
	switch rand.IntN(12) {
	case 0:
		return fmt.Sprintf("INSERT INTO doc VALUES (%d, %d, %s, %s) ON CONFLICT DO NOTHING", id, n, long(fmt.Sprint(n)), long(fmt.Sprint(n)))
	case 1:
		return fmt.Sprintf("DELETE FROM doc WHERE id = %d", id)
	case 2:
		return fmt.Sprintf("UPDATE doc SET id = %d, n = %d WHERE id = %d AND NOT EXISTS (SELECT FROM doc WHERE id = %[1]d)", other, n, id)
	case 3, 4:
		return fmt.Sprintf("UPDATE doc SET n = %d, body = %s WHERE id = %d", n, long(fmt.Sprint(n)), id)
	case 5:
		return fmt.Sprintf("UPDATE doc SET n = %d, pad = %s WHERE id = %d", n, long(fmt.Sprint(n)), id)
	}
	return fmt.Sprintf("UPDATE doc SET n = %d WHERE id = %d", n, id)
}

// changeAccess touches one row at most, so that every row version has a number
// of its own.
func (r *crashRig) changeAccess() string {
	n := r.counter.Add(1)
	one := fmt.Sprintf("(SELECT n FROM access WHERE n >= %d ORDER BY n LIMIT 1)", rand.Int64N(n+accesses)-accesses)
	switch rand.IntN(4) {
	case 0:
		return fmt.Sprintf("INSERT INTO access VALUES (%d, 'new', 'new%[1]d@example.com')", n)
	case 1:
		return "DELETE FROM access WHERE n = " + one
	}
	return fmt.Sprintf("UPDATE access SET n = %d WHERE n = %s", n, one)
}

func (r *crashRig) changeItem() string {
	n, id, line := r.counter.Add(1), rand.IntN(others/3), rand.IntN(3)
	switch rand.IntN(6) {
	case 0, 1, 2:
		return fmt.Sprintf("INSERT INTO item VALUES (%d, 'line %d', %d) ON CONFLICT (order_id, line) DO UPDATE SET n = excluded.n", id, line, n)
	case 3:
		return fmt.Sprintf("DELETE FROM item WHERE order_id = %d AND line = 'line %d'", id, line)
	case 4:
		return fmt.Sprintf("UPDATE item SET line = 'line %d', n = %d WHERE order_id = %d AND line = 'line %d' AND NOT EXISTS (SELECT FROM item WHERE order_id = %[3]d AND line = 'line %[1]d')",
			rand.IntN(3), n, id, line)
	}
	return fmt.Sprintf("UPDATE item SET n = %d WHERE order_id = %d AND line = 'line %d'", n, id, line)
}
