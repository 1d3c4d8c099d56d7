package postgres

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"lethe/connectors"
	"lethe/stream"
)

// lake is what records add up to, by key, where a truncate empties its stream and
// an unselected name would show as a stream of its own.
func lake(t *testing.T, records []stream.Record) map[string]string {
	t.Helper()
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b stream.Record) int { return strings.Compare(a.Seq.String(), b.Seq.String()) })
	out := map[string]string{}
	for _, r := range records {
		e := parse1(t, r)
		switch id := r.Stream + string(r.Key); {
		case r.Kind == stream.KindTruncate:
			for k := range out {
				if strings.HasPrefix(k, r.Stream+"{") {
					delete(out, k)
				}
			}
		case e.Op == "d":
			delete(out, id)
		default:
			out[id] = string(e.After)
		}
	}
	return out
}

// endsInLakeAs waits until what was given adds up to table n1.
func endsInLakeAs(t *testing.T, d *database, before []stream.Record, f *follower) {
	t.Helper()
	want := tableRows(d, "n1", `'{"id":'||id||'}'`, `'{"id":'||id||',"v":"'||v||'"}'`)
	f.until("rows as the table has them", func() bool {
		return same(lake(t, append(slices.Clone(before), f.records()...)), want)
	})
}

const five = `CREATE TABLE n1 (id int PRIMARY KEY, v text); INSERT INTO n1 SELECT i, 'old' FROM generate_series(1, 5) i;`

// missed are changes that somebody who alters a publication hides from us.
var missed = map[string][]string{
	"operations are taken out": {"ALTER PUBLICATION lethe_test_crm SET (publish = 'insert')", "UPDATE n1 SET v = 'new' WHERE id = 2; DELETE FROM n1 WHERE id = 1"},
	"operations are taken out and put in again": {"ALTER PUBLICATION lethe_test_crm SET (publish = 'insert')", "DELETE FROM n1 WHERE id = 1",
		"ALTER PUBLICATION lethe_test_crm SET (publish = 'insert, update, delete, truncate')"},
	"truncates are taken out":              {"ALTER PUBLICATION lethe_test_crm SET (publish = 'insert, update, delete')", "TRUNCATE n1"},
	"the table is taken out":               {"ALTER PUBLICATION lethe_test_crm DROP TABLE n1", "INSERT INTO n1 VALUES (6, 'new'); DELETE FROM n1 WHERE id = 1"},
	"the table is taken out and put again": {"ALTER PUBLICATION lethe_test_crm DROP TABLE n1", "INSERT INTO n1 VALUES (6, 'new')", "ALTER PUBLICATION lethe_test_crm ADD TABLE n1"},
	"another table has its name":           {"DROP TABLE n1; CREATE TABLE n1 (id int PRIMARY KEY, v text); INSERT INTO n1 VALUES (100, 'new')"},
	"another table takes its name":         {"CREATE TABLE n2 (id int PRIMARY KEY, v text); INSERT INTO n2 VALUES (7, 'new'); ALTER TABLE n1 RENAME TO gone; DROP TABLE gone; ALTER TABLE n2 RENAME TO n1"},
	"rows could not be named for a while":  {"ALTER TABLE n1 REPLICA IDENTITY NOTHING; INSERT INTO n1 VALUES (6, 'new')"},
}

func TestL2ATableWhoseChangesWereHiddenIsReadAgainAtTheNextStart(t *testing.T) {
	for name, sql := range missed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, f := started(t, five, nil)
			f.take(5)
			f.stop()
			for _, s := range sql {
				d.exec(s)
			}
			again := d.follow(f.last(), nil)
			endsInLakeAs(t, d, f.records(), again)
			again.untilCaughtUp()
			d.exec("UPDATE n1 SET v = 'later'")
			if name != "rows could not be named for a while" {
				endsInLakeAs(t, d, f.records(), again)
			}
			again.stop()
			once := d.follow(again.last(), nil)
			once.untilCaughtUp()
			if n := len(once.records()); n != 0 {
				t.Errorf("%d records at a start before which nothing happened", n)
			}
		})
	}
}

func TestL2ATableWhoseChangesAreHiddenIsReadAgainWhileReading(t *testing.T) {
	for name, sql := range missed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, f := started(t, five, connectors.Config{"streams": []string{"public.n1"}})
			f.take(5)
			for _, s := range sql {
				d.exec(s)
			}
			d.exec("INSERT INTO n1 VALUES (9, 'last')")
			endsInLakeAs(t, d, nil, f)
		})
	}
}

func TestARowsTableThatWasRenamedOutOfStreamsIsNotGiven(t *testing.T) {
	over := connectors.Config{"streams": []string{"public.a*"}}
	d, f := started(t, `CREATE TABLE a (id int PRIMARY KEY, v text); ALTER TABLE a ALTER v SET STORAGE EXTERNAL;
		INSERT INTO a VALUES (1, repeat('x', 5000)); CREATE TABLE a2 (id int PRIMARY KEY)`, over)
	f.stop()
	d.exec("UPDATE a SET id = 11 WHERE id = 1")
	d.exec("ALTER TABLE a RENAME TO b")
	again := d.follow(f.last(), over)
	again.untilCaughtUp()
	d.exec("INSERT INTO a2 VALUES (1)")
	again.until("the change after", func() bool { return has(t, again, "c", `{"id":1}`) })
	for _, r := range again.records() {
		if r.Stream == "crm.public.b" {
			t.Errorf("a record of %s, which streams does not select", r.Stream)
		}
	}
}

