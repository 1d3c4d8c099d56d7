package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lethe/connectors"
	"lethe/stream"
)

// tableRows is what a table of columns k… and v holds, as rows tells it.
func tableRows(d *database, name, key, row string) map[string]string {
	d.t.Helper()
	got, err := query(context.Background(), d.conn, "SELECT "+key+", "+row+" FROM "+name)
	if err != nil {
		d.t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range got {
		out["crm.public."+name+r[0]] = r[1]
	}
	return out
}

func same(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

func small(over connectors.Config) connectors.Config {
	c := connectors.Config{"chunk_rows": int64(50)}
	for k, v := range over {
		c[k] = v
	}
	return c
}

// A writer changes everything that can change while the snapshot is read in
// small chunks; what the records add up to must be the table.
func TestL2ASnapshotBesideAWriterEndsAsTheTable(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE acc (a int, b text COLLATE "und-x-icu", n int, body text, PRIMARY KEY (b, a));
		INSERT INTO acc SELECT i, 'ä' || (i % 37), 0, CASE WHEN i % 50 = 0 THEN ` + big + ` END FROM generate_series(1, 3000) i`)
	var wg sync.WaitGroup
	for w := range 3 {
		conn := connect(t, d.url)
		rnd := rand.New(rand.NewPCG(7, uint64(w)))
		wg.Go(func() {
			for i := range 250 {
				a := rnd.IntN(3000) + 1
				var sql string
				switch rnd.IntN(6) {
				case 0:
					sql = fmt.Sprintf("INSERT INTO acc VALUES (%d, 'new', %d, NULL)", 10000+w*1000+i, i)
				case 1:
					sql = fmt.Sprintf("DELETE FROM acc WHERE a = %d", a)
				case 2:
					sql = fmt.Sprintf("UPDATE acc SET b = 'moved' || %d WHERE a = %d", rnd.IntN(9), a)
				case 3:
					sql = fmt.Sprintf("BEGIN; UPDATE acc SET n = n + 1 WHERE a %% 50 = 0 AND a < 500; UPDATE acc SET n = 5 WHERE a = %d; COMMIT", a)
				case 4:
					sql = fmt.Sprintf("BEGIN; DELETE FROM acc WHERE a = %d; ROLLBACK", a)
				default:
					sql = fmt.Sprintf("UPDATE acc SET n = n + 1 WHERE a = %d", a)
				}
				if _, err := conn.Exec(context.Background(), sql).ReadAll(); err != nil && !strings.Contains(err.Error(), "deadlock") {
					t.Errorf("writer: %v", err)
				}
				if strings.HasPrefix(sql, "BEGIN") {
					conn.Exec(context.Background(), "ROLLBACK").ReadAll()
				}
			}
		})
	}
	f := d.follow(stream.Position{}, small(nil))
	wg.Wait()
	const key, row = `format('{"a":%s,"b":%s}', a, to_json(b))`, `format('{"a":%s,"b":%s,"n":%s', a, to_json(b), n)`
	want := tableRows(d, "acc", key, row)
	f.until("the table's rows", func() bool {
		got := rows(t, f.records())
		for k, v := range got {
			v, _, _ = strings.Cut(v, `,"body"`)
			got[k] = strings.TrimSuffix(v, "}")
		}
		return same(got, want)
	})
}

// Cut anywhere, in the snapshot or the stream, in the middle of a transaction:
// what comes after adds up to the same table, and the stream's records are the
// same bytes.
func TestL2ReadingResumesAtEveryBoundary(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE item (id int PRIMARY KEY, v text); INSERT INTO item SELECT i, 'old' FROM generate_series(1, 2500) i`)
	over := connectors.Config{"chunk_rows": int64(1200)}
	f := d.follow(stream.Position{}, over)
	f.untilCaughtUp()
	d.exec(`BEGIN; UPDATE item SET v = 'new ' || id; UPDATE item SET id = id + 10000 WHERE id % 5 = 0; INSERT INTO item SELECT i, 'more' FROM generate_series(20001, 21500) i; COMMIT`)
	d.exec(`UPDATE item SET v = 'last' WHERE id < 10`)
	const key, row = `format('{"id":%s}', id)`, `format('{"id":%s,"v":%s}', id, to_json(v))`
	want := tableRows(d, "item", key, row)
	f.until("the table's rows", func() bool { return same(rows(t, f.records()), want) })
	f.stop()
	all := f.given()
	within := 0
	for i, b := range all {
		var before []stream.Record
		for _, b := range all[:i+1] {
			before = append(before, b.Records...)
		}
		if strings.Contains(b.Position.Label, ":") {
			within++
		}
		again := d.follow(b.Position, over)
		again.until(fmt.Sprintf("the table's rows after batch %d (%s)", i, b.Position.Label), func() bool {
			return same(rows(t, append(slices.Clone(before), again.records()...)), want)
		})
		again.untilCaughtUp()
		again.stop()
		a, b := streamed(t, all[i+1:]), streamed(t, again.given())
		if !slices.Equal(a, b) {
			t.Fatalf("after batch %d: %d changes, and %d when read again, or others", i, len(a), len(b))
		}
	}
	if within < 3 {
		t.Errorf("only %d batches ended within a transaction", within)
	}
}

func streamed(t *testing.T, batches []stream.Batch) []string {
	var out []string
	for _, b := range batches {
		for _, r := range b.Records {
			if parse1(t, r).Op != "r" {
				out = append(out, r.Seq.String()+string(r.Key)+string(r.Value))
			}
		}
	}
	return out
}

func TestL2EveryRowOfATableWithoutKeyIsGivenOnce(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE log (n int); INSERT INTO log SELECT i FROM generate_series(1, 5000) i`)
	stop, done := make(chan struct{}), make(chan int)
	conn := connect(t, d.url)
	go func() {
		n := 5000
		for {
			select {
			case <-stop:
				done <- n
				return
			default:
			}
			n++
			conn.Exec(context.Background(), fmt.Sprintf("INSERT INTO log VALUES (%d)", n)).ReadAll()
		}
	}()
	time.Sleep(20 * time.Millisecond)
	f := d.follow(stream.Position{}, small(nil))
	f.until("rows and changes", func() bool {
		r := f.records()
		return len(r) > 5000 && parse1(t, r[len(r)-1]).Op == "c"
	})
	close(stop)
	n := <-done
	got := f.take(n)
	f.untilCaughtUp()
	if len(f.records()) != n {
		t.Fatalf("%d records of %d rows", len(f.records()), n)
	}
	seen := map[string]bool{}
	for _, r := range got {
		after := string(parse1(t, r).After)
		if seen[after] {
			t.Fatal("a row was given twice")
		}
		seen[after] = true
	}
}

func TestL2ASnapshotWithoutKeyBegunAgainVoidsTheOldOne(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE log (n int); INSERT INTO log SELECT i FROM generate_series(1, 3000) i`)
	hold := make(chan struct{})
	f := d.followHeld(stream.Position{}, nil, hold)
	for len(f.records()) == 0 {
		hold <- struct{}{}
		time.Sleep(time.Millisecond)
	}
	first := f.given()
	at := first[len(first)-1].Position
	f.cancel()
	close(hold)
	f.stop()
	id := f.records()[0].Seq.String()[:24]
	d.exec("INSERT INTO log VALUES (3001)")
	again := d.follow(at, nil)
	expect(t, again.take(3002), "t  null -> null") // downstream has some of the rows
	again.untilCaughtUp()
	if n := len(again.records()); n != 3002 {
		t.Fatalf("%d records of 3001 rows", n)
	}
	var void []stream.Void
	for _, b := range again.given() {
		void = append(void, b.Void...)
	}
	if len(void) != 1 || void[0] != (stream.Void{Stream: "crm.public.log", Snapshot: id}) {
		t.Errorf("void: %v, want %s", void, id)
	}
	for _, r := range again.records() {
		if r.Seq.String()[:24] == id {
			t.Fatal("the new snapshot has the old one's id")
		}
	}
}

