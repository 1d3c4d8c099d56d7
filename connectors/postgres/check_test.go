package postgres

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"lethe/connectors"
	"lethe/stream"
)

// codes are those of the faults that Check tells, in the order of the alphabet.
func (d *database) codes(over connectors.Config) ([]string, []*stream.Fault) {
	d.t.Helper()
	src := d.open(over)
	defer src.Close()
	var codes []string
	faults := stream.Faults(src.Check(context.Background()))
	for _, f := range faults {
		codes = append(codes, strings.TrimPrefix(f.Code, "postgres."))
		if f.Hint == "" || f.Path == "" || f.Exit != stream.ExitEnvironment {
			d.t.Errorf("fault %s has no hint, no path or exit %d", f.Code, f.Exit)
		}
	}
	slices.Sort(codes)
	return codes, faults
}

func (d *database) wantCodes(over connectors.Config, want ...string) []*stream.Fault {
	d.t.Helper()
	got, faults := d.codes(over)
	if !slices.Equal(got, want) {
		d.t.Errorf("check tells %q, want %q\n%v", got, want, faults)
	}
	return faults
}

// role is a new login role without rights, and a URL to log in as it.
func (d *database) role(t *testing.T) (name, u string) {
	name = "r_" + d.name
	d.exec("CREATE ROLE " + name + " LOGIN PASSWORD 'secret-canary'")
	t.Cleanup(func() { execute(t, connect(t, server(t)), "DROP OWNED BY "+name+"; DROP ROLE "+name) })
	parsed, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	parsed.User = url.UserPassword(name, "secret-canary")
	return name, parsed.String()
}

func TestCheckTellsAllMissingRightsAtOnceAndTheHintsMendThem(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE SCHEMA hidden; CREATE TABLE hidden.a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);
		CREATE TABLE keyless (n int); INSERT INTO keyless VALUES (1);
		CREATE TABLE c (id int PRIMARY KEY); ALTER TABLE c ENABLE ROW LEVEL SECURITY; REVOKE CREATE ON DATABASE ` + d.name + ` FROM PUBLIC`)
	name, u := d.role(t)
	t.Cleanup(func() { d.exec("DROP OWNED BY " + name) })
	over := connectors.Config{"url": stream.NewValue([]byte(u)), "streams": []string{"hidden.*", "public.*"}}
	faults := d.wantCodes(over, "create_right", "owner_right", "replication_right", "row_security", "select_right", "select_right", "select_right", "select_right")
	for _, f := range faults {
		d.exec(strings.ReplaceAll(strings.TrimPrefix(f.Hint, "let its owner run this, and set create: false\n"), "\n", " "))
	}
	over["create"] = false
	over["publication"] = "lethe_test_crm"
	faults = d.wantCodes(over, "slot_missing")
	d.exec(faults[0].Hint)
	d.wantCodes(over)
	d.exec("INSERT INTO b VALUES (1)")
	d.exec("UPDATE keyless SET n = 2") // which a publication of its updates would refuse
	f := d.follow(stream.Position{}, over)
	f.take(2)
}

func TestCheckTellsOfASlotThatCannotBeUsed(t *testing.T) {
	d, f := started(t, "CREATE TABLE a (id int PRIMARY KEY)", nil)
	faults := d.wantCodes(nil, "slot_in_use")
	pid := d.value("SELECT active_pid FROM pg_replication_slots WHERE slot_name = '" + d.name + "'")
	if !strings.Contains(faults[0].Msg, "process "+pid) {
		t.Errorf("the fault does not name process %s: %s", pid, faults[0].Msg)
	}
	f.stop()
	d.exec("SELECT pg_create_logical_replication_slot('" + d.name + "_x', 'test_decoding')")
	if f := d.wantCodes(connectors.Config{"slot": d.name + "_x"}, "slot_other"); f[0].Path != "sources.crm.slot" || !strings.Contains(f[0].Hint, f[0].Path) {
		t.Errorf("what is to be set is not named: %v", f[0])
	}
	missing := d.wantCodes(connectors.Config{"slot": d.name + "_y", "create": false, "publication": "lethe_test_crm"}, "slot_missing")
	if !strings.Contains(missing[0].Hint, "set sources.crm.slot to that: lethe_") {
		t.Errorf("the slot of another name is not thought of: %v", missing[0])
	}
	d.exec("SELECT pg_drop_replication_slot('" + d.name + "_x')")
}

func TestReadRefusesASlotThatIsNotWhereReadingEnded(t *testing.T) {
	d, f := started(t, "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)", nil)
	f.stop()
	refused := func(code string) {
		t.Helper()
		src := d.open(nil)
		defer src.Close()
		err := src.Read(t.Context(), f.last(), func(stream.Batch) error { return nil })
		var fault *stream.Fault
		if !errors.As(err, &fault) || fault.Code != code || !fault.Final || !strings.Contains(fault.Hint, "resnapshot: true below sources.crm in lethe.yaml") {
			t.Errorf("Read returned %v, want a final %s", err, code)
		}
	}
	d.exec("INSERT INTO a VALUES (2)")
	for ok := false; !ok; { // the connection of the reading that was stopped may still hold it
		_, err := d.conn.Exec(t.Context(), "SELECT pg_replication_slot_advance('"+d.name+"', pg_current_wal_lsn())").ReadAll()
		ok = err == nil
	}
	refused("postgres.slot_ahead")
	d.exec("SELECT pg_drop_replication_slot('" + d.name + "')")
	refused("postgres.slot_missing")
	src := d.open(nil)
	if err := src.Read(t.Context(), stream.Position{Label: "x", State: []byte(`{"v":9}`)}, nil); err == nil {
		t.Error("a position of another connector was taken")
	}
}

func TestCheckTellsOfStreamsThatSelectNothing(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE a (id int PRIMARY KEY); CREATE VIEW v AS SELECT 1 AS one; CREATE UNLOGGED TABLE u (id int PRIMARY KEY);
		CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9)`)
	faults := d.wantCodes(connectors.Config{"streams": []string{"public.a", "public.v", "public.u", "public.p1", "none.*", "public.missing"}},
		"streams", "streams", "streams", "streams", "streams")
	var all []string
	for _, f := range faults {
		all = append(all, f.Msg)
	}
	for _, want := range []string{"public.v is a view", "public.u is unlogged", "public.p1 is a partition", "none.* selects no table", "public.missing selects no table"} {
		if !strings.Contains(strings.Join(all, "\n"), want) {
			t.Errorf("no fault says: %s", want)
		}
	}
}

