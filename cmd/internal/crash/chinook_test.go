//go:build linux

package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"lethe/connectors/parquet/replay"
)

// chinookRig is the Chinook sample database, carried into a lake under the
// policy that discover writes.
type chinookRig struct {
	dir, url string
	bin      string // lethe
	db       *pgx.Conn
}

// chinookTable and chinookColumn are what lethe check says of them.
type chinookTable struct {
	Name   string `json:"stream"`
	Topic  string
	Fields []chinookColumn
}

type chinookColumn struct{ Path, Element, Operator string }

// Real tables from the first verb to the last: eleven tables of people, invoices
// and music; a table of the lake holds the rows that the table of the source
// holds, and again after they changed.
func TestL1L2ChinookInTheLakeIsChinookInPostgreSQL(t *testing.T) {
	script, err := os.ReadFile("../../../../shared/data/chinook-postgres.sql")
	if err != nil {
		t.Skip("the Chinook sample database is not beside this repository: ", err)
	}
	r := newChinook(t, string(script))
	r.lethe(t, "init", "--workspace", "chinook"+strconv.FormatInt(time.Now().UnixNano(), 36), "--source", "crm=postgres:${CRM_URL}", "--sink", "lake=parquet:lake", "--region", "DE", r.dir)
	r.lethe(t, "discover", r.dir)
	policy := filepath.Join(r.dir, "policy.yaml")
	text, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	put(t, policy, strings.Replace(string(text), "# default: redact", "default: redact", 1))
	var checked struct {
		Connections []struct{ Streams []chinookTable }
	}
	if err := json.Unmarshal([]byte(r.lethe(t, "check", "--json", r.dir)), &checked); err != nil || len(checked.Connections) != 1 {
		t.Fatal(err, checked)
	}
	streams := checked.Connections[0].Streams
	if len(streams) != 11 {
		t.Errorf("%d streams, Chinook has 11 tables", len(streams))
	}
	for _, changes := range []string{"", `
		UPDATE customer SET city = 'Chiang Mai', email = 'moved@example.org' WHERE customer_id % 5 = 0;
		DELETE FROM invoice_line WHERE invoice_line_id % 7 = 0;
		UPDATE genre SET genre_id = genre_id + 1000 WHERE genre_id NOT IN (SELECT genre_id FROM track);
		INSERT INTO genre VALUES (500, 'Mor lam'), (501, NULL);
		UPDATE track SET unit_price = 1.99 WHERE track_id % 100 = 0;
		DELETE FROM playlist_track WHERE playlist_id = 18`} {
		if changes != "" {
			exe(t, r.db, changes)
		}
		r.lethe(t, "run", "--once", "--log-level", "error", r.dir)
		r.lethe(t, "verify", r.dir)
		for _, s := range streams {
			r.compare(t, s)
		}
	}
}

