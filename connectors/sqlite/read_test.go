package sqlite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lethe/stream"
)

const person = `CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, seen INTEGER)`

func byCursor(t *testing.T) *shop {
	s := newShop(t, "WAL", person)
	s.cfg["cursor"] = map[string]string{"person": "seen"}
	return s
}

func TestL2EqualCursorsAreNeitherMissedNorGivenTwice(t *testing.T) {
	s := byCursor(t)
	s.exec(`INSERT INTO person VALUES (1, 'a', 5), (2, 'b', 5)`)
	first := s.poll(stream.Position{})
	wantTold(t, first, `person r {"id":1} {"id":1,"name":"a","seen":5}`, `person r {"id":2} {"id":2,"name":"b","seen":5}`)
	s.exec(`INSERT INTO person VALUES (3, 'c', 5)`)
	s.exec(`UPDATE person SET name = 'B' WHERE id = 2`)
	second := s.poll(last(first))
	wantTold(t, second, `person r {"id":2} {"id":2,"name":"B","seen":5}`, `person r {"id":3} {"id":3,"name":"c","seen":5}`)
	wantTold(t, s.poll(last(second)))
}

func TestL2RowsThatComeLateAreFound(t *testing.T) {
	s := byCursor(t)
	s.exec(`INSERT INTO person VALUES (1, 'a', 10), (2, 'b', 20), (3, 'n', NULL)`)
	first := s.poll(stream.Position{})
	s.exec(`INSERT INTO person VALUES (4, 'late', 3)`)
	s.exec(`UPDATE person SET name = 'set back', seen = 1 WHERE id = 2`)
	s.exec(`UPDATE person SET name = 'no cursor' WHERE id = 3`)
	second := s.poll(last(first))
	got := told(second)
	slices.Sort(got)
	want := []string{`person r {"id":2} {"id":2,"name":"set back","seen":1}`, `person r {"id":3} {"id":3,"name":"no cursor","seen":null}`, `person r {"id":4} {"id":4,"name":"late","seen":3}`}
	if !slices.Equal(got, want) {
		t.Fatalf("records:\n%s", strings.Join(got, "\n"))
	}
	wantTold(t, s.poll(last(second)))
}

func TestL2DeletesAreFoundByComparison(t *testing.T) {
	for _, cursor := range []string{"", "seen"} {
		t.Run("cursor "+cursor, func(t *testing.T) {
			s := newShop(t, "WAL", person)
			s.cfg["cursor_column"] = cursor
			s.exec(`INSERT INTO person VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)`)
			first := s.poll(stream.Position{})
			s.exec(`DELETE FROM person WHERE id <> 2`)
			second := s.poll(last(first))
			got := told(second)
			slices.Sort(got)
			if want := []string{`person d {"id":1} {"id":1}`, `person d {"id":3} {"id":3}`}; !slices.Equal(got, want) {
				t.Fatalf("records:\n%s", strings.Join(got, "\n"))
			}
			s.exec(`INSERT INTO person VALUES (1, 'a', 1)`)
			third := s.poll(last(second))
			wantTold(t, third, `person r {"id":1} {"id":1,"name":"a","seen":1}`)
		})
	}
}

func TestDeletesAreLookedForAsOftenAsTheOptionSays(t *testing.T) {
	s := byCursor(t)
	s.cfg["deletes"] = time.Hour
	at := time.Unix(1_700_000_000, 0)
	s.env.Now = func() time.Time { return at }
	s.exec(`INSERT INTO person VALUES (1, 'a', 1), (2, 'b', 2)`)
	step := 0
	var found []string
	s.pollUntil(s.open(), stream.Position{}, func(b stream.Batch) bool {
		if got := told([]stream.Batch{b}); step > 0 {
			found = append(found, got...)
		}
		if !b.CaughtUp {
			return false
		}
		step++
		switch step {
		case 1:
			s.exec(`DELETE FROM person WHERE id = 1`)
			s.exec(`INSERT INTO person VALUES (3, 'c', 3)`)
		case 3:
			if len(found) != 1 {
				t.Errorf("before the hour: %q", found)
			}
			at = at.Add(time.Hour)
		}
		return step == 5
	})
	want := []string{`person r {"id":3} {"id":3,"name":"c","seen":3}`, `person d {"id":1} {"id":1}`}
	if !slices.Equal(found, want) {
		t.Errorf("records: %q", found)
	}
}

