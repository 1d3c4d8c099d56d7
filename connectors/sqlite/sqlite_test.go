package sqlite

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lethe/connectors"
	"lethe/stream"
	"lethe/stream/sourcetest"
)

// aead seals with AES-GCM under a key made for the test.
type aead struct{ cipher.AEAD }

func newSeal(t testing.TB) aead {
	t.Helper()
	key := make([]byte, 32)
	rand.Read(key)
	block, err := aes.NewCipher(key)
	must(t, err)
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	must(t, err)
	return aead{gcm}
}

func (a aead) Seal(plain []byte) []byte { return a.AEAD.Seal(nil, nil, plain, nil) }

func (a aead) Open(sealed []byte) ([]byte, error) { return a.AEAD.Open(nil, nil, sealed, nil) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shop is a database that a test writes, and what opens sources on it.
type shop struct {
	t    testing.TB
	path string
	db   *sql.DB
	env  connectors.Env
	cfg  connectors.Config
}

func newShop(t testing.TB, journal, schema string) *shop {
	t.Helper()
	dir := t.TempDir()
	s := &shop{t: t, path: filepath.Join(dir, "shop.db")}
	db, err := sql.Open("sqlite", "file:"+s.path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode("+journal+")&_pragma=synchronous(OFF)&_txlock=immediate")
	must(t, err)
	s.db = db
	t.Cleanup(func() { db.Close() })
	s.exec(schema)
	s.env = connectors.Env{Workspace: "test", Name: "crm", StateDir: filepath.Join(dir, "state"), Seal: newSeal(t), Now: time.Now,
		Secret: func(name string) ([]byte, error) { k := sha256.Sum256([]byte("test " + name)); return k[:], nil }}
	s.cfg = connectors.Config{"path": s.path, "poll": 10 * time.Millisecond}
	return s
}

func (s *shop) exec(query string, args ...any) {
	s.t.Helper()
	_, err := s.db.Exec(query, args...)
	must(s.t, err)
}

func (s *shop) open() *Source {
	s.t.Helper()
	src, err := openSource(s.env, s.cfg)
	must(s.t, err)
	return src.(*Source)
}

// poll reads from a position until the source has caught up once.
func (s *shop) poll(from stream.Position) []stream.Batch {
	s.t.Helper()
	return s.pollUntil(s.open(), from, func(b stream.Batch) bool { return b.CaughtUp })
}

var errEnough = errors.New("enough")

func (s *shop) pollUntil(src *Source, from stream.Position, enough func(stream.Batch) bool) []stream.Batch {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	var got []stream.Batch
	err := src.Read(ctx, from, func(b stream.Batch) error {
		got = append(got, copied(b))
		if enough(b) {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		s.t.Fatalf("Read ended: %v", err)
	}
	return got
}

func copied(b stream.Batch) stream.Batch {
	records := make([]stream.Record, len(b.Records))
	for i, r := range b.Records {
		r.Key, r.Value = append([]byte(nil), r.Key...), append([]byte(nil), r.Value...)
		if len(r.Key) == 0 {
			r.Key = nil
		}
		records[i] = r
	}
	b.Records = records
	b.Position.State = append([]byte(nil), b.Position.State...)
	return b
}

func last(batches []stream.Batch) stream.Position { return batches[len(batches)-1].Position }

// told is the records in short: table, op, key and row.
func told(batches []stream.Batch) []string {
	var out []string
	for _, b := range batches {
		for _, r := range b.Records {
			var e struct {
				Before, After json.RawMessage
				Op            string
			}
			if err := json.Unmarshal(r.Value, &e); err != nil {
				out = append(out, "broken")
				continue
			}
			row := e.After
			if e.Op == "d" {
				row = e.Before
			}
			out = append(out, fmt.Sprintf("%s %s %s %s", strings.TrimPrefix(r.Stream, "crm.main."), e.Op, r.Key, row))
		}
	}
	return out
}

func wantTold(t *testing.T, batches []stream.Batch, want ...string) {
	t.Helper()
	got := told(batches)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("records:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestConformance(t *testing.T) {
	for _, c := range []struct{ name, journal, schema, cursor string }{
		{"compared whole", "WAL", `CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)`, ""},
		{"by cursor", "WAL", `CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, version INTEGER)`, "version"},
		{"rollback journal, without rowid", "DELETE", `CREATE TABLE item (name TEXT, version INTEGER, id INTEGER, PRIMARY KEY (id)) WITHOUT ROWID`, "version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sourcetest.Run(t, func(t *testing.T) sourcetest.Harness { return harness(t, c.journal, c.schema, c.cursor) })
		})
	}
}

// harness gives the suite a table. The suite tries many restarts from one crash:
// each but the first finds the state that the first reading left.
func harness(t *testing.T, journal, schema, cursor string) sourcetest.Harness {
	s := newShop(t, journal, schema)
	s.cfg["cursor_column"] = cursor
	s.cfg["chunk_rows"] = int64(700)
	versioned := strings.Contains(schema, "version")
	version := 0
	crash := filepath.Join(filepath.Dir(s.env.StateDir), "crash")
	return sourcetest.Harness{
		Stream: "crm.main.item",
		Again:  func(n int64) { s.env.Again = func(string) int64 { return n } },
		Open: func() (stream.Source, error) {
			if _, err := os.Stat(crash); err == nil {
				if err := os.RemoveAll(s.env.StateDir); err != nil {
					return nil, err
				}
				if err := os.CopyFS(s.env.StateDir, os.DirFS(crash)); err != nil {
					return nil, err
				}
			} else if _, err := os.Stat(s.env.StateDir); err == nil {
				if err := os.CopyFS(crash, os.DirFS(s.env.StateDir)); err != nil {
					return nil, err
				}
			}
			return openSource(s.env, s.cfg)
		},
		Put: func(rows ...sourcetest.Row) error {
			tx, err := s.db.Begin()
			if err != nil {
				return err
			}
			defer tx.Rollback()
			version++
			for _, r := range rows {
				if versioned {
					_, err = tx.Exec(`INSERT INTO item (id, name, version) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version`, r.ID, r.Name, version/3)
				} else {
					_, err = tx.Exec(`INSERT INTO item (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name`, r.ID, r.Name)
				}
				if err != nil {
					return err
				}
			}
			return tx.Commit()
		},
		Delete: func(ids ...int64) error {
			tx, err := s.db.Begin()
			if err != nil {
				return err
			}
			defer tx.Rollback()
			for _, id := range ids {
				if _, err := tx.Exec(`DELETE FROM item WHERE id = ?`, id); err != nil {
					return err
				}
			}
			return tx.Commit()
		},
		Traits: sourcetest.Traits{Deletes: true},
	}
}
