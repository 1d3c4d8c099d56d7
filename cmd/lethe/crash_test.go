package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/connectors/parquet/replay"
	"lethe/stream"
	"lethe/stream/broker"
	"lethe/stream/kafka"
)

// The promise of exactly once, tested as it is meant: lethe run is killed with
// SIGKILL, at random and at aimed moments, while a writer inserts, updates,
// deletes and moves keys in PostgreSQL. The truth is a second replication slot,
// not the writer's memory.

func TestL2L3EveryChangeOnceAcrossKillsOnTheEmbeddedBroker(t *testing.T) {
	crash(t, times("LETHE_KILLS", 100), nil)
}

func TestL2L3EveryChangeOnceAcrossKillsOnApacheKafka(t *testing.T) {
	addr := os.Getenv("LETHE_TEST_KAFKA")
	if addr == "" {
		missing(t, "LETHE_TEST_KAFKA names no broker: ./test.sh starts one")
	}
	crash(t, times("LETHE_KILLS_KAFKA", 20), []string{addr})
}

// missing skips a test whose server is not there; in CI it fails.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func times(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// crashRig is a folder over a database of its own.
type crashRig struct {
	dir, lethe string
	brokers    []string
	workspace  string
	url        string
	db         *pgx.Conn
	slot       string
	counter    atomic.Int64 // numbers the changes
}

const crashRows = 20_000

func crash(t *testing.T, kills int, brokers []string) {
	if testing.Short() {
		t.Skip("kills take minutes; run without -short")
	}
	r := newCrashRig(t, brokers)
	r.begin(t)
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Add(1)
	go func() {
		defer writer.Done()
		r.write(ctx, t)
	}()
	aims := r.kill(t, kills)
	stop()
	writer.Wait()
	out, err := exec.Command(r.lethe, "run", "--once", "--log-level", "warn", r.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("lethe run --once: %v\n%s", err, out)
	}
	truth := r.truth(t)
	masked := r.masked(t)
	changes := r.compare(t, truth, masked)
	r.compareLake(t, masked)
	if out, err := exec.Command(r.lethe, "verify", r.dir).CombinedOutput(); err != nil {
		t.Errorf("lethe verify: %v\n%s", err, out)
	}
	t.Logf("%d kills %v, %d changes, %d masked records: each once, in order per key", kills, aims, changes, len(masked))
}