// A crash after the state was written and before the position was committed
// leaves the state ahead.
func TestL2ACrashBeforeTheCommitGivesTheSameRowsAgain(t *testing.T) {
	for _, cursor := range []string{"", "seen"} {
		t.Run("cursor "+cursor, func(t *testing.T) {
			s := newShop(t, "WAL", person)
			s.cfg["cursor_column"] = cursor
			s.exec(`WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1800) INSERT INTO person SELECT i, 'name ' || i, i FROM n`)
			first := s.poll(stream.Position{})
			if n := len(told(first)); n != 1800 {
				t.Fatalf("%d records", n)
			}
			committed := last(first)
			s.exec(`UPDATE person SET name = 'changed', seen = seen + 5000 WHERE id % 2 = 0`)
			s.exec(`DELETE FROM person WHERE id % 5 = 0`)
			s.exec(`INSERT INTO person VALUES (9000, 'new', 9000)`)
			lost := s.poll(committed)
			for cut := range len(lost) {
				from, before := committed, []stream.Batch(nil)
				if cut > 0 {
					from, before = lost[cut-1].Position, lost[:cut]
				}
				// Each cut is a crash of its own: the state is as the lost reading left it.
				s.cloned(func(c *shop) {
					again := c.poll(from)
					if got, want := told(slices.Concat(before, again)), told(lost); !sameSet(got, want) {
						t.Fatalf("cut after batch %d: %d records together, want the same %d", cut, len(got), len(want))
					}
					wantTold(t, c.poll(last(again)))
				})
			}
		})
	}
}

// cloned runs fn with a copy of the state.
func (s *shop) cloned(fn func(*shop)) {
	s.t.Helper()
	c := *s
	c.env.StateDir = filepath.Join(s.t.TempDir(), "state")
	must(s.t, os.CopyFS(c.env.StateDir, os.DirFS(s.env.StateDir)))
	fn(&c)
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func TestL2AStateThatIsGoneBeginsANewIncarnation(t *testing.T) {
	s := byCursor(t)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1), (2, 'b', 2)`)
	first := s.poll(stream.Position{})
	s.exec(`DELETE FROM person WHERE id = 1`)
	must(t, os.RemoveAll(s.env.StateDir))
	second := s.poll(last(first))
	wantTold(t, second, `person t  null`, `person r {"id":2} {"id":2,"name":"b","seen":2}`)
	v := second[0].Void
	if len(v) != 1 || v[0] != (stream.Void{Stream: "crm.main.person", Snapshot: "incarnation 0"}) {
		t.Errorf("void: %v", v)
	}
	old, fresh := first[0].Records[1].Seq, second[0].Records[0].Seq
	if bytes.Compare(old[:], fresh[:]) >= 0 || fresh.Incarnation() != 1 {
		t.Errorf("seq %s does not come after %s", fresh, old)
	}
	if second[0].Records[0].Kind != stream.KindTruncate {
		t.Error("the truncate is not one")
	}
	s.exec(`INSERT INTO person VALUES (3, 'c', 3)`)
	wantTold(t, s.poll(last(second)), `person r {"id":3} {"id":3,"name":"c","seen":3}`)
}

func TestL2APositionOnABranchThatWasUndoneBeginsANewIncarnation(t *testing.T) {
	s := byCursor(t)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1)`)
	first := s.poll(stream.Position{})
	s.exec(`INSERT INTO person VALUES (2, 'b', 2)`)
	abandoned := s.poll(last(first))
	s.exec(`DELETE FROM person WHERE id = 2`)
	s.exec(`INSERT INTO person VALUES (4, 'd', 4)`)
	s.poll(last(first)) // makes batches of the same numbers anew
	again := s.poll(last(abandoned))
	if got := told(again); got[0] != `person t  null` || len(got) != 3 {
		t.Errorf("records: %q", got)
	}
}

