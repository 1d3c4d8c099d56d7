package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lethe/connectors"
	"lethe/stream"
)

func codes(err error) string {
	var out []string
	for _, f := range stream.Faults(err) {
		out = append(out, f.Code)
		if f.Code != "fault" && (f.Path == "" || f.Msg == "" || f.Hint == "") {
			out = append(out, "incomplete: "+f.Error())
		}
	}
	return strings.Join(out, " ")
}

func TestCheckTellsEveryFault(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(*shop)
		want string
	}{
		{"nothing wrong", func(*shop) {}, ""},
		{"no file", func(s *shop) { s.cfg["path"] = s.path + ".none" }, "sqlite.missing"},
		{"a folder", func(s *shop) { s.cfg["path"] = filepath.Dir(s.path) }, "sqlite.missing"},
		{"another format", func(s *shop) {
			s.cfg["path"] = s.path + ".txt"
			must(s.t, os.WriteFile(s.path+".txt", []byte(strings.Repeat("not a database ", 100)), 0o600))
		}, "sqlite.not_a_database"},
		{"no table", func(s *shop) { s.cfg["tables"] = []string{"person", "persons"} }, "sqlite.table"},
		{"no cursor column", func(s *shop) { s.cfg["cursor"] = map[string]string{"person": "updated_at"} }, "sqlite.cursor"},
		{"cursor of no table", func(s *shop) { s.cfg["cursor"] = map[string]string{"nobody": "seen"} }, "sqlite.table"},
		{"cursor column of no table", func(s *shop) { s.cfg["cursor_column"] = "updated_at" }, "sqlite.cursor"},
		{"many", func(s *shop) {
			s.cfg["tables"] = []string{"a", "b"}
			s.cfg["cursor_column"] = "c"
		}, "sqlite.table sqlite.table sqlite.cursor"},
		{"a state of another kind", func(s *shop) {
			must(s.t, os.MkdirAll(s.env.StateDir, 0o700))
			must(s.t, os.WriteFile(filepath.Join(s.env.StateDir, stateFile), []byte(strings.Repeat("junk ", 500)), 0o600))
		}, "sqlite.state"},
		{"nowhere to keep the state", func(s *shop) { s.env.StateDir = "" }, "sqlite.state"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t, "WAL", person)
			c.make(s)
			if got := codes(s.open().Check(t.Context())); got != c.want {
				t.Errorf("faults %q, want %q", got, c.want)
			}
		})
	}
}

func TestConfigurationIsCheckedAtOnce(t *testing.T) {
	_, err := openSource(connectors.Env{Name: "crm"}, connectors.Config{"poll": -time.Second, "chunk_rows": int64(-1), "tables": []string{"[a"}})
	if n := len(stream.Faults(err)); n != 4 {
		t.Errorf("%d faults: %v", n, err)
	}
}

func TestADatabaseInUseIsReadWithoutWritingToIt(t *testing.T) {
	s := newShop(t, "DELETE", person)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1)`)
	s.db.Close()
	before, err := os.ReadFile(s.path)
	must(t, err)
	must(t, os.Chmod(s.path, 0o400))
	wantTold(t, s.poll(stream.Position{}), `person r {"id":1} {"id":1,"name":"a","seen":1}`)
	after, err := os.ReadFile(s.path)
	must(t, err)
	if string(before) != string(after) {
		t.Error("the database was changed")
	}
	db, err := openDatabase(t.Context(), "crm", s.path, time.Now)
	must(t, err)
	defer db.close()
	if _, err := db.exec(t.Context(), `DELETE FROM person`); err == nil {
		t.Error("the connection can write")
	}
}

func TestALockedDatabaseIsPolledAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t, "DELETE", person)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1)`)
	s.db.SetMaxOpenConns(1)
	locked, freed := false, make(chan struct{})
	batches := s.pollUntil(s.open(), stream.Position{}, func(b stream.Batch) bool {
		if b.CaughtUp && !locked {
			locked = true
			s.exec(`BEGIN EXCLUSIVE`)
			s.exec(`INSERT INTO person VALUES (2, 'b', 2)`)
			time.AfterFunc(6*time.Second, func() { // longer than busy_timeout
				s.db.Exec(`COMMIT`)
				close(freed)
			})
		}
		return len(b.Records) > 0 && locked
	})
	<-freed
	wantTold(t, batches[len(batches)-1:], `person r {"id":2} {"id":2,"name":"b","seen":2}`)
}

func TestAStateThatAnotherProcessTookOverStopsTheOlder(t *testing.T) {
	s := newShop(t, "WAL", person)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1)`)
	ctx := t.Context()
	stolen := false
	err := s.open().Read(ctx, stream.Position{}, func(b stream.Batch) error {
		if b.CaughtUp && !stolen {
			stolen = true
			s.exec(`INSERT INTO person VALUES (2, 'b', 2)`)
			s.poll(b.Position)
			s.exec(`INSERT INTO person VALUES (3, 'c', 3)`)
		} else if len(b.Records) > 0 && stolen {
			return errors.New("the older one gave records")
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "another process took it over") {
		t.Errorf("Read returned %v", err)
	}
}