func newChinook(t *testing.T, script string) *chinookRig {
	t.Helper()
	server := os.Getenv("LETHE_TEST_POSTGRES")
	if server == "" {
		missing(t, "LETHE_TEST_POSTGRES names no server: ./test.sh starts one")
	}
	name := "chinook" + strconv.FormatInt(time.Now().UnixNano(), 36)
	admin := connect(t, server)
	exe(t, admin, "CREATE DATABASE "+name)
	config, err := pgx.ParseConfig(server)
	if err != nil {
		t.Fatal(err)
	}
	r := &chinookRig{bin: built(t), dir: filepath.Join(t.TempDir(), "folder"), url: fmt.Sprintf("postgres://%s:%s@%s:%d/%s", config.User, config.Password, config.Host, config.Port, name)}
	t.Cleanup(func() {
		// A slot keeps its database from being dropped, and whoever reads it, the slot.
		ctx := context.Background()
		admin.Exec(ctx, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()", name)
		admin.Exec(ctx, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1", name)
		admin.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		admin.Close(ctx)
	})
	r.db = connect(t, r.url)
	_, tables, ok := strings.Cut(script, "\\c chinook;")
	if !ok {
		t.Fatal("the script does not change to its database")
	}
	if _, err := r.db.PgConn().Exec(t.Context(), tables).ReadAll(); err != nil {
		t.Fatal(err)
	}
	return r
}

// lethe runs a verb and returns what it prints.
func (r *chinookRig) lethe(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(r.bin, args...)
	cmd.Env = append(os.Environ(), "CRM_URL="+r.url)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("lethe %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// compare holds the present rows of a table against those of the lake: kept
// columns by their values, the others by what masking promises of them.
func (r *chinookRig) compare(t *testing.T, s chinookTable) {
	t.Helper()
	table := strings.TrimPrefix(s.Name, "crm.public.")
	type row struct {
		seq, op string
		columns map[string]any
	}
	last := map[string]row{}
	err := replay.Replay(filepath.Join(r.dir, "lake"), s.Topic, func(_ int32, _ int64, op, key, seq string, columns map[string]any) error {
		if old, ok := last[key]; !ok || seq > old.seq {
			last[key] = row{seq, op, columns}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var lake []map[string]any
	for _, l := range last {
		if l.op != "d" {
			lake = append(lake, l.columns)
		}
	}
	var names, kept []string
	for _, f := range s.Fields {
		if f.Operator == "keep" {
			kept = append(kept, f.Path)
		}
		names = append(names, f.Path)
	}
	rows, err := r.db.Query(t.Context(), "SELECT "+strings.Join(names, "::text, ")+"::text FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	source := map[string][]*string{} // by column
	var want []string
	for n := 0; rows.Next(); n++ {
		values := make([]*string, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var line []string
		for i, f := range s.Fields {
			source[f.Path] = append(source[f.Path], values[i])
			if f.Operator == "keep" {
				line = append(line, text(values[i]))
			}
		}
		want = append(want, strings.Join(line, " | "))
	}
	var got []string
	for _, l := range lake {
		var line []string
		for _, name := range kept {
			line = append(line, plainText(l[name]))
		}
		got = append(got, strings.Join(line, " | "))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s: the lake holds %d rows, the table %d, or they differ in %v", table, len(got), len(want), kept)
	}
	for _, f := range s.Fields {
		masked(t, table, f, lake, source[f.Path])
	}
}

// masked checks what an operator promises of a column: nulls stay, redact leaves
// one constant, hmac as many values as there were and none of them.
func masked(t *testing.T, table string, f chinookColumn, lake []map[string]any, source []*string) {
	t.Helper()
	clear, nulls := map[string]bool{}, 0
	for _, v := range source {
		if v == nil {
			nulls++
			continue
		}
		clear[*v] = true
	}
	distinct, nullsNow := map[string]bool{}, 0
	for _, l := range lake {
		if l[f.Path] == nil {
			nullsNow++
			continue
		}
		v := plainText(l[f.Path])
		distinct[v] = true
		if f.Operator == "redact" && v != "[redacted]" || f.Operator == "hmac" && clear[v] {
			t.Fatalf("%s.%s: a value is not masked by %s", table, f.Path, f.Operator)
		}
	}
	if nulls != nullsNow {
		t.Errorf("%s.%s: %d nulls, the table has %d", table, f.Path, nullsNow, nulls)
	}
	if f.Operator == "hmac" && f.Element == "id.internal" && len(distinct) != len(clear) {
		t.Errorf("%s.%s: %d pseudonyms for %d values", table, f.Path, len(distinct), len(clear))
	}
}

func text(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// plainText is a value of the lake as PostgreSQL writes it.
func plainText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		if when, err := time.Parse("2006-01-02T15:04:05.999999Z", v); err == nil {
			return when.Format("2006-01-02 15:04:05.999999")
		}
		return v
	}
	return fmt.Sprint(v)
}