func TestWhatWasCommittedCannotBeUndone(t *testing.T) {
	s := byCursor(t)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1)`)
	src := s.open()
	caught := 0
	first := s.pollUntil(src, stream.Position{}, func(b stream.Batch) bool {
		must(t, src.Commit(t.Context(), b.Position))
		caught++
		return caught == 4
	})
	st, err := openState(s.env.StateDir)
	must(t, err)
	defer st.close()
	if st.floor != st.n || st.floor == 0 {
		t.Errorf("floor %d of %d", st.floor, st.n)
	}
	if n, err := st.integer(t.Context(), `SELECT count(*) FROM undo`); n != 0 || err != nil {
		t.Errorf("%d rows to undo what is committed: %v", n, err)
	}
	wantTold(t, s.poll(last(first)))
	if got := told(s.poll(stream.Position{})); len(got) != 2 || got[0] != `person t  null` {
		t.Errorf("from the beginning: %q", got)
	}
}

func TestATableWithoutAKeyIsComparedByItsRows(t *testing.T) {
	for _, journal := range []string{"WAL", "DELETE"} {
		t.Run(journal, func(t *testing.T) {
			s := newShop(t, journal, `CREATE TABLE visit (who TEXT, page TEXT)`)
			s.cfg["chunk_rows"] = int64(2)
			s.exec(`INSERT INTO visit VALUES ('a', 'x'), ('a', 'x'), ('b', 'y')`)
			first := s.poll(stream.Position{})
			wantTold(t, first, `visit r  {"who":"a","page":"x"}`, `visit r  {"who":"a","page":"x"}`, `visit r  {"who":"b","page":"y"}`)
			if first[0].Records[0].Key != nil {
				t.Error("a record has a key")
			}
			s.exec(`DELETE FROM visit WHERE rowid = 1`)
			s.exec(`UPDATE visit SET page = 'z' WHERE who = 'b'`)
			s.exec(`VACUUM`)
			second := s.poll(last(first))
			if got, want := told(second), []string{`visit r  {"who":"b","page":"z"}`, `visit d  {"who":"a","page":"x"}`, `visit d  {"who":"b","page":"y"}`}; !sameSet(got, want) {
				t.Errorf("records: %q", got)
			}
			wantTold(t, s.poll(last(second)))
		})
	}
}

func TestNullsInAKeyDoNotMakeRowsComeAgain(t *testing.T) {
	s := newShop(t, "WAL", `CREATE TABLE tag (a TEXT, b INTEGER, note TEXT, PRIMARY KEY (a, b))`)
	s.exec(`INSERT INTO tag VALUES ('x', NULL, '1'), ('x', NULL, '2'), ('x', NULL, '2'), ('x', 3, '3')`)
	first := s.poll(stream.Position{})
	if n := len(told(first)); n != 4 {
		t.Fatalf("%d records", n)
	}
	s.exec(`UPDATE tag SET note = '4' WHERE b = 3`)
	second := s.poll(last(first))
	wantTold(t, second, `tag r {"a":"x","b":3} {"a":"x","b":3,"note":"4"}`)
	s.exec(`DELETE FROM tag WHERE note = '1'`)
	wantTold(t, s.poll(last(second)), `tag d {"a":"x","b":null} {"a":"x","b":null}`)
}

func TestSchemaChangesAreToldBeforeTheirRecords(t *testing.T) {
	s := byCursor(t)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1), (2, 'b', 2)`)
	var shapes []string
	steps := []func(){
		func() {
			s.exec(`ALTER TABLE person ADD COLUMN line_id TEXT`)
			s.exec(`UPDATE person SET line_id = 'l1', seen = 3 WHERE id = 1`)
		},
		func() { s.exec(`ALTER TABLE person RENAME COLUMN name TO full_name`) },
		func() { s.exec(`ALTER TABLE person DROP COLUMN line_id`) },
		func() { s.exec(`CREATE TABLE other (id INTEGER PRIMARY KEY)`) },
		func() { s.exec(`DROP TABLE other`) },
	}
	step := 0
	batches := s.pollUntil(s.open(), stream.Position{}, func(b stream.Batch) bool {
		for _, sc := range b.Schemas {
			var names []string
			for _, f := range sc.Fields {
				names = append(names, f.Name)
			}
			shapes = append(shapes, strings.TrimPrefix(sc.Stream, "crm.main.")+": "+strings.Join(names, " "))
		}
		if !b.CaughtUp {
			return false
		}
		if step < len(steps) {
			steps[step]()
		}
		step++
		return step > len(steps)
	})
	want := []string{"person: id name seen", "person: id name seen line_id", "person: id full_name seen line_id", "person: id full_name seen", "other: id"}
	if !slices.Equal(shapes, want) {
		t.Errorf("shapes told:\n%s", strings.Join(shapes, "\n"))
	}
	if got := told(batches)[2:]; len(got) == 0 || got[0] != `person r {"id":1} {"id":1,"name":"a","seen":3,"line_id":"l1"}` {
		t.Errorf("records after the new column: %q", got)
	}
}

