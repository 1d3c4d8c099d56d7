package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lethe/connectors"
	"lethe/stream"
)

// started is a follower past the snapshot of what the statements made.
func started(t *testing.T, setup string, over connectors.Config) (*database, *follower) {
	t.Helper()
	d := newDatabase(t)
	d.exec(setup)
	f := d.follow(stream.Position{}, over)
	f.untilCaughtUp()
	return d, f
}

// brief is a record without what differs from run to run.
func brief(t *testing.T, r stream.Record) string {
	t.Helper()
	e := parse1(t, r)
	s := fmt.Sprintf("%s %s %s -> %s", e.Op, r.Key, e.Before, e.After)
	if len(r.Unchanged) > 0 {
		s += " unchanged " + strings.Join(r.Unchanged, ",")
	}
	return s
}

func expect(t *testing.T, got []stream.Record, want ...string) {
	t.Helper()
	for i, w := range want {
		if b := brief(t, got[i]); b != w {
			t.Errorf("record %d is\n%.300s\nwant\n%.300s", i, b, w)
		}
	}
}

func TestTheEnvelopeIsDebeziums(t *testing.T) {
	d, f := started(t, `CREATE TABLE "Mixed Case" (id int PRIMARY KEY, "a""b" text)`, nil)
	d.exec(`INSERT INTO "Mixed Case" VALUES (1, 'x')`)
	r := f.take(1)[0]
	e := parse1(t, r)
	want := fmt.Sprintf(`{"before":null,"after":{"id":1,"a\"b":"x"},"op":"c","ts_ms":%d,"source":{"connector":"postgresql","name":"crm","ts_ms":%d,"snapshot":"false","db":"%s","schema":"public","table":"Mixed Case","txId":%d,"lsn":%d}}`,
		r.Time, r.Time, d.name, e.Source.TxID, e.Source.LSN)
	if string(r.Value) != want {
		t.Errorf("the envelope is\n%s\nwant\n%s", r.Value, want)
	}
	if r.Stream != "crm.public.Mixed Case" || r.Time == 0 || e.Source.LSN == 0 || e.Source.TxID == 0 {
		t.Errorf("stream %s, time %d, lsn %d, txId %d", r.Stream, r.Time, e.Source.LSN, e.Source.TxID)
	}
}

func TestBeforeIsWhatTheReplicaIdentityGives(t *testing.T) {
	d, f := started(t, `CREATE TABLE usual (id int PRIMARY KEY, v text);
		CREATE TABLE whole (id int PRIMARY KEY, v text); ALTER TABLE whole REPLICA IDENTITY FULL;
		CREATE TABLE indexed (id int PRIMARY KEY, code text NOT NULL UNIQUE, v text); ALTER TABLE indexed REPLICA IDENTITY USING INDEX indexed_code_key`, nil)
	d.exec(`INSERT INTO usual VALUES (1, 'a'); UPDATE usual SET v = 'b'; DELETE FROM usual`)
	d.exec(`INSERT INTO whole VALUES (1, 'a'); UPDATE whole SET v = 'b'; DELETE FROM whole`)
	d.exec(`INSERT INTO indexed VALUES (1, 'k', 'a'); UPDATE indexed SET v = 'b'; DELETE FROM indexed`)
	expect(t, f.take(9),
		`c {"id":1} null -> {"id":1,"v":"a"}`, `u {"id":1} null -> {"id":1,"v":"b"}`, `d {"id":1} {"id":1} -> null`,
		`c {"id":1} null -> {"id":1,"v":"a"}`, `u {"id":1} {"id":1,"v":"a"} -> {"id":1,"v":"b"}`, `d {"id":1} {"id":1,"v":"b"} -> null`,
		`c {"code":"k"} null -> {"id":1,"code":"k","v":"a"}`, `u {"code":"k"} null -> {"id":1,"code":"k","v":"b"}`, `d {"code":"k"} {"code":"k"} -> null`)
}

const big = "(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 2000) i)"

func TestAnUnchangedToastValueIsLeftOutAndNamed(t *testing.T) {
	d, f := started(t, `CREATE TABLE doc (id int PRIMARY KEY, n int, body text, more text);
		ALTER TABLE doc ALTER body SET STORAGE EXTERNAL;
		CREATE TABLE whole (id int PRIMARY KEY, n int, body text); ALTER TABLE whole REPLICA IDENTITY FULL`, nil)
	d.exec("INSERT INTO doc VALUES (1, 1, " + big + ", NULL); INSERT INTO whole VALUES (1, 1, " + big + ")")
	d.exec("UPDATE doc SET n = 2; UPDATE whole SET n = 2")
	got := f.take(4)
	body := d.value("SELECT " + big)
	expect(t, got[2:], `u {"id":1} null -> {"id":1,"n":2,"more":null} unchanged body`,
		`u {"id":1} {"id":1,"n":1,"body":"`+body+`"} -> {"id":1,"n":2,"body":"`+body+`"}`)
	if len(got[0].Unchanged) > 0 || !strings.Contains(string(got[0].Value), body) {
		t.Error("the insert does not hold the value")
	}
}

