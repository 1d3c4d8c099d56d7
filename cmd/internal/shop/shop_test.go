package shop

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

func openSQLite(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "shop.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// openPostgres opens a schema of its own in the server of the tests.
func openPostgres(t testing.TB) *sql.DB {
	t.Helper()
	url := os.Getenv("LETHE_TEST_POSTGRES")
	if url == "" {
		t.Skip("LETHE_TEST_POSTGRES names no server: ./test.sh starts one")
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1) // search_path is set on one connection
	for _, q := range []string{`DROP SCHEMA IF EXISTS lethe_shop_test CASCADE`, `CREATE SCHEMA lethe_shop_test`, `SET search_path = lethe_shop_test`} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { db.Exec(`DROP SCHEMA lethe_shop_test CASCADE`) })
	return db
}

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// fingerprint is a hash over all rows, in order.
func fingerprint(t *testing.T, db *sql.DB, table string) string {
	t.Helper()
	rows, err := db.Query("SELECT * FROM " + table + " ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for rows.Next() {
		row := make([]any, len(columns))
		for i := range row {
			row[i] = new(any)
		}
		if err := rows.Scan(row...); err != nil {
			t.Fatal(err)
		}
		for i := range row {
			fmt.Fprintf(h, "%v|", *row[i].(*any))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

var small = Config{Customers: 3000, Orders: 9000, Seed: 7}

func TestADayChangesTheShopAndMovesTheCursor(t *testing.T) {
	for _, c := range []struct {
		name    string
		dialect Dialect
		open    func(testing.TB) *sql.DB
	}{{"SQLite", SQLite, openSQLite}, {"PostgreSQL", Postgres, openPostgres}} {
		t.Run(c.name, func(t *testing.T) {
			db := c.open(t)
			var last, total int
			err := Create(t.Context(), db, c.dialect, small, func(done, of int) { last, total = done, of })
			if err != nil {
				t.Fatal(err)
			}
			if last != 12_000 || total != 12_000 {
				t.Errorf("progress ended at %d of %d", last, total)
			}
			if n := count(t, db, `SELECT count(*) FROM customer`); n != 3000 {
				t.Errorf("%d customers", n)
			}
			if n := count(t, db, `SELECT count(DISTINCT updated_at) FROM orders`); n != 9000 {
				t.Errorf("9000 orders have %d times", n)
			}
			if n := count(t, db, `SELECT count(*) FROM orders o LEFT JOIN customer c ON c.id = o.customer_id WHERE c.id IS NULL`); n != 0 {
				t.Errorf("%d orders of nobody", n)
			}
			if n := count(t, db, `SELECT count(*) FROM orders WHERE amount <= 0`); n != 0 {
				t.Errorf("%d orders cost nothing", n)
			}
			for day := range 2 {
				pass(t, db, c.dialect, day)
			}
		})
	}
}

func pass(t *testing.T, db *sql.DB, dialect Dialect, day int) {
	t.Helper()
	if _, err := db.Exec(`DROP TABLE IF EXISTS mark`); err != nil {
		t.Fatal(err)
	}
	_, err := db.Exec(`CREATE TABLE mark AS SELECT max(updated_at) AS at FROM (SELECT updated_at FROM customer UNION ALL SELECT updated_at FROM orders) AS both_tables`)
	if err != nil {
		t.Fatal(err)
	}
	customers, orders := count(t, db, `SELECT count(*) FROM customer`), count(t, db, `SELECT count(*) FROM orders`)
	s, err := Mutate(t.Context(), db, dialect, Changes{Customers: 200, Orders: 400, DeleteCustomers: 20, DeleteOrders: 30, LineIDs: 150})
	if err != nil {
		t.Fatal(err)
	}
	if s.ColumnAdded != (day == 0) {
		t.Errorf("day %d: the column was added: %v", day, s.ColumnAdded)
	}
	if got := count(t, db, `SELECT count(*) FROM customer`); got != customers-s.CustomersDeleted || s.CustomersDeleted < 15 {
		t.Errorf("day %d: %d of %d customers left, %d said to be deleted", day, got, customers, s.CustomersDeleted)
	}
	if got := count(t, db, `SELECT count(*) FROM orders`); got != orders-s.OrdersDeleted || s.OrdersDeleted < 25 {
		t.Errorf("day %d: %d of %d orders left, %d said to be deleted", day, got, orders, s.OrdersDeleted)
	}
	later := count(t, db, `SELECT count(*) FROM orders WHERE updated_at > (SELECT at FROM mark)`)
	if later == 0 || later > s.OrdersUpdated || later < s.OrdersUpdated-50 {
		t.Errorf("day %d: %d orders are later than before, %d were updated", day, later, s.OrdersUpdated)
	}
	if n := count(t, db, `SELECT count(*) FROM customer WHERE line_id IS NOT NULL`); n < 100 {
		t.Errorf("day %d: %d customers have a LINE id", day, n)
	}
	if n := count(t, db, `SELECT count(*) - count(DISTINCT updated_at) FROM customer WHERE updated_at > (SELECT at FROM mark)`); n != 0 {
		t.Errorf("day %d: %d customers share a time", day, n)
	}
}

func TestTheSameSeedGivesTheSameShop(t *testing.T) {
	prints := map[string]string{}
	for run := range 3 {
		db := openSQLite(t)
		cfg := small
		if run == 2 {
			cfg.Seed++
		}
		if err := Create(t.Context(), db, SQLite, cfg, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := Mutate(t.Context(), db, SQLite, Changes{}); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"customer", "orders"} {
			got := fingerprint(t, db, table)
			if run == 1 && got != prints[table] {
				t.Errorf("%s differs from run to run", table)
			}
			if run == 2 && got == prints[table] {
				t.Errorf("%s is the same for another seed", table)
			}
			prints[table] = got
		}
	}
}

func TestABuildThatIsCutOffLeavesNoTables(t *testing.T) {
	db := openSQLite(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := Create(ctx, db, SQLite, small, func(done, _ int) {
		if done > 0 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Create returned %v", err)
	}
	if n := count(t, db, `SELECT count(*) FROM sqlite_schema`); n != 0 {
		t.Errorf("%d tables are left", n)
	}
}

func BenchmarkCreateSQLite(b *testing.B) {
	for b.Loop() {
		db := openSQLite(b)
		if err := Create(b.Context(), db, SQLite, Config{Seed: 1}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