// stopped is a follower that was cut after the first batch with records.
func (d *database) stopped(over connectors.Config) *follower {
	d.t.Helper()
	hold := make(chan struct{})
	f := d.followHeld(stream.Position{}, over, hold)
	for n := 1; len(f.records()) == 0; n++ {
		hold <- struct{}{}
		f.until("a batch", func() bool { return len(f.given()) == n })
	}
	f.stop()
	return f
}

func TestASnapshotThatIsNotFinishedIsVoidedWhenItsTableIsLeftOut(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE log (n int); INSERT INTO log SELECT generate_series(1, 3000)`)
	f := d.stopped(connectors.Config{"streams": []string{"public.log", "public.a"}})
	alone := d.follow(f.last(), connectors.Config{"streams": []string{"public.a"}})
	alone.untilCaughtUp()
	want := stream.Void{Stream: "crm.public.log", Snapshot: f.records()[0].Seq.String()[:24]}
	if v := alone.given()[0].Void; len(v) != 1 || v[0] != want {
		t.Errorf("void: %v, want %v", v, want)
	}
}

func TestL7AKeyOfAnotherTypeBeginsTheTableAgain(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE a (id text PRIMARY KEY); INSERT INTO a SELECT 'k' || i FROM generate_series(1, 3000) i`)
	f := d.stopped(nil)
	d.exec("ALTER TABLE a ALTER id TYPE int USING substr(id, 2)::int")
	again := d.follow(f.last(), nil)
	again.take(3000)
	again.untilCaughtUp()
	for _, r := range again.records() {
		if strings.Contains(string(r.Key), "k") {
			t.Fatal("a key of the old type was given")
		}
	}
}