func TestL2ADroppedTableDeletesItsRows(t *testing.T) {
	s := newShop(t, "WAL", person)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1)`)
	first := s.poll(stream.Position{})
	s.exec(`DROP TABLE person`)
	second := s.poll(last(first))
	wantTold(t, second, `person d {"id":1} {"id":1}`)
	wantTold(t, s.poll(last(second)))
	s.exec(person)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1)`)
	wantTold(t, s.poll(last(second)), `person r {"id":1} {"id":1,"name":"a","seen":1}`)
}

func TestATableThatIsNoLongerSelectedKeepsItsRowsDownstream(t *testing.T) {
	s := newShop(t, "WAL", person+`; CREATE TABLE other (id INTEGER PRIMARY KEY)`)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1)`)
	s.exec(`INSERT INTO other VALUES (1)`)
	first := s.poll(stream.Position{})
	s.cfg["tables"] = []string{"OTH*"}
	wantTold(t, s.poll(last(first)))
}

func TestADatabaseThatIsReplacedIsFollowed(t *testing.T) {
	s := newShop(t, "DELETE", person)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1)`)
	next := newShop(t, "DELETE", person)
	next.exec(`INSERT INTO person VALUES (1, 'a', 1), (2, 'b', 2)`)
	next.db.Close()
	moved := false
	batches := s.pollUntil(s.open(), stream.Position{}, func(b stream.Batch) bool {
		if b.CaughtUp && !moved {
			moved = true
			must(t, os.Rename(next.path, s.path))
		}
		return len(b.Records) > 0 && strings.Contains(string(b.Records[0].Key), "2")
	})
	wantTold(t, batches[len(batches)-1:], `person r {"id":2} {"id":2,"name":"b","seen":2}`)
}

func TestL7TheStateHoldsNoClearValue(t *testing.T) {
	const canary = "somchai.canary@example.org"
	s := newShop(t, "WAL", `CREATE TABLE person (email TEXT PRIMARY KEY, phone TEXT); CREATE TABLE note (body TEXT)`)
	s.cfg["cursor_column"] = "email"
	s.exec(`INSERT INTO person VALUES (?, '081-234-5678')`, canary)
	s.exec(`INSERT INTO note VALUES (?)`, canary)
	first := s.poll(stream.Position{})
	s.exec(`UPDATE person SET phone = '089-999-9999'`)
	s.poll(last(first))
	for _, b := range first {
		if strings.Contains(b.Position.Label, "canary") {
			t.Error("a label holds a value")
		}
	}
	files, err := filepath.Glob(filepath.Join(s.env.StateDir, "*"))
	must(t, err)
	for _, f := range files {
		info, err := os.Stat(f)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %s", filepath.Base(f), info.Mode())
		}
		content, err := os.ReadFile(f)
		must(t, err)
		for _, v := range []string{"canary", "081-234-5678", "089-999-9999"} {
			if bytes.Contains(content, []byte(v)) {
				t.Errorf("%s holds a clear value", filepath.Base(f))
			}
		}
	}
}

func TestBatchesStayBelowTheirCeilings(t *testing.T) {
	s := newShop(t, "WAL", `CREATE TABLE blob (id INTEGER PRIMARY KEY, body TEXT)`)
	s.exec(`WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2100) INSERT INTO blob SELECT i, hex(zeroblob(CASE WHEN i < 30 THEN 100000 ELSE 1 END)) FROM n`)
	rows := 0
	for _, b := range s.poll(stream.Position{}) {
		size := 0
		for i, r := range b.Records {
			size += len(r.Key) + len(r.Value)
			if r.Seq.Ordinal() != uint64(i) {
				t.Fatalf("record %d has ordinal %d", i, r.Seq.Ordinal())
			}
		}
		if len(b.Records) > batchRows || size > batchBytes && len(b.Records) > 1 {
			t.Errorf("a batch of %d records and %d bytes", len(b.Records), size)
		}
		rows += len(b.Records)
	}
	if rows != 2100 {
		t.Errorf("%d records", rows)
	}
}