func newCrashRig(t *testing.T, brokers []string) *crashRig {
	t.Helper()
	url := os.Getenv("LETHE_TEST_POSTGRES")
	if url == "" {
		missing(t, "LETHE_TEST_POSTGRES names no server: ./test.sh starts one")
	}
	r := &crashRig{dir: t.TempDir(), brokers: brokers, lethe: filepath.Join(t.TempDir(), "lethe")}
	if out, err := exec.Command("go", "build", "-o", r.lethe, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	r.workspace = "crash" + strconv.FormatInt(time.Now().UnixNano(), 36)
	r.slot = "truth_" + r.workspace
	admin := connect(t, url)
	exe(t, admin, "CREATE DATABASE "+r.workspace)
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	r.url = fmt.Sprintf("postgres://%s:%s@%s:%d/%s", config.User, config.Password, config.Host, config.Port, r.workspace)
	t.Cleanup(func() {
		// Slots keep a database from being dropped.
		ctx := context.Background()
		admin.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()", r.workspace)
		time.Sleep(100 * time.Millisecond)
		admin.Exec(ctx, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1", r.workspace)
		admin.Exec(ctx, "DROP DATABASE IF EXISTS "+r.workspace+" WITH (FORCE)")
		admin.Close(ctx)
	})
	r.db = connect(t, r.url)
	exe(t, r.db, "CREATE TABLE account (id int PRIMARY KEY, email text, n bigint NOT NULL)")
	exe(t, r.db, fmt.Sprintf("INSERT INTO account SELECT g, 'user' || g || '@example.com', -g FROM generate_series(1, %d) g", crashRows))
	exe(t, r.db, fmt.Sprintf("SELECT pg_create_logical_replication_slot('%s', 'test_decoding')", r.slot))
	r.folder(t)
	return r
}

func (r *crashRig) folder(t *testing.T) {
	t.Helper()
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(r.lethe, args...).CombinedOutput(); err != nil {
			t.Fatalf("lethe %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	where := "embedded"
	if r.brokers != nil {
		where = "{brokers: [" + strings.Join(r.brokers, ", ") + "]}"
	}
	run("init", "--workspace", r.workspace, r.dir)
	put(t, filepath.Join(r.dir, "lethe.yaml"), fmt.Sprintf(`workspace: %s
kafka: %s
keyring: {file: ./keys}
audit: {log: ./log}
sources:
  src: {connector: postgres, url: %q, streams: ["public.*"], chunk_rows: 700}
sinks:
  lake: {connector: parquet, url: ./lake, roll_every: 400ms, region: DE, clearance: [public, internal, pii-pseudo]}
connections:
  all: {from: src, to: lake, purpose: analytics, policy: policy.yaml}
`, r.workspace, where, r.url))
	put(t, filepath.Join(r.dir, "policy.yaml"), `packs: [gdpr]
elements:
  src.public.account/n: commerce.amount
subjects:
  src.public.account: {key: id}
mask:
  elements: {id.internal: {hmac: {}}, contact.email: redact, commerce.amount: keep}
  default: redact
`)
	run("discover", r.dir)
	run("check", r.dir)
}

// begin lets lethe run make its slot and dies at once: changes before the slot
// reach nobody but as rows of the snapshot, so the writer waits for it.
func (r *crashRig) begin(t *testing.T) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(r.lethe, "run", "--log-level", "warn", r.dir)
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		var n int
		if err := r.db.QueryRow(t.Context(), "SELECT count(*) FROM pg_replication_slots WHERE database = $1 AND slot_name <> $2 AND confirmed_flush_lsn IS NOT NULL", r.workspace, r.slot).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
	}
	t.Fatal("lethe run made no slot within 30 s: ", stderr.String())
}

// write changes the table until ctx ends: mostly small transactions, sometimes
// one with hundreds of rows.
func (r *crashRig) write(ctx context.Context, t *testing.T) {
	db := connect(t, r.url)
	defer db.Close(context.Background())
	for ctx.Err() == nil {
		size := 1 + rand.IntN(4)
		if rand.IntN(200) == 0 {
			size = 800
		}
		tx, err := db.Begin(ctx)
		if err != nil {
			return
		}
		for range size {
			if _, err = tx.Exec(ctx, r.change()); err != nil {
				break
			}
		}
		if err != nil {
			tx.Rollback(context.Background())
		} else {
			tx.Commit(ctx)
		}
		time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
	}
}

func (r *crashRig) change() string {
	n, id, other := r.counter.Add(1), 1+rand.IntN(crashRows/10), 1+rand.IntN(crashRows/10)
	switch rand.IntN(10) {
	case 0, 1:
		return fmt.Sprintf("INSERT INTO account VALUES (%d, 'new%d@example.com', %d) ON CONFLICT DO NOTHING", id, n, n)
	case 2:
		return fmt.Sprintf("DELETE FROM account WHERE id = %d", id)
	case 3:
		return fmt.Sprintf("UPDATE account SET id = %d, n = %d WHERE id = %d AND NOT EXISTS (SELECT FROM account WHERE id = %[1]d)", other, n, id)
	default:
		return fmt.Sprintf("UPDATE account SET n = %d WHERE id = %d", n, id)
	}
}

// kill starts lethe run and kills it, many times, and says at which moments.
func (r *crashRig) kill(t *testing.T, kills int) map[string]int {
	aims := []struct {
		name string
		hit  func() bool
	}{
		{"at random", nil}, {"at random", nil},
		{"between object and commit", r.fresh(filepath.Join(r.dir, "lake"), "*.parquet")},
		{"inside EndTxn", r.fresh(filepath.Join(r.dir, "state", "broker"), "intent")},
		{"with drained raw topics", r.fresh(filepath.Join(r.dir, "state", "broker"), "ledger.json")},
	}
	done := map[string]int{}
	for i := range kills {
		aim := aims[i%len(aims)]
		var stderr bytes.Buffer
		cmd := exec.Command(r.lethe, "run", "--log-level", "warn", r.dir)
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		gone := make(chan error, 1)
		go func() { gone <- cmd.Wait() }()
		least := time.Duration(150+rand.IntN(1200)) * time.Millisecond
		most := time.After(least + 2*time.Second)
		select {
		case err := <-gone:
			t.Fatalf("lethe run ended by itself: %v\n%s", err, stderr.String())
		case <-time.After(least):
		}
		name := aim.name
	wait:
		for aim.hit != nil && !aim.hit() {
			select {
			case <-most:
				name = "at random"
				break wait
			case <-time.After(200 * time.Microsecond):
			}
		}
		cmd.Process.Signal(syscall.SIGKILL)
		<-gone
		done[name]++
	}
	return done
}

// fresh reports whether a file of that pattern came or changed since it was
// asked before.
func (r *crashRig) fresh(dir, pattern string) func() bool {
	last := ""
	return func() bool {
		names, _ := filepath.Glob(filepath.Join(dir, pattern))
		sort.Strings(names)
		var b strings.Builder
		for _, n := range names {
			if st, err := os.Stat(n); err == nil {
				fmt.Fprintln(&b, n, st.ModTime().UnixNano(), st.Size())
			}
		}
		was := last
		last = b.String()
		return was != "" && was != last
	}
}

// change is one event of a key.
type change struct {
	op string // c, u, d
	n  int64
}

var (
	oldKey = regexp.MustCompile(`old-key: id\[integer\]:(\d+)`)
	newID  = regexp.MustCompile(`(?:new-tuple: |: )id\[integer\]:(\d+)`)
	newN   = regexp.MustCompile(`\bn\[bigint\]:(-?\d+)`)
)

// truth reads the second slot: what happened to each id, in commit order.
func (r *crashRig) truth(t *testing.T) map[string][]change {
	t.Helper()
	rows, err := r.db.Query(t.Context(), "SELECT data FROM pg_logical_slot_get_changes($1, NULL, NULL, 'include-xids', '0', 'skip-empty-xacts', '1')", r.slot)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	by := map[string][]change{}
	for _, l := range lines {
		l, ok := strings.CutPrefix(l, "table public.account: ")
		if !ok {
			continue
		}
		ids := newID.FindAllStringSubmatch(": "+l, -1)
		id := ids[len(ids)-1][1]
		var n int64
		if m := newN.FindStringSubmatch(l); m != nil {
			n, _ = strconv.ParseInt(m[1], 10, 64)
		}
		switch {
		case strings.HasPrefix(l, "INSERT"):
			by[id] = append(by[id], change{"c", n})
		case strings.HasPrefix(l, "DELETE"):
			by[id] = append(by[id], change{"d", 0})
		default:
			if m := oldKey.FindStringSubmatch(l); m != nil {
				by[m[1]] = append(by[m[1]], change{"d", 0})
				by[id] = append(by[id], change{"c", n})
			} else {
				by[id] = append(by[id], change{"u", n})
			}
		}
	}
	return by
}

// maskedRecord is a record of the masked topic.
type maskedRecord struct {
	partition int32
	offset    int64
	key       string
	seq       string
	change
}

// masked reads the masked topic, read committed, in offset order per partition.
func (r *crashRig) masked(t *testing.T) []maskedRecord {
	t.Helper()
	addrs := r.brokers
	if addrs == nil {
		b, err := broker.Start(t.Context(), broker.Config{Dir: filepath.Join(r.dir, "state", "broker")})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		addrs = b.Addrs()
	}
	c := kafka.Cluster{Brokers: addrs}
	var out []maskedRecord
	for p := range int32(8) {
		err := c.ReadRange(t.Context(), r.topic(), p, 0, func(k *kgo.Record) error {
			if k.Value == nil {
				return nil
			}
			var v struct {
				Op    string
				After struct{ N int64 }
			}
			if err := json.Unmarshal(k.Value, &v); err != nil {
				return err
			}
			rec := maskedRecord{partition: p, offset: k.Offset, key: string(k.Key), change: change{v.Op, v.After.N}}
			for _, h := range k.Headers {
				if h.Key == stream.HeaderSeq {
					rec.seq = string(h.Value)
				}
			}
			out = append(out, rec)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func (r *crashRig) topic() string {
	return stream.Topics{Workspace: r.workspace}.Masked("pii-pseudo", "all", "src.public.account", 1)
}

// compare holds the masked records against the truth: every change of every key
// once and in order, every row of the snapshot at most once, and the newest
// record of each key is the row as it is.
func (r *crashRig) compare(t *testing.T, truth map[string][]change, masked []maskedRecord) (changes int) {
	t.Helper()
	idOf := map[int64]string{} // by the number of a change
	for id, cs := range truth {
		for _, c := range cs {
			if c.op != "d" {
				idOf[c.n] = id
			}
		}
	}
	for id := 1; id <= crashRows; id++ {
		idOf[-int64(id)] = strconv.Itoa(id)
	}
	byKey, snapshot, keyID := map[string][]change{}, map[string]int{}, map[string]string{}
	newest := map[string]maskedRecord{}
	for _, m := range masked {
		if m.op != "d" {
			id, ok := idOf[m.n]
			if !ok {
				t.Fatalf("a masked record holds change %d, which nobody made", m.n)
			}
			if old, ok := keyID[m.key]; ok && old != id {
				t.Fatalf("one masked key stands for ids %s and %s", old, id)
			}
			keyID[m.key] = id
		}
		if m.op == "r" {
			snapshot[m.key]++
		} else {
			byKey[m.key] = append(byKey[m.key], m.change)
			changes++
		}
		if newest[m.key].seq <= m.seq {
			newest[m.key] = m
		}
	}
	// A key that was deleted before its row was read has one record, which says
	// nothing that tells its id: those are counted.
	got, onlyDeleted := map[string][]change{}, 0
	for key, cs := range byKey {
		if id, ok := keyID[key]; ok {
			got[id] = cs
		} else if fmt.Sprint(cs) == "[{d 0}]" {
			onlyDeleted++
		} else {
			t.Errorf("a masked key has changes %v and no id", cs)
		}
	}
	wrong := 0
	for id, want := range truth {
		if got[id] == nil && fmt.Sprint(want) == "[{d 0}]" {
			onlyDeleted--
			continue
		}
		if fmt.Sprint(got[id]) != fmt.Sprint(want) {
			if wrong++; wrong <= 5 {
				t.Errorf("id %s:\n got  %v\n want %v", id, got[id], want)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d ids differ", wrong, len(truth))
	}
	if onlyDeleted != 0 {
		t.Errorf("deletes of keys that were never read differ by %d", onlyDeleted)
	}
	for key, n := range snapshot {
		if n > 1 {
			t.Errorf("id %s: %d snapshot rows", keyID[key], n)
		}
	}
	r.compareState(t, newest, keyID)
	return changes
}

// compareState holds the newest record of each key against the table.
func (r *crashRig) compareState(t *testing.T, newest map[string]maskedRecord, keyID map[string]string) {
	t.Helper()
	rows, err := r.db.Query(t.Context(), "SELECT id::text, n FROM account")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{}
	var id string
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error { want[id] = n; return nil }); err != nil {
		t.Fatal(err)
	}
	have := map[string]int64{}
	for key, m := range newest {
		if m.op != "d" {
			have[keyID[key]] = m.n
		}
	}
	for id, n := range want {
		if have[id] != n {
			t.Fatalf("id %s: newest masked record is change %d, the row holds %d (%d rows, %d keys)", id, have[id], n, len(want), len(have))
		}
	}
	if len(have) != len(want) {
		t.Errorf("%d living keys, %d rows", len(have), len(want))
	}
}

// compareLake replays the lake by its manifest: it holds the masked records,
// each once.
func (r *crashRig) compareLake(t *testing.T, masked []maskedRecord) {
	t.Helper()
	var lake []string
	err := replay.Replay(filepath.Join(r.dir, "lake"), r.topic(), func(p int32, offset int64, op, key, seq string, _ map[string]any) error {
		lake = append(lake, fmt.Sprintf("%d/%09d %s %s %s", p, offset, op, key, seq))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range masked {
		want = append(want, fmt.Sprintf("%d/%09d %s %s %s", m.partition, m.offset, m.op, m.key, m.seq))
	}
	objects, _ := filepath.Glob(filepath.Join(r.dir, "lake", "*.parquet"))
	listed, _ := filepath.Glob(filepath.Join(r.dir, "lake", "_manifest", "*.json"))
	t.Logf("%d objects, %d of them listed: the others were left behind by a kill and not adopted", len(objects), len(listed))
	sort.Strings(lake)
	sort.Strings(want)
	if len(lake) != len(want) {
		t.Errorf("the lake holds %d rows, the masked topic %d records", len(lake), len(want))
	}
	for i := range min(len(lake), len(want)) {
		if lake[i] != want[i] {
			t.Fatalf("row %d of the lake is %s, the topic has %s", i, lake[i], want[i])
		}
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal("connect to PostgreSQL: ", err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func exe(t *testing.T, c *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := c.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
