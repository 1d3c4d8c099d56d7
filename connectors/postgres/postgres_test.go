package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"lethe/connectors"
	"lethe/stream"
	"lethe/stream/sourcetest"
)

// server returns the URL of a superuser on a server with wal_level=logical.
func server(t testing.TB) string {
	t.Helper()
	u := os.Getenv("LETHE_TEST_POSTGRES")
	if u == "" && os.Getenv("CI") == "true" {
		t.Fatal("LETHE_TEST_POSTGRES is not set, and this is CI")
	}
	if u == "" {
		t.Skip("LETHE_TEST_POSTGRES is not set: it holds the URL of a superuser on a PostgreSQL with wal_level=logical")
	}
	return u
}

// database is a new database, dropped with its slots when the test ends.
type database struct {
	t    testing.TB
	url  string
	name string
	conn *pgconn.PgConn

	begin func(stream string) bool // of the sources that it opens
	again func(stream string) int64
}

func newDatabase(t testing.TB) *database {
	t.Helper()
	admin := connect(t, server(t))
	name := "lethe_" + strings.ToLower(rand.Text()[:12])
	execute(t, admin, "CREATE DATABASE "+name)
	u, err := url.Parse(server(t))
	if err != nil {
		t.Fatal("LETHE_TEST_POSTGRES is no URL")
	}
	u.Path = "/" + name
	d := &database{t: t, url: u.String(), name: name}
	t.Cleanup(func() {
		deadline := time.Now().Add(20 * time.Second)
		for {
			_, err := admin.Exec(context.Background(), "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '"+name+"'").ReadAll()
			if err == nil {
				_, err = admin.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)").ReadAll()
			}
			if err == nil {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("drop database: %v", err)
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
	d.conn = connect(t, d.url)
	return d
}

func connect(t testing.TB, u string) *pgconn.PgConn {
	t.Helper()
	c, err := pgconn.Connect(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func execute(t testing.TB, c *pgconn.PgConn, sql string) {
	t.Helper()
	if _, err := c.Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (d *database) exec(sql string) { d.t.Helper(); execute(d.t, d.conn, sql) }

// value returns one value.
func (d *database) value(sql string) string {
	d.t.Helper()
	rows, err := query(context.Background(), d.conn, sql)
	if err != nil || len(rows) == 0 {
		d.t.Fatalf("%s: %v", sql, err)
	}
	return rows[0][0]
}

// config is the configuration of source crm with defaults filled in.
func (d *database) config(over connectors.Config) connectors.Config {
	c := connectors.Config{}
	for _, o := range Connector().Source {
		if o.Default != nil {
			c[o.Name] = o.Default
		}
	}
	c["url"] = stream.NewValue([]byte(d.url))
	c["streams"] = []string{"public.*"}
	c["slot"] = d.name
	c["heartbeat"] = 100 * time.Millisecond
	for k, v := range over {
		c[k] = v
	}
	return c
}

func (d *database) open(over connectors.Config) stream.Source {
	d.t.Helper()
	src, err := Connector().OpenSource(connectors.Env{Workspace: "test", Name: "crm", Log: slog.New(slog.DiscardHandler), Now: time.Now, Begin: d.begin, Again: d.again}, d.config(over))
	if err != nil {
		d.t.Fatal(err)
	}
	return src
}

func TestSourceConforms(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
		d := newDatabase(t)
		d.exec("CREATE TABLE item (id bigint PRIMARY KEY, name text)")
		writer := connect(t, d.url)
		write := func(sql string) error {
			_, err := writer.Exec(context.Background(), sql).ReadAll()
			return err
		}
		return sourcetest.Harness{
			Stream: "crm.public.item",
			Again:  func(n int64) { d.again = func(string) int64 { return n } },
			Open:   func() (stream.Source, error) { return d.open(connectors.Config{"chunk_rows": int64(700)}), nil },
			Put: func(rows ...sourcetest.Row) error {
				var values []string
				for _, r := range rows {
					values = append(values, fmt.Sprintf("(%d, %s)", r.ID, quoteText(r.Name)))
				}
				return write("INSERT INTO item VALUES " + strings.Join(values, ", ") + " ON CONFLICT (id) DO UPDATE SET name = excluded.name")
			},
			Delete: func(ids ...int64) error {
				var err error
				for _, id := range ids {
					err = errors.Join(err, write(fmt.Sprintf("DELETE FROM item WHERE id = %d", id)))
				}
				return err
			},
			Traits: sourcetest.Traits{Deletes: true, Every: true},
		}
	})
}