func TestATableAddedLaterIsSnapshotAlone(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE b (id int PRIMARY KEY); INSERT INTO b VALUES (1), (2)`)
	f := d.follow(stream.Position{}, connectors.Config{"streams": []string{"public.a"}})
	f.take(1)
	f.untilCaughtUp()
	f.stop()
	d.exec("INSERT INTO a VALUES (2); INSERT INTO b VALUES (3)")
	both := d.follow(f.last(), connectors.Config{"streams": []string{"public.a", "public.b"}})
	both.take(4)
	both.untilCaughtUp()
	expect(t, both.records(), `c {"id":2} null -> {"id":2}`, `r {"id":1} null -> {"id":1}`, `r {"id":2} null -> {"id":2}`, `r {"id":3} null -> {"id":3}`)
	if n := len(both.records()); n != 4 {
		t.Errorf("%d records", n)
	}
	both.stop()
	// Left out and named again: changes were missed, so it is read anew.
	alone := d.follow(both.last(), connectors.Config{"streams": []string{"public.a"}})
	alone.untilCaughtUp()
	alone.stop()
	again := d.follow(alone.last(), connectors.Config{"streams": []string{"public.a", "public.b"}})
	again.take(4)
	expect(t, again.records(), "t  null -> null", `r {"id":1} null -> {"id":1}`, `r {"id":2} null -> {"id":2}`, `r {"id":3} null -> {"id":3}`)
}

func TestChunksFollowTheKeysOwnOrder(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE TYPE size AS ENUM ('small', 'big', 'all');
		CREATE TABLE mixed (name ext.citext, s size, d float8, PRIMARY KEY (name, s, d));
		INSERT INTO mixed SELECT chr(65 + i % 26 + (i / 26 % 2) * 32) || i, (ARRAY['big', 'small', 'all'])[1 + i % 3]::size, i / 7.0 FROM generate_series(1, 500) i;
		INSERT INTO mixed VALUES ('nan', 'all', 'NaN'), ('inf', 'big', '-Infinity');
		CREATE TABLE padded (c char(5), t timestamptz, PRIMARY KEY (c, t));
		INSERT INTO padded SELECT (i % 7)::text, timestamptz '2024-01-01 00:00+03' + i * interval '1 us' FROM generate_series(1, 300) i`)
	f := d.follow(stream.Position{}, connectors.Config{"chunk_rows": int64(7)})
	f.take(802)
	f.untilCaughtUp()
	seen := map[string]bool{}
	for _, r := range f.records() {
		if seen[r.Stream+string(r.Key)] {
			t.Fatal("a row was given twice")
		}
		seen[r.Stream+string(r.Key)] = true
	}
	if len(seen) != 802 {
		t.Errorf("%d rows of 802", len(seen))
	}
}

func TestL7APositionsLabelHoldsNoKeyButItsStateMay(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE person (mail text PRIMARY KEY); INSERT INTO person SELECT 'canary' || i || '@example.org' FROM generate_series(1, 2000) i`)
	f := d.follow(stream.Position{}, small(nil))
	f.take(2000)
	held := false
	for _, b := range f.given() {
		if strings.Contains(b.Position.Label, "canary") {
			t.Fatal("a label holds a key")
		}
		if !json.Valid(b.Position.State) {
			t.Fatal("a state is no JSON")
		}
		held = held || strings.Contains(string(b.Position.State), "canary")
	}
	if !held {
		t.Error("no state holds where its chunk ended")
	}
}

func TestASnapshotCanBeLeftOut(t *testing.T) {
	d, f := started(t, "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)", connectors.Config{"snapshot": false})
	d.exec("INSERT INTO a VALUES (2)")
	expect(t, f.take(1), `c {"id":2} null -> {"id":2}`)
}

func TestL1ATableThatMayNotBeginWaitsAndLosesNothing(t *testing.T) {
	for _, own := range []bool{false, true} {
		d := newDatabase(t)
		d.exec(`CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1), (2)`)
		over := connectors.Config{}
		if own { // it has all tables, also those that wait
			d.exec("CREATE PUBLICATION mine FOR ALL TABLES WITH (publish_via_partition_root = true)")
			d.exec("SELECT pg_create_logical_replication_slot('" + d.name + "', 'pgoutput')")
			over = connectors.Config{"create": false, "publication": "mine"}
		}
		may := func(names ...string) { d.begin = func(s string) bool { return slices.Contains(names, s) } }
		may("crm.public.a")
		f := d.follow(stream.Position{}, over)
		f.untilCaughtUp()
		d.exec("DELETE FROM b WHERE id = 1; INSERT INTO b VALUES (3); INSERT INTO a VALUES (2)")
		for _, r := range f.take(2) {
			if r.Stream != "crm.public.a" {
				t.Errorf("own publication %v: %s was given", own, r.Stream)
			}
		}
		f.stop()
		may("crm.public.b") // a table that was begun is read on
		f = d.follow(f.last(), over)
		expect(t, f.take(2), `r {"id":2} null -> {"id":2}`, `r {"id":3} null -> {"id":3}`)
		d.exec("INSERT INTO a VALUES (4)")
		expect(t, f.take(3)[2:], `c {"id":4} null -> {"id":4}`)
	}
}