func TestL2AKeyChangeIsADeleteAndACreateAndOneChange(t *testing.T) {
	d, f := started(t, `CREATE TABLE doc (a int, b text, v text, PRIMARY KEY (b, a));
		CREATE TABLE whole (id int PRIMARY KEY, v text); ALTER TABLE whole REPLICA IDENTITY FULL`, nil)
	d.exec("INSERT INTO doc VALUES (1, 'x', 'v'); INSERT INTO whole VALUES (1, 'v')")
	f.take(2)
	n := len(f.given())
	d.exec("UPDATE doc SET a = 2; UPDATE whole SET id = 2")
	got := f.take(6)
	expect(t, got[2:], `d {"a":1,"b":"x"} {"a":1,"b":"x"} -> null`, `c {"a":2,"b":"x"} null -> {"a":2,"b":"x","v":"v"}`,
		`d {"id":1} {"id":1,"v":"v"} -> null`, `c {"id":2} null -> {"id":2,"v":"v"}`)
	changes := 0
	for _, b := range f.given()[n:] {
		changes += b.Changes
	}
	if changes != 2 {
		t.Errorf("two updates were told as %d changes", changes)
	}
}

func TestAKeyChangeCarriesTheToastValueToTheNewKey(t *testing.T) {
	d, f := started(t, `CREATE TABLE doc (id int PRIMARY KEY, body text, gone text)`, nil)
	d.exec("INSERT INTO doc VALUES (1, " + big + ", 'x'), (2, " + big + ", 'y')")
	f.take(2)
	body := d.value("SELECT " + big)
	d.exec("UPDATE doc SET id = 10 WHERE id = 1")
	expect(t, f.take(5)[2:], `d {"id":1} {"id":1} -> null`, `c {"id":10} null -> {"id":10,"gone":"x"} unchanged body`,
		`r {"id":10} null -> {"id":10,"body":"`+body+`","gone":"x"}`)
	d.exec("BEGIN; UPDATE doc SET id = 20 WHERE id = 2; DELETE FROM doc WHERE id = 20; COMMIT")
	expect(t, f.take(8)[5:], `d {"id":2} {"id":2} -> null`, `c {"id":20} null -> {"id":20,"gone":"y"} unchanged body`,
		`d {"id":20} {"id":20} -> null`)
}

func TestTruncateIsOneRecordForEachTable(t *testing.T) {
	d, f := started(t, `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int)`, nil)
	d.exec("INSERT INTO a VALUES (1); TRUNCATE a, b; TRUNCATE c")
	got := f.take(4)
	var streams []string
	for _, r := range got[1:] {
		if r.Kind != stream.KindTruncate || r.Key != nil || parse1(t, r).Op != "t" {
			t.Errorf("a truncate was told as %s", brief(t, r))
		}
		streams = append(streams, r.Stream)
	}
	if !slices.Equal(streams, []string{"crm.public.a", "crm.public.b", "crm.public.c"}) {
		t.Errorf("truncated: %q", streams)
	}
}

func TestATableWithoutKeyGivesInsertsOnlyAndStaysUsable(t *testing.T) {
	d, f := started(t, `CREATE TABLE event (at int, what text); CREATE TABLE whole (n int); ALTER TABLE whole REPLICA IDENTITY FULL`, nil)
	d.exec("INSERT INTO event VALUES (1, 'a'); UPDATE event SET what = 'b'; DELETE FROM event; INSERT INTO event VALUES (2, 'c')")
	d.exec("INSERT INTO whole VALUES (1); UPDATE whole SET n = 2; DELETE FROM whole")
	expect(t, f.take(5), `c  null -> {"at":1,"what":"a"}`, `c  null -> {"at":2,"what":"c"}`,
		`c  null -> {"n":1}`, `u  {"n":1} -> {"n":2}`, `d  {"n":2} -> null`)
}

