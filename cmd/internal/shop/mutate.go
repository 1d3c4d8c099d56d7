package shop

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// Changes says what a day in the shop changes; zero fields take the default in
// their comment, so the zero Changes is a day.
type Changes struct {
	Customers       int // customers that move house, phone or mail: 2,000
	Orders          int // orders whose status moves on: 4,000
	DeleteCustomers int // with their orders: 60
	DeleteOrders    int // 240
	LineIDs         int // customers who tell their LINE id: 1,500
	Seed            uint64
}

func (c Changes) filled() Changes {
	for _, d := range []struct {
		field *int
		value int
	}{{&c.Customers, 2000}, {&c.Orders, 4000}, {&c.DeleteCustomers, 60}, {&c.DeleteOrders, 240}, {&c.LineIDs, 1500}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return c
}

// Stats is what Mutate did, in rows.
type Stats struct {
	CustomersUpdated int // with those who told their LINE id
	OrdersUpdated    int
	CustomersDeleted int
	OrdersDeleted    int // with those of deleted customers
	LineIDs          int
	ColumnAdded      bool // line_id was not there before
}

// Mutate lets a day pass in a shop that Create made, in one transaction: rows
// change, rows go, and customer gets a column line_id that no policy knows. Each
// updated_at is later than all that were there. It can be called again, for
// another day; the same changes of the same database give the same rows.
func Mutate(ctx context.Context, db *sql.DB, dialect Dialect, changes Changes) (Stats, error) {
	changes = changes.filled()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return Stats{}, fmt.Errorf("change shop: %w", err)
	}
	defer tx.Rollback()
	d := &day{ctx: ctx, tx: tx, dialect: dialect, changes: changes}
	if err := d.pass(); err != nil {
		return Stats{}, fmt.Errorf("change shop: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return Stats{}, fmt.Errorf("change shop: %w", err)
	}
	return d.stats, nil
}

// day is one Mutate.
type day struct {
	ctx     context.Context
	tx      *sql.Tx
	dialect Dialect
	changes Changes
	*generator
	now   time.Time // rises with every change
	stats Stats
}

func (d *day) pass() error {
	customers, err := d.max("customer", "id")
	if err != nil {
		return err
	}
	orders, err := d.max("orders", "id")
	if err != nil {
		return err
	}
	if err := d.wake(); err != nil {
		return err
	}
	d.generator = newGenerator(Config{Seed: d.changes.Seed ^ uint64(d.now.UnixMilli())})
	if customers == 0 {
		return nil
	}
	for _, step := range []func(customers, orders int64) error{d.addLine, d.moveHouse, d.moveOrders, d.tellLine, d.deleteCustomers, d.deleteOrders} {
		if err := step(customers, orders); err != nil {
			return err
		}
	}
	return nil
}

func (d *day) max(table, column string) (int64, error) {
	var n sql.NullInt64
	err := d.tx.QueryRowContext(d.ctx, "SELECT max("+column+") FROM "+table).Scan(&n)
	return n.Int64, err
}

// wake sets the day's clock just after the last change of either table.
func (d *day) wake() error {
	text := "SELECT max(updated_at) FROM "
	if d.dialect == Postgres {
		text = "SELECT to_char(max(updated_at), 'YYYY-MM-DD HH24:MI:SS.MS') FROM "
	}
	d.now = opened
	for _, table := range []string{"customer", "orders"} {
		var last sql.NullString
		if err := d.tx.QueryRowContext(d.ctx, text+table).Scan(&last); err != nil {
			return err
		}
		if !last.Valid {
			continue
		}
		at, err := time.Parse(timeLayout, last.String)
		if err != nil {
			return fmt.Errorf("the last updated_at of %s is not a time of this shop", table)
		}
		if at.After(d.now) {
			d.now = at
		}
	}
	return nil
}

// tick is the time of the next change.
func (d *day) tick() string {
	d.now = d.now.Add(time.Duration(1+d.Int64N(7000)) * time.Millisecond)
	return d.now.Format(timeLayout)
}

// some draws n different ids of 1 to top, or all of them.
func (d *day) some(n int, top int64) []int64 {
	n = int(min(int64(n), top))
	seen := make(map[int64]bool, n)
	ids := make([]int64, 0, n)
	for len(ids) < n {
		id := 1 + d.Int64N(top)
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// bound writes ? as the dialect does, and a time as its type.
func (d *day) bound(query string) string {
	if d.dialect != Postgres {
		return query
	}
	var b strings.Builder
	n := 0
	for _, c := range query {
		if c == '?' {
			n++
			fmt.Fprintf(&b, "$%d", n)
			continue
		}
		b.WriteRune(c)
	}
	return strings.ReplaceAll(b.String(), "updated_at = $1", "updated_at = $1::text::timestamp")
}

// change runs query once for each id and adds up the rows that it changed.
func (d *day) change(query string, ids []int64, args func(id int64) []any) (int, error) {
	stmt, err := d.tx.PrepareContext(d.ctx, d.bound(query))
	if err != nil {
		return 0, err
	}
	defer stmt.Close()
	rows := 0
	for _, id := range ids {
		res, err := stmt.ExecContext(d.ctx, append(args(id), id)...)
		if err != nil {
			return 0, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return 0, err
		}
		rows += int(n)
	}
	return rows, nil
}

func (d *day) addLine(_, _ int64) error {
	there := `SELECT count(*) FROM pragma_table_info('customer') WHERE name = 'line_id'`
	if d.dialect == Postgres {
		there = `SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'customer' AND column_name = 'line_id'`
	}
	var n int
	if err := d.tx.QueryRowContext(d.ctx, there).Scan(&n); err != nil || n > 0 {
		return err
	}
	d.stats.ColumnAdded = true
	_, err := d.tx.ExecContext(d.ctx, `ALTER TABLE customer ADD COLUMN line_id TEXT`)
	return err
}

func (d *day) moveHouse(customers, _ int64) error {
	n, err := d.change(`UPDATE customer SET updated_at = ?, email = ?, phone = ?, address = ?, city = ?, notes = ? WHERE id = ?`,
		d.some(d.changes.Customers, customers), func(id int64) []any {
			at := d.tick()
			d.begin(ofChange, uint64(id))
			home := pick(d.generator, d.countries)
			address, city := home.address(d.generator)
			p := d.person(home)
			c := Customer{FullName: p.name, Email: d.email(p), Phone: home.phone(d.generator), Address: address, BirthDate: p.born, CardNumber: d.card()}
			c.NationalID = home.national(d.generator, p)
			return []any{at, c.Email, c.Phone, address, city, null(d.note(home, c))}
		})
	d.stats.CustomersUpdated += n
	return err
}

func (d *day) moveOrders(_, orders int64) (err error) {
	d.stats.OrdersUpdated, err = d.change(`UPDATE orders SET updated_at = ?, status = ? WHERE id = ?`,
		d.some(d.changes.Orders, orders), func(int64) []any {
			return []any{d.tick(), pick(d.generator, statuses())}
		})
	return err
}

// tellLine fills the new column. LINE ids look like user names.
func (d *day) tellLine(customers, _ int64) (err error) {
	d.stats.LineIDs, err = d.change(`UPDATE customer SET updated_at = ?, line_id = ? WHERE id = ?`,
		d.some(d.changes.LineIDs, customers), func(int64) []any {
			word := strings.ToLower(pick(d.generator, append(thaiWomen(), thaiMen()...)).latin)
			return []any{d.tick(), d.fill(word + pick(d.generator, []string{"_", ".", ""}) + "####")}
		})
	d.stats.CustomersUpdated += d.stats.LineIDs
	return err
}

func (d *day) deleteCustomers(customers, _ int64) error {
	ids := d.some(d.changes.DeleteCustomers, customers)
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(ids)), ", ")
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	for _, q := range []struct {
		query string
		rows  *int
	}{
		{`DELETE FROM orders WHERE customer_id IN (` + marks + `)`, &d.stats.OrdersDeleted},
		{`DELETE FROM customer WHERE id IN (` + marks + `)`, &d.stats.CustomersDeleted},
	} {
		res, err := d.tx.ExecContext(d.ctx, d.bound(q.query), args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		*q.rows += int(n)
	}
	return nil
}

func (d *day) deleteOrders(_, orders int64) error {
	n, err := d.change(`DELETE FROM orders WHERE id = ?`, d.some(d.changes.DeleteOrders, orders), func(int64) []any { return nil })
	d.stats.OrdersDeleted += n
	return err
}