func TestPublishingNeverBreaksATableForOthers(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE log (n int); CREATE TABLE a (id int PRIMARY KEY); INSERT INTO log VALUES (1)`)
	d.exec("CREATE PUBLICATION other FOR ALL TABLES WITH (publish = 'insert, update')")
	faults := d.wantCodes(nil, "replica_identity")
	src := d.open(nil)
	err := src.Read(t.Context(), stream.Position{}, func(stream.Batch) error { return nil })
	if fs := stream.Faults(err); len(fs) != 1 || fs[0].Code != "postgres.replica_identity" {
		t.Errorf("Read returned %v", err)
	}
	d.exec(faults[0].Hint)
	d.wantCodes(nil)
	d.exec("DROP PUBLICATION other; ALTER TABLE log REPLICA IDENTITY DEFAULT")
	f := d.follow(stream.Position{}, nil)
	f.untilCaughtUp()
	d.exec("UPDATE log SET n = 2; DELETE FROM log") // our publication does not stand in the way
}

func TestPublicationsFollowTheConfigurationAndTheTables(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int); CREATE TABLE c (id int PRIMARY KEY)`)
	names := func() string {
		return d.value("SELECT string_agg(pubname || ' ' || tablename, ', ' ORDER BY pubname, tablename) FROM pg_publication_tables")
	}
	f := d.follow(stream.Position{}, nil)
	f.untilCaughtUp()
	f.stop()
	if got := names(); got != "lethe_test_crm a, lethe_test_crm c, lethe_test_crm_inserts b" {
		t.Errorf("published: %s", got)
	}
	d.exec("INSERT INTO b VALUES (1); UPDATE b SET id = 2; ALTER TABLE b ADD PRIMARY KEY (id); DROP TABLE c")
	again := d.follow(f.last(), nil)
	again.untilCaughtUp()
	if got := names(); got != "lethe_test_crm a, lethe_test_crm b" {
		t.Errorf("published: %s", got)
	}
	// The update was not published: the table is read again, with its key.
	r := again.take(3)
	expect(t, r[1:], "t  null -> null", `r {"id":2} null -> {"id":2}`)
}