func TestAPublicationThatWasDroppedWhileChangesWaitedIsToldWithWhatToDo(t *testing.T) {
	d, f := started(t, five, nil)
	f.take(5)
	f.stop()
	d.exec("DROP PUBLICATION lethe_test_crm")
	d.exec("DELETE FROM n1 WHERE id = 1")
	err := d.open(nil).Read(t.Context(), f.last(), func(stream.Batch) error { return nil })
	var fault *stream.Fault
	if !errors.As(err, &fault) || fault.Code != "postgres.publication_gone" || fault.Exit != stream.ExitEnvironment {
		t.Fatalf("Read returned %v", err)
	}
	hint, _, _ := strings.Cut(fault.Hint, "  --")
	for ok := false; !ok; { // the connection of the reading that failed may still hold the slot
		_, err := d.conn.Exec(t.Context(), hint).ReadAll()
		ok = err == nil
	}
	again := d.follow(f.last(), connectors.Config{"resnapshot": true})
	endsInLakeAs(t, d, f.records(), again)
}

func TestL2AnotherTableEmptiesItsStreamAlsoWithoutASnapshot(t *testing.T) {
	over := connectors.Config{"snapshot": false}
	d, f := started(t, "CREATE TABLE n1 (id int PRIMARY KEY, v text)", over)
	d.exec("INSERT INTO n1 VALUES (1, 'old')")
	f.take(1)
	f.stop()
	d.exec("DROP TABLE n1; CREATE TABLE n1 (id int PRIMARY KEY, v text)")
	again := d.follow(f.last(), over)
	again.untilCaughtUp()
	d.exec("INSERT INTO n1 VALUES (2, 'new')")
	endsInLakeAs(t, d, f.records(), again)
}

func TestL2RowsOfATableWithoutKeyAreThereOnceAfterItIsReadAgain(t *testing.T) {
	d, f := started(t, "CREATE TABLE log (n int); INSERT INTO log VALUES (1), (2)", nil)
	f.take(2)
	f.stop()
	d.exec("ALTER TABLE log REPLICA IDENTITY FULL")
	again := d.follow(f.last(), nil)
	expect(t, again.take(3), "t  null -> null", `r  null -> {"n":1}`, `r  null -> {"n":2}`)
	again.untilCaughtUp()
	if n := len(again.records()); n != 3 {
		t.Errorf("%d records", n)
	}
}

func TestL2RowsOfATableWithoutKeyAreGivenOnceMoreWhereTheyAreNeededAgain(t *testing.T) {
	d, f := started(t, "CREATE TABLE log (n int); INSERT INTO log VALUES (1), (2); CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1)", nil)
	f.take(3)
	f.stop()
	d.again = func(name string) int64 {
		if name == "crm.public.log" {
			return 3
		}
		return 0
	}
	d.exec("INSERT INTO log VALUES (3)")
	again := d.follow(f.last(), nil)
	again.untilCaughtUp()
	expect(t, again.take(4), "t  null -> null", `r  null -> {"n":1}`, `r  null -> {"n":2}`, `r  null -> {"n":3}`)
	again.stop()
	more := d.follow(again.last(), nil)
	more.untilCaughtUp()
	if n := len(more.records()); n != 0 {
		t.Errorf("%d records", n)
	}
}

func TestL2RowsThatAreNeededAgainAndThatNoSnapshotGivesAreAFault(t *testing.T) {
	over := connectors.Config{"snapshot": false}
	d, f := started(t, "CREATE TABLE a (id int PRIMARY KEY)", over)
	d.exec("INSERT INTO a VALUES (1)")
	f.take(1)
	f.stop()
	d.again = func(string) int64 { return 3 }
	err := d.open(over).Read(t.Context(), f.last(), func(stream.Batch) error { return errors.New("something was given") })
	var fault *stream.Fault
	if !errors.As(err, &fault) || fault.Code != "postgres.rows_needed" || fault.Path != "crm.public.a" || fault.Hint == "" {
		t.Errorf("read: %v", err)
	}
}

func TestAKeyIsWithoutTheColumnsThatItsIndexIncludes(t *testing.T) {
	d, f := started(t, "CREATE TABLE a (id int, v text, PRIMARY KEY (id) INCLUDE (v)); INSERT INTO a VALUES (1, 'x')", nil)
	d.exec("UPDATE a SET v = 'y'; DELETE FROM a")
	expect(t, f.take(3), `r {"id":1} null -> {"id":1,"v":"x"}`, `u {"id":1} null -> {"id":1,"v":"y"}`, `d {"id":1} {"id":1} -> null`)
}

func TestATableThatIsGoneIsTold(t *testing.T) {
	d := newDatabase(t)
	d.exec(five + "CREATE TABLE b (id int PRIMARY KEY)")
	var said bytes.Buffer
	src, err := Connector().OpenSource(connectors.Env{Workspace: "test", Name: "crm", Log: slog.New(slog.NewTextHandler(&said, nil)), Now: time.Now}, d.config(nil))
	if err != nil {
		t.Fatal(err)
	}
	f := d.follow(stream.Position{}, nil)
	f.take(5)
	f.untilCaughtUp()
	f.stop()
	d.exec("DROP TABLE n1")
	enough := errors.New("enough")
	if err := src.Read(t.Context(), f.last(), func(stream.Batch) error { return enough }); err != enough {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "a table is gone") || !strings.Contains(said.String(), "stream=crm.public.n1") {
		t.Errorf("the log says: %s", said.String())
	}
}
