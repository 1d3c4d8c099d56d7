//go:build linux

package crash

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"lethe/stream/broker"
	"lethe/stream/kafka"
)

// The promise of exactly once, tested as it is meant: lethe run is killed with
// SIGKILL, at random and at aimed moments, while a writer inserts, updates,
// deletes, moves keys, truncates and alters tables in PostgreSQL. The truth is a
// second replication slot, not the writer's memory.

func TestL2L3EveryChangeOnceAcrossKillsOnTheEmbeddedBroker(t *testing.T) {
	crash(t, times("LETHE_KILLS", 100), nil)
}

func TestL2L3EveryChangeOnceAcrossKillsOnApacheKafka(t *testing.T) {
	crash(t, times("LETHE_KILLS_KAFKA", 24), []string{apacheKafka(t)})
}

// apacheKafka is the broker that the test command started.
func apacheKafka(t *testing.T) string {
	t.Helper()
	addr := os.Getenv("LETHE_TEST_KAFKA")
	if addr == "" {
		missing(t, "LETHE_TEST_KAFKA names no broker: ./test.sh starts one")
	}
	return addr
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
	brokers    []string // empty: the embedded broker
	workspace  string
	url        string
	db         *pgx.Conn
	slot       string
	counter    atomic.Int64 // numbers the changes
	writing    sync.Mutex   // held while a transaction of the writer is open
	voids      bool         // some kill must have voided a snapshot of the table without a key
}

func crash(t *testing.T, kills int, brokers []string) {
	if testing.Short() {
		t.Skip("kills take minutes; run without -short")
	}
	r := newRig(t, brokers)
	r.fill(t)
	r.folder(t, crashPolicy)
	r.begin(t)
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() { r.write(ctx, t) })
	hits := r.kill(t, kills)
	r.voids = true
	stop()
	writer.Wait()
	out, err := exec.Command(r.lethe, "run", "--once", "--log-level", "warn", r.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("lethe run --once: %v\n%s", err, out)
	}
	truth := r.truth(t)
	for _, table := range crashTables() {
		r.count(t, table, truth[table.name])
	}
	if out, err := exec.Command(r.lethe, "verify", r.dir).CombinedOutput(); err != nil {
		t.Errorf("lethe verify: %v\n%s", err, out)
	}
	t.Logf("killed %v", hits)
}

// theBinary is made by the first test that asks for it.
var theBinary struct {
	sync.Once
	dir string
	err error
}

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(theBinary.dir)
	os.Exit(code)
}

// built is lethe, as go build makes it.
func built(t *testing.T) string {
	t.Helper()
	theBinary.Do(func() {
		if theBinary.dir, theBinary.err = os.MkdirTemp("", "lethe-crash"); theBinary.err != nil {
			return
		}
		if out, err := exec.Command("go", "build", "-o", theBinary.dir, "lethe/cmd/lethe").CombinedOutput(); err != nil {
			theBinary.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if theBinary.err != nil {
		t.Fatal(theBinary.err)
	}
	return filepath.Join(theBinary.dir, "lethe")
}

// newRig makes a database and a directory, which go with the test.
func newRig(t *testing.T, brokers []string) *crashRig {
	t.Helper()
	url := os.Getenv("LETHE_TEST_POSTGRES")
	if url == "" {
		missing(t, "LETHE_TEST_POSTGRES names no server: ./test.sh starts one")
	}
	r := &crashRig{dir: t.TempDir(), brokers: brokers, lethe: built(t)}
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
	return r
}

// where says which broker, as lethe.yaml has it.
func (r *crashRig) where() string {
	if r.brokers == nil {
		return "embedded"
	}
	return "{brokers: [" + strings.Join(r.brokers, ", ") + "]}"
}

// cluster is the broker of the folder while lethe does not run. The embedded one
// is started; done stops it.
func (r *crashRig) cluster(t *testing.T) (c kafka.Cluster, done func()) {
	t.Helper()
	if r.brokers != nil {
		return kafka.Cluster{Brokers: r.brokers}, func() {}
	}
	b, err := broker.Start(t.Context(), broker.Config{Dir: filepath.Join(r.dir, "state", "broker")})
	if err != nil {
		t.Fatal(err)
	}
	return kafka.Cluster{Brokers: b.Addrs()}, func() { b.Close() }
}

// folder makes the files for a policy, and the contracts.
func (r *crashRig) folder(t *testing.T, policy string) {
	t.Helper()
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(r.lethe, args...).CombinedOutput(); err != nil {
			t.Fatalf("lethe %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	run("init", "--workspace", r.workspace, r.dir)
	put(t, filepath.Join(r.dir, "lethe.yaml"), fmt.Sprintf(`workspace: %s
kafka: %s
keyring: {file: ./keys}
audit: {log: ./log}
sources:
  src: {connector: postgres, url: %q, streams: ["public.*"], chunk_rows: 100}
sinks:
  lake: {connector: parquet, url: ./lake, roll_every: 400ms, region: DE, clearance: [public, internal, financial, pii-pseudo]}
connections:
  all: {from: src, to: lake, purpose: analytics, policy: policy.yaml}
`, r.workspace, r.where(), r.url))
	put(t, filepath.Join(r.dir, "policy.yaml"), policy)
	run("discover", r.dir)
	run("check", r.dir)
}

// mayReveal lets whoever runs the tests have values opened.
func (r *crashRig) mayReveal(t *testing.T) {
	t.Helper()
	t.Setenv("SUDO_UID", strconv.Itoa(os.Getuid()))
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	r.edit(t, func(text string) string {
		return text + "reveal: {approve_above: 50, principals: {tester: {users: [" + me.Username + "], per_day: 50}}}\n"
	})
}

// edit changes lethe.yaml.
func (r *crashRig) edit(t *testing.T, change func(string) string) {
	t.Helper()
	file := filepath.Join(r.dir, "lethe.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	put(t, file, change(string(text)))
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