func TestColumnsMayComeGoAndBeRenamedWhileReading(t *testing.T) {
	d, f := started(t, `CREATE TABLE item (id int PRIMARY KEY, a text, b text)`, nil)
	d.exec("INSERT INTO item VALUES (1, 'a', 'b')")
	d.exec("ALTER TABLE item ADD c numeric(5,1); INSERT INTO item VALUES (2, 'a', 'b', 1)")
	d.exec("ALTER TABLE item RENAME a TO z; INSERT INTO item VALUES (3, 'a', 'b', 1)")
	d.exec("ALTER TABLE item DROP b; INSERT INTO item VALUES (4, 'a', 1)")
	d.exec("ALTER TABLE item ALTER z TYPE int USING 0; INSERT INTO item VALUES (5, 5, 1)")
	d.exec("BEGIN; INSERT INTO item VALUES (6, 6, 1); ALTER TABLE item ADD d json; INSERT INTO item VALUES (7, 7, 1, '{}'); COMMIT")
	expect(t, f.take(7),
		`c {"id":1} null -> {"id":1,"a":"a","b":"b"}`,
		`c {"id":2} null -> {"id":2,"a":"a","b":"b","c":"1.0"}`,
		`c {"id":3} null -> {"id":3,"z":"a","b":"b","c":"1.0"}`,
		`c {"id":4} null -> {"id":4,"z":"a","c":"1.0"}`,
		`c {"id":5} null -> {"id":5,"z":5,"c":"1.0"}`,
		`c {"id":6} null -> {"id":6,"z":6,"c":"1.0"}`,
		`c {"id":7} null -> {"id":7,"z":7,"c":"1.0","d":{}}`)
	var shape stream.Schema
	for _, b := range f.given() {
		for _, s := range b.Schemas {
			shape = s
		}
		for _, r := range b.Records {
			var names []string
			for _, field := range shape.Fields {
				names = append(names, `"`+field.Name+`":`)
			}
			after := string(parse1(t, r).After)
			for _, n := range names {
				if !strings.Contains(after, n) {
					t.Errorf("the shape told last has %s, the record is %s", n, after)
				}
			}
		}
	}
	if last, _ := shape.Field("d"); last.Type.Base != stream.JSON {
		t.Errorf("the last shape is %+v", shape)
	}
}

func TestPartitionsAreReadWithTheirTableAndHeirsAsTheirOwn(t *testing.T) {
	d, f := started(t, `CREATE TABLE sale (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
		CREATE TABLE sale_1 PARTITION OF sale FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
		CREATE TABLE sale_2 PARTITION OF sale FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
		CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE heir (PRIMARY KEY (id)) INHERITS (parent);
		INSERT INTO sale VALUES (1, '2024-01-05'), (2, '2024-02-05'); INSERT INTO parent VALUES (1); INSERT INTO heir VALUES (2)`, nil)
	d.exec("INSERT INTO sale VALUES (3, '2024-02-07'); UPDATE sale SET day = '2024-01-08' WHERE id = 3; INSERT INTO heir VALUES (5)")
	var got []string
	for _, r := range f.take(8) {
		got = append(got, r.Stream+" "+brief(t, r))
	}
	want := []string{
		`crm.public.heir r {"id":2} null -> {"id":2}`, `crm.public.parent r {"id":1} null -> {"id":1}`,
		`crm.public.sale r {"id":1,"day":"2024-01-05Z"} null -> {"id":1,"day":"2024-01-05Z"}`,
		`crm.public.sale r {"id":2,"day":"2024-02-05Z"} null -> {"id":2,"day":"2024-02-05Z"}`,
		`crm.public.sale c {"id":3,"day":"2024-02-07Z"} null -> {"id":3,"day":"2024-02-07Z"}`,
		`crm.public.sale d {"id":3,"day":"2024-02-07Z"} {"id":3,"day":"2024-02-07Z"} -> null`,
		`crm.public.sale c {"id":3,"day":"2024-01-08Z"} null -> {"id":3,"day":"2024-01-08Z"}`,
		`crm.public.heir c {"id":5} null -> {"id":5}`}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOnlyNamedTablesAreRead(t *testing.T) {
	d, f := started(t, `CREATE SCHEMA sales; CREATE TABLE sales.a1 (id int PRIMARY KEY); CREATE TABLE sales.b1 (id int PRIMARY KEY); CREATE TABLE a2 (id int PRIMARY KEY)`,
		connectors.Config{"streams": []string{"sales.a?", "public.a2"}})
	d.exec("INSERT INTO sales.b1 VALUES (1); INSERT INTO sales.a1 VALUES (2); INSERT INTO a2 VALUES (3)")
	expect(t, f.take(2), `c {"id":2} null -> {"id":2}`, `c {"id":3} null -> {"id":3}`)
	if n := d.value("SELECT count(*) FROM pg_publication_tables"); n != "2" {
		t.Errorf("the publications name %s tables", n)
	}
}