func TestCheckTellsOfAPublicationOfTheUsersThatLacksSomething(t *testing.T) {
	d := newDatabase(t)
	d.exec(`CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int)`)
	d.exec("SELECT pg_create_logical_replication_slot('" + d.name + "', 'pgoutput')")
	over := connectors.Config{"create": false, "publication": "mine"}
	d.wantCodes(over, "publication_missing")
	d.exec("CREATE PUBLICATION mine FOR TABLE a WITH (publish = 'insert')")
	faults := d.wantCodes(over, "publication_missing", "publication_operations", "publication_tables")
	for _, f := range faults {
		d.exec(f.Hint)
	}
	d.wantCodes(over)
	d.exec("ALTER PUBLICATION mine SET TABLE ONLY a WHERE (id > 1), ONLY b (id)")
	faults = d.wantCodes(over, "publication_filter", "publication_filter")
	for _, f := range faults {
		d.exec(f.Hint)
	}
	d.wantCodes(over)
}

func TestCheckTellsWhatIsWrongWithAServer(t *testing.T) {
	d := on(t, ownServer(t, "wal_level=replica", "max_replication_slots=0", "max_wal_senders=0"))
	d.exec("CREATE TABLE a (id int PRIMARY KEY)")
	d.wantCodes(nil, "senders", "slots", "wal_level")
}

// Every commit would wait until lethe has stored it, and for ever while it is down.
func TestCheckRefusesToBeAStandbyThatCommitsWaitFor(t *testing.T) {
	d := on(t, ownServer(t, "synchronous_standby_names=FIRST 1 (other, Lethe)"))
	d.exec("SET synchronous_commit = local")
	d.exec("CREATE TABLE a (id int PRIMARY KEY)")
	d.wantCodes(nil, "synchronous")
	for _, names := range []string{"*", `ANY 1 ("*")`, "lethe"} {
		if !waitsForUs(names) {
			t.Errorf("%s does not count lethe", names)
		}
	}
	for _, names := range []string{"", "other", "FIRST 2 (a, lethe_2)"} {
		if waitsForUs(names) {
			t.Errorf("%s counts lethe", names)
		}
	}
}

func TestCheckTellsOfALostSlot(t *testing.T) {
	d := on(t, ownServer(t, "max_slot_wal_keep_size=1MB", "min_wal_size=32MB", "max_wal_size=32MB"))
	d.exec("CREATE TABLE a (id int PRIMARY KEY, v text)")
	f := d.follow(stream.Position{}, nil)
	f.untilCaughtUp()
	f.stop()
	for range 6 {
		d.exec("INSERT INTO a SELECT i, repeat('x', 500) FROM generate_series((SELECT count(*) FROM a) + 1, (SELECT count(*) FROM a) + 20000) i")
		d.exec("SELECT pg_switch_wal()")
		d.exec("CHECKPOINT")
	}
	d.wantCodes(nil, "slot_lost")
	over := connectors.Config{"resnapshot": true}
	d.wantCodes(over)
	again := d.follow(f.last(), over)
	again.take(120000)
	again.untilCaughtUp()
}

func TestL2ReadingBeginsAgainAboveAllSeqsWhereTheSlotIsLost(t *testing.T) {
	d, f := started(t, "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)", nil)
	d.exec("INSERT INTO a VALUES (2)")
	old := f.take(2)
	f.stop()
	d.exec("INSERT INTO a VALUES (3)")
	for dropped := false; !dropped; {
		_, err := d.conn.Exec(t.Context(), "SELECT pg_drop_replication_slot('"+d.name+"')").ReadAll()
		dropped = err == nil
	}
	again := d.follow(f.last(), connectors.Config{"resnapshot": true})
	for i, r := range again.take(3) {
		if r.Seq.Incarnation() != 1 || r.Seq.String() <= old[1].Seq.String() {
			t.Errorf("record %d has seq %s, after %s", i, r.Seq, old[1].Seq)
		}
	}
	again.untilCaughtUp()
	again.stop()
	// And from there on as ever.
	next := d.follow(again.last(), nil)
	d.exec("INSERT INTO a VALUES (4)")
	if r := next.take(1)[0]; r.Seq.Incarnation() != 1 || parse1(t, r).Op != "c" {
		t.Errorf("the next record is %s of incarnation %d", parse1(t, r).Op, r.Seq.Incarnation())
	}
}

