package postgres

import (
	"slices"
	"strings"
	"testing"

	"lethe/connectors"
	"lethe/stream"
)

const movers = `CREATE TABLE item (id int PRIMARY KEY, v text, n int);
	ALTER TABLE item ALTER v SET STORAGE EXTERNAL;
	INSERT INTO item VALUES (1, repeat('alice', 1000), 111), (9, repeat('bobby', 1000), 999);`

// owners are the rows of movers, and whose text each number has.
var owners = map[string]string{"111": "alice", "999": "bobby"}

// never holds that no record has one row's number with another's text.
func never(t *testing.T, records []stream.Record) {
	t.Helper()
	for _, r := range records {
		after := string(parse1(t, r).After)
		for n, v := range owners {
			if strings.Contains(after, `"n":`+n+`}`) && strings.Contains(after, `"v":"`) && !strings.Contains(after, `"v":"`+v) {
				t.Errorf("op %s: row %s has another's text", parse1(t, r).Op, n)
			}
		}
	}
}

// merged are the rows that the records add up to, where a create begins anew and
// an update keeps what it leaves out.
func merged(t *testing.T, records []stream.Record) map[string]string {
	t.Helper()
	slices.SortStableFunc(records, func(a, b stream.Record) int { return strings.Compare(a.Seq.String(), b.Seq.String()) })
	out := map[string]string{}
	for _, r := range records {
		key, e := r.Stream+string(r.Key), parse1(t, r)
		switch {
		case e.Op == "d":
			delete(out, key)
		case len(r.Unchanged) == 0:
			out[key] = string(e.After)
		case e.Op == "c":
			out[key] = "incomplete"
		}
	}
	return out
}

// endsAs waits until the records add up to the table, and checks that no record
// has another row's value.
func endsAs(t *testing.T, d *database, f *follower, before []stream.Record) {
	t.Helper()
	want := tableRows(d, "item", `'{"id":'||id||'}'`, `'{"id":'||id||',"v":"'||v||'","n":'||n||'}'`)
	f.until("rows as the table has them", func() bool { return same(merged(t, append(slices.Clone(before), f.records()...)), want) })
	never(t, f.records())
}

func TestL2AMovedRowNeverGetsTheValueOfARowThatCameToItsKeyLater(t *testing.T) {
	for name, sql := range map[string][]string{
		"in transactions of their own": {"UPDATE item SET id = 2 WHERE id = 1", "UPDATE item SET id = 3 WHERE id = 2", "UPDATE item SET id = 2 WHERE id = 9"},
		"in one transaction":           {"BEGIN; UPDATE item SET id = 2 WHERE id = 1; UPDATE item SET id = 3 WHERE id = 2; UPDATE item SET id = 2 WHERE id = 9; COMMIT"},
		"in a subtransaction":          {"BEGIN; SAVEPOINT a; UPDATE item SET id = 2 WHERE id = 1; RELEASE a; SAVEPOINT b; UPDATE item SET n = 111 WHERE id = 2; RELEASE b; COMMIT"},
	} {
		t.Run(name, func(t *testing.T) {
			d, f := started(t, movers, nil)
			f.take(2)
			at := f.last()
			f.stop()
			for _, s := range sql {
				d.exec(s)
			}
			again := d.follow(at, nil)
			again.untilCaughtUp() // and not before the rows are whole
			want := tableRows(d, "item", `'{"id":'||id||'}'`, `'{"id":'||id||',"v":"'||v||'","n":'||n||'}'`)
			if got := merged(t, append(f.records(), again.records()...)); !same(got, want) {
				t.Errorf("%d rows differ from the table's %d", len(got), len(want))
			}
			never(t, again.records())
		})
	}
}

func TestL2ARowThatIsOwedIsGivenAfterEveryRestart(t *testing.T) {
	d, f := started(t, movers+`INSERT INTO item SELECT i, repeat('other', 500), i FROM generate_series(1000, 1599) i`, nil)
	f.take(602)
	d.exec("UPDATE item SET id = id + 10000") // more records than a batch holds
	f.take(4 * 602)
	batches := f.given()
	f.stop()
	owed := 0
	for i, b := range batches {
		if !strings.Contains(string(b.Position.State), `"owed"`) {
			continue
		}
		owed++
		var before []stream.Record
		for _, b := range batches[:i+1] {
			before = append(before, b.Records...)
		}
		again := d.follow(b.Position, nil)
		endsAs(t, d, again, before)
		again.stop()
	}
	if owed == 0 {
		t.Error("no position holds what is owed")
	}
}

