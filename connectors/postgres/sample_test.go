package postgres

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"lethe/connectors"
	"lethe/stream"
)

// load runs files of a sample database, which lie beside the project.
func load(t *testing.T, d *database, files ...string) {
	t.Helper()
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed")
	}
	for _, f := range files {
		path := filepath.Join("..", "..", "..", "shared", "data", f)
		if _, err := os.Stat(path); err != nil {
			t.Skipf("the sample database %s is not there", f)
		}
		c := exec.Command(psql, "-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", d.url)
		c.Stdin = strings.NewReader(here(t, path))
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("load %s: %v\n%.500s", f, err, out)
		}
	}
}

// here is a script without the lines that make a database or name an owner.
func here(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var keep []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "CREATE DATABASE") || strings.HasPrefix(line, "DROP DATABASE") || strings.HasPrefix(line, `\c `) ||
			strings.Contains(line, "OWNER TO postgres") || strings.Contains(line, "PROCEDURAL LANGUAGE") {
			continue
		}
		keep = append(keep, line)
	}
	return strings.Join(keep, "")
}

// counts are the rows of each stream by the database's own count.
func counts(t *testing.T, d *database, schemas []stream.Schema) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, s := range schemas {
		name := s.Stream[len("crm."):]
		schema, table, _ := strings.Cut(name, ".")
		n, err := query(context.Background(), d.conn, "SELECT count(*) FROM ONLY "+quoteIdent(schema, table))
		if err != nil { // a partitioned table has no rows of its own
			t.Fatal(err)
		}
		out[s.Stream], _ = strconv.Atoi(n[0][0])
	}
	return out
}

func TestL2SampleDatabasesAreReadWhole(t *testing.T) {
	for _, sample := range []struct {
		name    string
		files   []string
		change  string
		changes int
	}{
		{"chinook", []string{"chinook-postgres.sql"},
			`UPDATE customer SET email = 'x@example.org' WHERE customer_id < 11; DELETE FROM playlist_track WHERE playlist_id = 1`, 10 + 3290},
		{"sakila", []string{"sakila-postgres-schema.sql", "sakila-postgres-data.sql"},
			`UPDATE customer SET email = 'x@example.org' WHERE customer_id < 11; UPDATE film SET rental_rate = 1`, 10 + 1000},
	} {
		t.Run(sample.name, func(t *testing.T) {
			d := newDatabase(t)
			load(t, d, sample.files...)
			src := d.open(nil)
			schemas, err := src.Discover(t.Context())
			if err != nil || len(schemas) < 10 {
				t.Fatalf("%d streams: %v", len(schemas), err)
			}
			want := counts(t, d, schemas)
			f := d.follow(stream.Position{}, connectors.Config{"chunk_rows": int64(1500)})
			f.untilCaughtUp()
			got := map[string]int{}
			for _, r := range f.records() {
				got[r.Stream]++
			}
			total := 0
			for name, n := range want {
				total += n
				if got[name] != n {
					t.Errorf("%s: %d rows given, %d there", name, got[name], n)
				}
			}
			t.Logf("%d rows of %d tables", total, len(want))
			d.exec(sample.change)
			f.take(total + sample.changes)
			f.untilCaughtUp()
			if n := len(f.records()); n != total+sample.changes {
				t.Errorf("%d records, want %d", n, total+sample.changes)
			}
		})
	}
}