func TestServersThatCannotBeReadAreToldFromTheirFacts(t *testing.T) {
	s := &settings{source: "crm", create: true}
	for want, f := range map[string]*facts{
		"postgres.version": {version: 130011},
		"postgres.standby": {version: 150004, recovery: true, walLevel: "logical", maxSlots: 1},
	} {
		if got := s.serverFaults(f); len(got) != 1 || got[0].Code != want {
			t.Errorf("%s: %v", want, got)
		}
	}
}

func TestL7AConnectionThatIsRefusedIsToldWithoutTheURL(t *testing.T) {
	d := newDatabase(t)
	at, err := url.Parse(d.url)
	if err != nil {
		t.Fatal("LETHE_TEST_POSTGRES is no URL")
	}
	stranger, nowhere := *at, *at
	stranger.User = url.UserPassword("user_canary", "pass-canary")
	nowhere.Path = "/nowhere"
	for u, want := range map[string]string{
		"postgres://user_canary:pass-canary@127.0.0.1:1/db?sslmode=disable&application_name=canary": "postgres.unreachable: no connection to 127.0.0.1:1: connection refused",
		stranger.String(): "postgres.login: " + at.Host + " refuses user and password",
		nowhere.String():  "postgres.database: " + at.Host + " has no database nowhere",
	} {
		src := d.open(connectors.Config{"url": stream.NewValue([]byte(u))})
		_, derr := src.Discover(context.Background())
		for verb, err := range map[string]error{"check": src.Check(context.Background()), "discover": derr} {
			var f *stream.Fault
			if !errors.As(err, &f) {
				t.Errorf("%s, want %s: %v", verb, want, err)
				continue
			}
			if f.Code+": "+f.Msg != want || f.Path != "sources.crm" || f.Exit != stream.ExitEnvironment || f.Hint == "" {
				t.Errorf("%s tells %+v, want %s", verb, f, want)
			}
			if strings.Contains(f.Error(), "canary") {
				t.Errorf("%s shows the URL: %v", verb, f)
			}
		}
	}
}

func TestL7NoFaultHoldsThePassword(t *testing.T) {
	_, err := Connector().OpenSource(connectors.Env{Workspace: "w", Name: "crm"}, connectors.Config{
		"url": stream.NewValue([]byte("postgres://u:pass-canary@host:port/db?sslmode=x")), "streams": []string{"public", "a.b"},
		"slot": "No-Good", "chunk_rows": int64(0)})
	var codes []string
	for _, f := range stream.Faults(err) {
		codes = append(codes, f.Code)
	}
	slices.Sort(codes)
	want := []string{"postgres.chunk_rows", "postgres.heartbeat", "postgres.slot_name", "postgres.streams", "postgres.url"}
	if !slices.Equal(codes, want) || strings.Contains(err.Error(), "canary") {
		t.Errorf("the configuration's faults are %q: %v", codes, err)
	}
}

func TestAServerWithoutTLSIsTold(t *testing.T) {
	d := newDatabase(t)
	u, err := url.Parse(d.url)
	if err != nil {
		t.Fatal("LETHE_TEST_POSTGRES is no URL")
	}
	q := u.Query()
	q.Set("sslmode", "verify-full")
	u.RawQuery = q.Encode()
	if f := stream.Faults(d.open(connectors.Config{"url": stream.NewValue([]byte(u.String()))}).Check(t.Context())); len(f) != 1 || f[0].Code != "postgres.tls" || !strings.Contains(f[0].Hint, "sslmode in sources.crm.url") {
		t.Errorf("Check returned %v", f)
	}
}
