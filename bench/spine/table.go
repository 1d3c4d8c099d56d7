package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"lethe/stream"
)

// columns is how many the table has.
const columns = 13

// createTable makes a table such as shops have of their customers. The rows are
// invented by the server; names repeat, the rest does not.
const createTable = `CREATE TABLE customer (
	id         integer PRIMARY KEY,
	first_name text NOT NULL,
	last_name  text NOT NULL,
	email      text NOT NULL,
	phone      text,
	address    text,
	city       text,
	country    varchar(2) NOT NULL,
	birth_date date,
	amount     numeric(12,2) NOT NULL,
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	notes      text
)`

// insertRows is what fills the table: rows $1 to $2. updated_at is the moment
// at which the row was made.
const insertRows = `INSERT INTO customer SELECT i,
	'First' || i % 2003, 'Last' || i % 9973, 'user' || i || '@mail' || i % 13 || '.example', '+66 8' || lpad((i::bigint * 7919 % 100000000)::text, 8, '0'),
	i % 997 || '/' || i % 89 || ' Example Road, Soi ' || i % 57, 'City' || i % 77, (ARRAY['TH','SG','DE','FR','NL'])[1 + i % 5],
	date '1950-01-01' + i % 20000, (i::bigint * 37 % 10000000) / 100.0, timestamptz '2024-01-01 00:00:00Z' + i * interval '1 second', clock_timestamp(),
	'Asked about order ' || i || ' on the telephone, wants to be called back after ' || i % 24 || ' h. ' || md5(i::text)
FROM generate_series($1::int, $2::int) AS i`

// database is one that this run made and drops again.
type database struct {
	url   string
	name  string
	admin string
}

// create makes a database of a random name on the server of a superuser's URL.
func create(ctx context.Context, admin string) (*database, error) {
	u, err := url.Parse(admin)
	if err != nil || u.Scheme == "" {
		return nil, &stream.Fault{Code: "bench.postgres", Path: "--postgres", Msg: "not a PostgreSQL URL",
			Hint: "write postgres://user@host:5432/postgres, of a superuser on a server with wal_level=logical"}
	}
	d := &database{name: "lethe_bench_" + strings.ToLower(rand.Text()[:10]), admin: admin}
	u.Path = "/" + d.name
	d.url = u.String()
	if err := execute(ctx, admin, "CREATE DATABASE "+d.name); err != nil {
		return nil, err
	}
	return d, nil
}

// drop drops the database and its slots. A walsender that is just ending still
// holds its slot for a moment.
func (d *database) drop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	slots := "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active AND database = '" + d.name + "'"
	dropSlots := "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '" + d.name + "'"
	for {
		err := execute(ctx, d.admin, slots, dropSlots, "DROP DATABASE "+d.name+" WITH (FORCE)")
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// fill makes the table and its rows.
func (d *database) fill(ctx context.Context, rows int64) error {
	if err := execute(ctx, d.url, createTable); err != nil {
		return err
	}
	conn, err := connect(ctx, d.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := insert(ctx, conn, 1, rows); err != nil {
		return err
	}
	return errors.Join(conn.Exec(ctx, "VACUUM ANALYZE customer").Close(), conn.Exec(ctx, "CHECKPOINT").Close())
}

func connect(ctx context.Context, at string) (*pgconn.PgConn, error) {
	conn, err := pgconn.Connect(ctx, at)
	if err != nil {
		// L7: the driver's error may show the URL.
		return nil, &stream.Fault{Code: "bench.postgres", Path: "--postgres", Msg: "the server cannot be reached", Exit: stream.ExitEnvironment,
			Hint: "start it, or name another: postgres://user@host:5432/postgres"}
	}
	return conn, nil
}

func execute(ctx context.Context, at string, statements ...string) error {
	conn, err := connect(ctx, at)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s).ReadAll(); err != nil {
			return fmt.Errorf("database: %w", err)
		}
	}
	return nil
}

// insert writes rows first to last in one transaction.
func insert(ctx context.Context, conn *pgconn.PgConn, first, last int64) error {
	r := conn.ExecParams(ctx, insertRows, [][]byte{fmt.Append(nil, first), fmt.Append(nil, last)}, nil, nil, nil).Read()
	if r.Err != nil {
		return fmt.Errorf("insert rows: %w", r.Err)
	}
	return nil
}
