package shop

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Dialect is the SQL that a database speaks.
type Dialect int

// The dialects.
const (
	SQLite   Dialect = iota + 1 // driver modernc.org/sqlite
	Postgres                    // driver github.com/jackc/pgx/v5/stdlib
)

// every is how many rows are written between two calls of progress.
const every = 5000

// Layouts of dates and times, of equal width so that they sort as text.
const (
	dateLayout = "2006-01-02"
	timeLayout = "2006-01-02 15:04:05.000"
)

// tables are the shop's tables. updated_at rises with every change, across both
// tables, so that it serves as a cursor.
func (d Dialect) tables() []string {
	integer, moment := "INTEGER", "DATETIME"
	if d == Postgres {
		integer, moment = "BIGINT", "TIMESTAMP(3)"
	}
	ddl := strings.NewReplacer("INTEGER", integer, "DATETIME", moment)
	return []string{
		ddl.Replace(`CREATE TABLE customer (
	id          INTEGER PRIMARY KEY,
	full_name   TEXT NOT NULL,
	email       TEXT NOT NULL,
	phone       TEXT,
	national_id TEXT,
	card_number TEXT,
	address     TEXT,
	city        TEXT,
	country     VARCHAR(2) NOT NULL,
	birth_date  DATE,
	newsletter  BOOLEAN NOT NULL,
	notes       TEXT,
	created_at  DATETIME NOT NULL,
	updated_at  DATETIME NOT NULL
)`),
		ddl.Replace(`CREATE TABLE orders (
	id          INTEGER PRIMARY KEY,
	customer_id INTEGER NOT NULL,
	amount      NUMERIC(12,2) NOT NULL,
	currency    VARCHAR(3) NOT NULL,
	status      TEXT NOT NULL,
	gift_note   TEXT,
	ship_to     TEXT,
	ordered_at  DATETIME NOT NULL,
	updated_at  DATETIME NOT NULL
)`),
	}
}

func customerColumns() []string {
	return []string{"id", "full_name", "email", "phone", "national_id", "card_number", "address", "city", "country", "birth_date", "newsletter", "notes", "created_at", "updated_at"}
}

func orderColumns() []string {
	return []string{"id", "customer_id", "amount", "currency", "status", "gift_note", "ship_to", "ordered_at", "updated_at"}
}

// Create makes tables customer and orders, which must not exist, and fills them
// in one transaction. progress, if not nil, is told rows written and to write.
func Create(ctx context.Context, db *sql.DB, dialect Dialect, cfg Config, progress func(done, total int)) error {
	cfg = cfg.filled()
	if progress == nil {
		progress = func(int, int) {}
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("create shop: %w", err)
	}
	defer conn.Close()
	b := &builder{ctx: ctx, conn: conn, cfg: cfg, generator: newGenerator(cfg), progress: progress}
	switch dialect {
	case SQLite:
		err = b.sqlite()
	case Postgres:
		err = b.postgres()
	default:
		err = fmt.Errorf("dialect %d is unknown", dialect)
	}
	if err != nil {
		return fmt.Errorf("create shop: %w", err)
	}
	progress(cfg.Customers+cfg.Orders, cfg.Customers+cfg.Orders)
	return nil
}

// builder fills one database.
type builder struct {
	ctx  context.Context
	conn *sql.Conn
	cfg  Config
	*generator
	progress func(done, total int)
	done     int
}

// step counts a row.
func (b *builder) step() error {
	if b.done%every == 0 {
		b.progress(b.done, b.cfg.Customers+b.cfg.Orders)
		if err := b.ctx.Err(); err != nil {
			return err
		}
	}
	b.done++
	return nil
}

