package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver of the shop's file

	"lethe/cmd/internal/shop"
	"lethe/stream"
)

// Where the shop lies: a file of SQLite, or a schema of PostgreSQL that a slot
// of its own streams.
const (
	shopFile = "shop.db"
	schema   = "lethe_demo"
	slot     = "lethe_demo_shop"
)

// shopBase is the database of the shop.
type shopBase struct {
	dir  string
	url  string // of PostgreSQL; "" for SQLite
	size shop.Config
}

// stream is the name of a table's stream.
func (b *shopBase) stream(table string) string { return "shop." + b.schema() + "." + table }

// schema is the schema of the shop's tables.
func (b *shopBase) schema() string {
	if b.url != "" {
		return schema
	}
	return "main"
}

func (b *shopBase) open() (*sql.DB, shop.Dialect, error) {
	if b.url == "" {
		db, err := sql.Open("sqlite", filepath.Join(b.dir, shopFile))
		if err != nil {
			return nil, 0, fmt.Errorf("shop: %w", err)
		}
		return db, shop.SQLite, nil
	}
	config, err := pgx.ParseConfig(b.url)
	if err != nil {
		// L7: the driver's error shows the URL.
		return nil, 0, &stream.Fault{Code: "demo.postgres", Path: "--postgres", Msg: "not a PostgreSQL URL", Hint: "lethe demo --postgres postgres://user@host/database"}
	}
	config.RuntimeParams["search_path"] = schema
	return stdlib.OpenDB(*config), shop.Postgres, nil
}

// ready makes the schema on a server, and drops what an earlier demo left there
// if that may be replaced, for which people type again: its slot holds the position of a folder that is gone.
func (b *shopBase) ready(ctx context.Context, replace bool, again string) error {
	if b.url == "" {
		return nil
	}
	db, _, err := b.open()
	if err != nil {
		return err
	}
	defer db.Close()
	var there, held bool
	var level string
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1),
		EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $2 AND active), current_setting('wal_level')`, schema, slot).Scan(&there, &held, &level)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &stream.Fault{Code: "demo.postgres", Path: "--postgres", Msg: "no connection to the server", Hint: "psql URL -c 'SELECT 1'   (says why)", Exit: stream.ExitEnvironment}
	case level != "logical":
		return &stream.Fault{Code: "demo.postgres", Path: "--postgres", Msg: "the server's wal_level is " + level + ", which carries no changes",
			Hint: "ALTER SYSTEM SET wal_level = logical;   (then restart the server)", Exit: stream.ExitEnvironment}
	case held:
		return &stream.Fault{Code: "demo.running", Path: "slot " + slot, Msg: "somebody reads it at this moment", Hint: "stop the lethe that runs an earlier demo", Exit: stream.ExitEnvironment}
	case there && !replace:
		return &stream.Fault{Code: "demo.not_empty", Path: "schema " + schema, Msg: "is there already", Hint: again + "   (replaces it)"}
	}
	for _, sql := range []string{
		"DROP SCHEMA IF EXISTS " + schema + " CASCADE",
		"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '" + slot + "'",
		"CREATE SCHEMA " + schema,
	} {
		if _, err := db.ExecContext(ctx, sql); err != nil {
			return refusal(err)
		}
	}
	return nil
}

// refusal is a fault of the server that said no to making the schema. Its words
// name objects, no rows (L7).
func refusal(err error) error {
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return fmt.Errorf("shop: make its schema: %w", err)
	}
	return &stream.Fault{Code: "demo.postgres", Path: "--postgres", Msg: said.Message, Hint: "use a role that may CREATE in the database and has REPLICATION", Exit: stream.ExitEnvironment}
}

// makeShop fills the shop, and notes the rows that are shown at the end.
func (d *demo) makeShop(ctx context.Context) error {
	db, dialect, err := d.base.open()
	if err != nil {
		return err
	}
	defer db.Close()
	p := d.progress("make the shop")
	err = shop.Create(ctx, db, dialect, d.base.size, func(done, total int) { p.show("%d of %d rows", done, total) })
	if err != nil {
		return fmt.Errorf("shop: %w", err)
	}
	p.done("%d customers and %d orders, all invented", d.base.size.Customers, d.base.size.Orders)
	for _, country := range []string{"TH", "DE", "SG"} {
		c, err := d.base.customer(ctx, db, country)
		if err != nil {
			return fmt.Errorf("shop: read a customer of %s: %w", country, err)
		}
		d.clear = append(d.clear, c)
	}
	return nil
}

// customer reads the first customer of a country about whom there is a note.
func (b *shopBase) customer(ctx context.Context, db *sql.DB, country string) (Customer, error) {
	shown := []string{"full_name", "email", "phone", "national_id", "card_number", "city", "birth_date", "notes"}
	row := db.QueryRowContext(ctx, "SELECT id, "+strings.Join(shown, ", ")+" FROM "+b.schema()+
		".customer WHERE country = '"+country+"' AND notes IS NOT NULL AND id > 50 ORDER BY id LIMIT 1")
	c := Customer{Country: country}
	text := make([]sql.NullString, len(shown))
	into := []any{&c.id}
	for i := range text {
		into = append(into, &text[i])
	}
	if err := row.Scan(into...); err != nil {
		return c, err
	}
	c.Columns = []Cell{{Column: "id", Before: fmt.Sprint(c.id)}}
	for i, name := range shown {
		c.Columns = append(c.Columns, Cell{Column: name, Before: strings.TrimSuffix(text[i].String, "T00:00:00Z")})
	}
	return c, nil
}

func (b *shopBase) change(ctx context.Context) (shop.Stats, error) {
	db, dialect, err := b.open()
	if err != nil {
		return shop.Stats{}, err
	}
	defer db.Close()
	s, err := shop.Mutate(ctx, db, dialect, shop.Changes{Seed: 2})
	if err != nil {
		return s, fmt.Errorf("shop: change: %w", err)
	}
	return s, nil
}