func TestL2ATableThatOwesTooManyRowsIsReadAgain(t *testing.T) {
	d, f := started(t, movers+`INSERT INTO item SELECT i, repeat('other', 500), i FROM generate_series(1000, 3999) i`, nil)
	f.take(3002)
	d.exec("UPDATE item SET id = id + 10000")
	f.until("rows", func() bool { return len(f.records()) >= 3*3002 })
	endsAs(t, d, f, nil)
}

func TestWithoutASnapshotATableThatOwesTooManyRowsIsStillRead(t *testing.T) {
	d, f := started(t, movers+`INSERT INTO item SELECT i, repeat('other', 500), i FROM generate_series(1000, 2999) i`, connectors.Config{"snapshot": false})
	d.exec("UPDATE item SET id = id + 10000")
	f.take(2*2002 + maxOwed)
	d.exec("INSERT INTO item VALUES (5, 'x', 5)")
	f.until("the row after", func() bool { return has(t, f, "c", `{"id":5,"v":"x","n":5}`) })
	never(t, f.records())
}

func TestL2RowsThatMoveBesideTheReaderEndAsTheTable(t *testing.T) {
	d, f := started(t, movers, nil)
	f.take(2)
	for range 200 { // they change places
		d.exec("BEGIN; UPDATE item SET id = 5 WHERE id = 1; UPDATE item SET id = 1 WHERE id = 9; UPDATE item SET id = 9 WHERE id = 5; COMMIT")
	}
	d.exec("UPDATE item SET id = 20 WHERE id = 1") // the end is another than every place before
	endsAs(t, d, f, nil)
}

// A standby that waits for us makes a commit invisible until we have stored it.
func TestAMovedRowWhoseCommitWaitsForUsHoldsNothingUp(t *testing.T) {
	d := on(t, ownServer(t))
	d.exec(movers)
	f := d.follow(stream.Position{}, nil)
	f.take(2)
	d.exec("ALTER SYSTEM SET synchronous_standby_names = '*'")
	d.exec("SELECT pg_reload_conf()")
	f.until("a synchronous standby", func() bool {
		return d.value("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1"
	})
	writer := connect(t, d.url)
	done := make(chan struct{})
	go func() {
		defer close(done)
		execute(t, writer, "SET synchronous_commit = on; UPDATE item SET id = 2 WHERE id = 1")
	}()
	f.until("the commit", func() bool {
		f.src.Commit(t.Context(), f.last())
		select {
		case <-done:
			return true
		default:
			return false
		}
	})
	endsAs(t, d, f, nil)
	faults := d.wantCodes(nil, "slot_in_use", "synchronous")
	if !strings.Contains(faults[0].Hint, "ALTER SYSTEM SET synchronous_standby_names") {
		t.Errorf("the hint is %s", faults[0].Hint)
	}
	at := f.last()
	f.stop()
	if err := d.open(nil).Read(t.Context(), at, func(stream.Batch) error { return nil }); err == nil || !strings.Contains(err.Error(), "synchronous_standby_names") {
		t.Errorf("Read says %v", err)
	}
}

func TestTablesThatOweRowsTakeTurns(t *testing.T) {
	d := newDebts([]owedRow{{Table: 30, Key: []string{"a"}}, {Table: 10, Key: []string{"a"}}, {Table: 10, Key: []string{"b"}},
		{Table: 20, Key: []string{"a"}, XID: 7}})
	seen := func(o owedRow) bool { return o.XID != 7 }
	for _, want := range []uint32{10, 30, 10} {
		table, found := d.nextTable(seen)
		if !found || table != want {
			t.Fatalf("after %d comes %d, want %d", d.last, table, want)
		}
		d.last = table
	}
	if table, found := d.nextTable(func(owedRow) bool { return false }); found {
		t.Errorf("%d has its turn, and no row of it is seen", table)
	}
}