// sqlite builds without a journal on disk: a build that is cut off leaves nothing
// of worth behind. The database is left in WAL mode, in which readers and the
// shop do not wait for each other.
func (b *builder) sqlite() error {
	for _, q := range []string{`PRAGMA journal_mode = MEMORY`, `PRAGMA synchronous = OFF`, `PRAGMA cache_size = -65536`} {
		if _, err := b.conn.ExecContext(b.ctx, q); err != nil {
			return err
		}
	}
	if _, err := b.conn.ExecContext(b.ctx, `BEGIN`); err != nil {
		return err
	}
	err := b.sqliteRows()
	if err != nil {
		_, _ = b.conn.ExecContext(context.WithoutCancel(b.ctx), `ROLLBACK`)
		return err
	}
	for _, q := range []string{`COMMIT`, `PRAGMA journal_mode = WAL`, `PRAGMA synchronous = NORMAL`} {
		if _, err := b.conn.ExecContext(b.ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) sqliteRows() error {
	for _, q := range SQLite.tables() {
		if _, err := b.conn.ExecContext(b.ctx, q); err != nil {
			return err
		}
	}
	// Straight to the driver: database/sql would cost as much again as SQLite.
	return b.conn.Raw(func(raw any) error {
		prepare := raw.(driver.ConnPrepareContext)
		err := b.insert(prepare, "customer", customerColumns(), b.cfg.Customers, func(id int64, row []driver.NamedValue) {
			b.customer(id).put(row)
		})
		if err != nil {
			return err
		}
		return b.insert(prepare, "orders", orderColumns(), b.cfg.Orders, func(id int64, row []driver.NamedValue) {
			b.order(id).put(row)
		})
	})
}

func (b *builder) insert(conn driver.ConnPrepareContext, table string, columns []string, n int, fill func(int64, []driver.NamedValue)) error {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
	stmt, err := conn.PrepareContext(b.ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+marks+")")
	if err != nil {
		return err
	}
	defer stmt.Close()
	row := make([]driver.NamedValue, len(columns))
	for i := range row {
		row[i].Ordinal = i + 1
	}
	for id := int64(1); id <= int64(n); id++ {
		if err := b.step(); err != nil {
			return err
		}
		fill(id, row)
		// A context that can end would cost a goroutine a row; step looks at it.
		if _, err := stmt.(driver.StmtExecContext).ExecContext(context.WithoutCancel(b.ctx), row); err != nil {
			return fmt.Errorf("insert into %s: %w", table, err)
		}
	}
	return nil
}

func null(s string) driver.Value {
	if s == "" {
		return nil
	}
	return s
}

func (c Customer) put(row []driver.NamedValue) {
	newsletter := int64(0)
	if c.Newsletter {
		newsletter = 1
	}
	for i, v := range []driver.Value{c.ID, c.FullName, c.Email, c.Phone, c.NationalID, c.CardNumber, c.Address, c.City, c.Country,
		c.BirthDate.Format(dateLayout), newsletter, null(c.Notes), c.CreatedAt.Format(timeLayout), c.UpdatedAt.Format(timeLayout)} {
		row[i].Value = v
	}
}

func (o Order) put(row []driver.NamedValue) {
	for i, v := range []driver.Value{o.ID, o.CustomerID, o.amount(), o.Currency, o.Status, null(o.GiftNote), o.ShipTo,
		o.OrderedAt.Format(timeLayout), o.UpdatedAt.Format(timeLayout)} {
		row[i].Value = v
	}
}

// amount is the order's amount in the form of a decimal.
func (o Order) amount() string { return fmt.Sprintf("%d.%02d", o.Cents/100, o.Cents%100) }

// postgres copies the rows in one transaction.
func (b *builder) postgres() error {
	return b.conn.Raw(func(raw any) error {
		std, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the connection is not one of pgx: %T", raw)
		}
		return pgx.BeginFunc(b.ctx, std.Conn(), func(tx pgx.Tx) error {
			for _, q := range Postgres.tables() {
				if _, err := tx.Exec(b.ctx, q); err != nil {
					return err
				}
			}
			err := b.copy(tx, "customer", customerColumns(), b.cfg.Customers, func(id int64, row []driver.NamedValue) {
				c := b.customer(id)
				c.put(row)
				row[9].Value, row[10].Value = c.BirthDate, c.Newsletter
				row[12].Value, row[13].Value = c.CreatedAt, c.UpdatedAt
			})
			if err != nil {
				return err
			}
			return b.copy(tx, "orders", orderColumns(), b.cfg.Orders, func(id int64, row []driver.NamedValue) {
				o := b.order(id)
				o.put(row)
				row[7].Value, row[8].Value = o.OrderedAt, o.UpdatedAt
			})
		})
	})
}

func (b *builder) copy(tx pgx.Tx, table string, columns []string, n int, fill func(int64, []driver.NamedValue)) error {
	row := make([]driver.NamedValue, len(columns))
	values := make([]any, len(columns))
	id := int64(0)
	_, err := tx.CopyFrom(b.ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		if id++; id > int64(n) {
			return nil, nil
		}
		if err := b.step(); err != nil {
			return nil, err
		}
		fill(id, row)
		for i := range row {
			values[i] = row[i].Value
		}
		return values, nil
	}))
	if err != nil {
		return fmt.Errorf("copy into %s: %w", table, err)
	}
	return nil
}