func TestTheEnvelopeIsDebeziums(t *testing.T) {
	s := newShop(t, "WAL", person)
	at := time.UnixMilli(1_700_000_000_123)
	s.env.Now = func() time.Time { return at }
	s.exec(`INSERT INTO person VALUES (1, 'say "ก"', 1)`)
	got := s.poll(stream.Position{})[0].Records[0]
	want := `{"before":null,"after":{"id":1,"name":"say \"ก\"","seen":1},"op":"r","ts_ms":1700000000123,` +
		`"source":{"connector":"sqlite","name":"crm","ts_ms":1700000000123,"db":"main","schema":"main","table":"person"}}`
	if string(got.Value) != want || !json.Valid(got.Value) {
		t.Errorf("value:\n%s\nwant:\n%s", got.Value, want)
	}
	if got.Stream != "crm.main.person" || string(got.Key) != `{"id":1}` {
		t.Errorf("stream %s, key %s", got.Stream, got.Key)
	}
}

func TestALargeStateIsComparedInShards(t *testing.T) {
	s := newShop(t, "WAL", person)
	s.exec(`WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO person SELECT i, 'n' || i, i FROM n`)
	s.poll(stream.Position{})
	st, err := openState(s.env.StateDir)
	must(t, err)
	defer st.close()
	id, err := st.stream("crm.main.person")
	must(t, err)
	for _, shards := range []int{1, 4, 256} {
		met := map[identity]bool{}
		for shard := range shards {
			x, err := st.index(id, shard, shards, 3000)
			must(t, err)
			for i, k := range x.ids {
				d, f, err := x.find(k)
				if err != nil || f != known || d != x.digests[i] {
					t.Fatalf("shard %d of %d: an identity of it is not found", shard, shards)
				}
				if _, f, _ := x.find(k); f != again {
					t.Fatal("an identity is met for the first time twice")
				}
				met[k] = true
			}
		}
		if len(met) != 3000 {
			t.Errorf("%d shards hold %d of 3000 rows", shards, len(met))
		}
	}
	for rows, want := range map[int64]int{0: 1, shardRows: 1, shardRows + 1: 2, 5 * shardRows: 8} {
		if got := shardsFor(rows); got != want {
			t.Errorf("%d rows make %d shards, want %d", rows, got, want)
		}
	}
}

func BenchmarkFirstPoll(b *testing.B) {
	s := newShop(b, "WAL", `CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, email TEXT, phone TEXT, note TEXT, born DATE, at DATETIME)`)
	const rows = 100_000
	s.exec(fmt.Sprintf(`WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO person
		SELECT i, 'name of ' || i, i || '@example.org', '081-234-' || i, 'a note about nothing in particular, ' || i, '1980-02-03', '2024-05-06 07:08:09.123' FROM n`, rows))
	for b.Loop() {
		must(b, os.RemoveAll(s.env.StateDir))
		s.poll(stream.Position{})
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

func TestL1AStreamThatMayNotBeginWaitsAndLosesNothing(t *testing.T) {
	s := newShop(t, "WAL", person)
	may := map[string]bool{"crm.main.person": true}
	s.env.Begin = func(stream string) bool { return may[stream] }
	s.exec(`CREATE TABLE visit (id INTEGER PRIMARY KEY)`)
	s.exec(`INSERT INTO person VALUES (1, 'a', 1)`)
	s.exec(`INSERT INTO visit VALUES (1), (2)`)
	first := s.poll(stream.Position{})
	wantTold(t, first, `person r {"id":1} {"id":1,"name":"a","seen":1}`)
	s.exec(`DELETE FROM visit WHERE id = 1`)
	s.exec(`INSERT INTO person VALUES (2, 'b', 2)`)
	may = map[string]bool{"crm.main.visit": true}
	second := s.poll(last(first)) // a stream that was begun is read on
	wantTold(t, second, `person r {"id":2} {"id":2,"name":"b","seen":2}`, `visit r {"id":2} {"id":2}`)
	if err := os.RemoveAll(s.env.StateDir); err != nil {
		t.Fatal(err)
	}
	third := s.poll(last(second)) // also where the state is lost
	wantTold(t, third, `person t  null`, `visit t  null`,
		`person r {"id":1} {"id":1,"name":"a","seen":1}`, `person r {"id":2} {"id":2,"name":"b","seen":2}`, `visit r {"id":2} {"id":2}`)
}
