//go:build linux

package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A table that is renamed, or made, while lethe run reads its database: nobody
// decided about the new name.

func TestL1L2ATableThatIsRenamedWhileItIsReadHurtsOnlyItself(t *testing.T) {
	const rows = 20_000
	r := newRig(t, nil)
	exe(t, r.db, "CREATE TABLE account (id int PRIMARY KEY, email text, n bigint NOT NULL)")
	exe(t, r.db, fmt.Sprintf("INSERT INTO account SELECT g, 'user' || g || '@example.com', -g FROM generate_series(1, %d) g", rows))
	exe(t, r.db, "CREATE TABLE spot (id int PRIMARY KEY, n bigint NOT NULL)")
	exe(t, r.db, "INSERT INTO spot SELECT g, g FROM generate_series(1, 10) g")
	r.folder(t, `packs: [gdpr]
elements:
  src.public.account/n: commerce.amount
subjects:
  src.public.account: {key: id}
  src.public.spot: {key: id}
mask:
  elements: {id.record: keep, id.internal: {hmac: {}}, contact.email: redact, commerce.amount: keep}
  default: redact
`)
	log, stop := r.start(t)
	awaitThat(t, log, "the snapshot is in the lake", func() bool { return r.verify(t).of("account") == rows })

	exe(t, r.db, "ALTER TABLE spot RENAME TO place")
	exe(t, r.db, "INSERT INTO place SELECT g, g FROM generate_series(11, 13) g")
	exe(t, r.db, "UPDATE place SET n = 0 WHERE id = 1")
	exe(t, r.db, "CREATE TABLE fresh (id int PRIMARY KEY, secret text)")
	exe(t, r.db, "INSERT INTO fresh SELECT g, 'x' FROM generate_series(1, 5) g")
	exe(t, r.db, "UPDATE account SET n = n - 1 WHERE id <= 100")
	awaitThat(t, log, "the other table goes on", func() bool { return r.verify(t).of("account") == rows+100 })
	awaitThat(t, log, "run says so", func() bool { return strings.Contains(log(), "src.public.place") })
	if out := log(); strings.Count(out, `"stream":"src.public.place"`) != 1 || !strings.Contains(out, "lethe discover "+r.dir) || !strings.Contains(out, "src-2") {
		t.Errorf("told of the renamed table:\n%s", out)
	}
	stop()

	// The next start tells of both. The table that was made meanwhile waits.
	out, err := exec.Command(r.lethe, "run", "--once", "--allow-quarantine", "--log-level", "warn", r.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("lethe run --once: %v\n%s", err, out)
	}
	for _, want := range []string{`a table waits, unread, until somebody decided about its columns","connector":"src","stream":"src.public.fresh"`} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("run --once does not tell %s:\n%s", want, out)
		}
	}
	if bytes.Contains(out, []byte("to quarantine: ")) {
		t.Errorf("something went to quarantine:\n%s", out)
	}
	// A contract comes too late for what was read under this name of the source;
	// of what waited every row comes.
	if out, err := exec.Command(r.lethe, "discover", r.dir).CombinedOutput(); err != nil {
		t.Fatalf("lethe discover: %v\n%s", err, out)
	}
	file := filepath.Join(r.dir, "policy.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	put(t, file, strings.Replace(string(text), "subjects:\n", "subjects:\n  src.public.place: {key: id}\n  src.public.fresh: {key: id}\n", 1))
	exe(t, r.db, "UPDATE place SET n = 1 WHERE id = 2")
	out, err = exec.Command(r.lethe, "run", "--once", "--allow-quarantine", "--log-level", "warn", r.dir).CombinedOutput()
	if err != nil || strings.Count(string(out), `"stream":"src.public.place"`) != 1 || !bytes.Contains(out, []byte("src-2")) {
		t.Errorf("lethe run --once with a contract: %v\n%s", err, out)
	}
	v := r.verify(t)
	in, delivered, quarantined := int64(0), int64(0), int64(0)
	for _, c := range v.Connections {
		in, delivered, quarantined = in+c.In, delivered+c.Delivered, quarantined+c.Quarantined
	}
	const kept = rows + 100 + 10 + 5
	if delivered != kept || v.of("fresh") != 5 || quarantined != 4+1 || in != delivered+quarantined || len(v.Findings) > 0 {
		t.Errorf("in %d, delivered %d of %d, quarantined %d, findings %s", in, delivered, kept, quarantined, v.Findings)
	}
}

type proof struct {
	Findings    []json.RawMessage
	Connections []struct{ In, Delivered, Quarantined int64 }
	Streams     []struct {
		Stream  string
		InFiles int64 `json:"in_files"`
	}
}

// of is how many rows of a table are in files.
func (v proof) of(table string) int64 {
	for _, s := range v.Streams {
		if s.Stream == "src.public."+table {
			return s.InFiles
		}
	}
	return 0
}

// verify is what lethe verify says, as far as the log is by now.
func (r *crashRig) verify(t *testing.T) (v proof) {
	t.Helper()
	out, _ := exec.Command(r.lethe, "verify", "--json", r.dir).Output()
	if err := json.Unmarshal(out, &v); err != nil {
		t.Logf("lethe verify: %v: %s", err, out)
	}
	return v
}

// start lets lethe run until the returned function is called; log is what it
// wrote so far.
func (r *crashRig) start(t *testing.T) (log func() string, stop func()) {
	t.Helper()
	var out syncBuffer
	cmd := exec.Command(r.lethe, "run", "--log-level", "warn", r.dir)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cmd.Process.Signal(os.Interrupt)
			if err := cmd.Wait(); err != nil {
				t.Errorf("lethe run: %v\n%s", err, out.String())
			}
		})
	}
	t.Cleanup(stop)
	return out.String, stop
}

func awaitThat(t *testing.T, log func() string, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s:\n%s", what, log())
		}
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
