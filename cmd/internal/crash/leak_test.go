//go:build linux

package crash

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/connectors/parquet/replay"
)

// A unique canary in every classified field of every common type, and Sakila's
// own values, must be found nowhere behind the masking: not as bytes, hex,
// base64 or JSON escapes, in topics, decoded Parquet, the log, what any verb
// says, metrics, or any file of the folder.

func TestL1L7NoCanaryIsFoundAnywhereBehindTheMasking(t *testing.T) {
	hunt(t, nil)
}

func TestL1L7NoCanaryIsFoundAnywhereBehindTheMaskingOnApacheKafka(t *testing.T) {
	hunt(t, []string{apacheKafka(t)})
}

func hunt(t *testing.T, brokers []string) {
	r := &leakRig{crashRig: newRig(t, brokers)}
	needles := r.canaries(t)
	// Without the sample database the canaries are hunted all the same.
	t.Run("Sakila is loaded", r.loadSakila)
	r.discover(t)
	sakila, kept := r.sakila(t)
	r.carry(t)
	hay := r.everything(t)
	// The hunt itself must be able to find: these are there.
	controls := []needle{{"topics", keptCanary}, {"decoded Parquet", "city=" + keptCanary}, {"output and metrics", "lethe_records_total"}, {"files of the folder", r.workspace}}
	all := newHunter(append(append(controls, needles...), sakila...))
	// A value that lies in a kept column too may be found.
	lawful := make(map[int]bool)
	(&haystack{[]place{{"kept", kept}}}).search(all, func(i int, _, _ string) { lawful[i] = true })
	found := make(map[int]bool)
	hay.search(all, func(i int, place, how string) {
		switch n := all.needles[i]; {
		case i < len(controls):
			found[i] = found[i] || place == n.from
		case !lawful[i] && !found[i]:
			if found[i] = true; len(found) <= 20 {
				// L7: the place, not the value.
				t.Errorf("a value of %s was found in %s as %s", n.from, place, how)
			}
		}
	})
	for i, n := range controls {
		if !found[i] {
			t.Errorf("the hunt found not even %q in %s", n.value, n.from)
		}
		delete(found, i)
	}
	if len(found) > 0 {
		t.Errorf("%d of %d values found", len(found), len(all.needles))
	}
	t.Logf("%d values hunted, less %d that lie in kept columns too, in %d bytes", len(all.needles)-len(controls), len(lawful), hay.size())
}

type leakRig struct {
	*crashRig
	output  []byte // of every command, and the metrics
	metrics string
	loaded  bool // Sakila is there
}

// says runs a verb and keeps what it says; ok tells whether it is to succeed.
func (r *leakRig) says(t *testing.T, ok bool, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(r.lethe, args...)
	var stdout bytes.Buffer
	stderr := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = &stdout, stderr
	err := cmd.Run()
	r.output = append(append(r.output, stdout.Bytes()...), stderr.Bytes()...)
	if (err == nil) != ok {
		t.Fatalf("lethe %s: %v\n%s", args[0], err, stderr)
	}
	return stdout.Bytes()
}

func (r *leakRig) discover(t *testing.T) {
	t.Helper()
	r.metrics = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	r.says(t, true, "init", "--workspace", r.workspace, r.dir)
	put(t, filepath.Join(r.dir, "lethe.yaml"), fmt.Sprintf(`workspace: %s
kafka: %s
metrics: %s
sources:
  src: {connector: postgres, url: %q, streams: ["public.*"]}
sinks:
  lake: {connector: parquet, url: ./lake, region: TH, roll_every: 500ms, clearance: [public, internal, financial, pii, pii-pseudo]}
connections:
  all: {from: src, to: lake, purpose: analytics}
`, r.workspace, r.where(), r.metrics, r.url))
	os.Remove(filepath.Join(r.dir, "policy.yaml"))
	r.says(t, true, "discover", r.dir)
	policy := filepath.Join(r.dir, "policy.yaml")
	text, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	// A number too short for its operator goes to quarantine.
	// Nor does discover decide whose data rows are that no column leads to.
	subjects := "\nsubjects:\n  src.public.visit: none\n"
	if r.loaded {
		subjects += "  src.public.address: none\n"
	}
	put(t, policy, strings.NewReplacer("\nmask:\n", "\nmask:\n  default: redact\n  fields: {src.public.visit/phone: {partial: {keep_last: 3}}}\n",
		"\nsubjects:\n", subjects).Replace(string(text)))
	r.says(t, true, "discover", "--json", r.dir)
	r.says(t, true, "check", "--online", r.dir)
	r.says(t, true, "check", "--explain", "src.public.patient/email", r.dir)
}

// carry runs, changes the tables in between, runs as a service, and proves.
func (r *leakRig) carry(t *testing.T) {
	t.Helper()
	r.says(t, true, "run", "--once", "--allow-quarantine", "--log-level", "debug", r.dir)
	for _, sql := range changesOfCanaries() {
		exe(t, r.db, sql)
	}
	r.live(t)
	exe(t, r.db, "ALTER TABLE visit ALTER secret TYPE jsonb USING to_jsonb(secret)") // not what the contract says
	exe(t, r.db, "UPDATE visit SET phone = phone")
	r.says(t, true, "run", "--once", "--allow-quarantine", "--json", "--log-level", "debug", r.dir)
	r.says(t, true, "verify", r.dir)
	r.says(t, true, "verify", "--json", r.dir)
	r.says(t, true, "version")
	// What goes wrong must not tell either.
	r.says(t, false, "check", "--explain", "src.public.patient/none", r.dir)
	exe(t, r.db, "ALTER TABLE visit RENAME TO visited")
	r.says(t, false, "check", "--online", filepath.Join(r.dir, "lake"))
	cmd := exec.Command(r.lethe, "run", "--once", "--allow-quarantine", "--log-level", "debug", r.dir)
	out, _ := cmd.CombinedOutput() // whether it may run without the table is not for here
	r.output = append(r.output, out...)
}

// live runs lethe as a service, long enough to answer for its metrics.
func (r *leakRig) live(t *testing.T) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(r.lethe, "run", "--log-level", "debug", r.dir)
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		resp, err := http.Get("http://" + r.metrics + "/metrics")
		if err != nil {
			continue
		}
		var b bytes.Buffer
		b.ReadFrom(resp.Body)
		resp.Body.Close()
		if strings.Contains(b.String(), `lethe_records_total{name="all",stage="sink"}`) {
			r.output = append(r.output, b.Bytes()...)
			break
		}
	}
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Errorf("lethe run ended with %v after an interrupt: %s", err, stderr.String())
	}
	r.output = append(r.output, stderr.Bytes()...)
}

// loadSakila loads the sample database.
func (r *leakRig) loadSakila(t *testing.T) {
	shared := filepath.Join("..", "..", "..", "..", "shared", "data")
	if _, err := os.Stat(filepath.Join(shared, "sakila-postgres-schema.sql")); err != nil {
		t.Skip("only canaries are hunted: the Sakila sample database is not beside this repository:", err)
	}
	r.loaded = true
	for _, f := range []string{"sakila-postgres-schema.sql", "sakila-postgres-data.sql"} {
		// The dump names an owner that does not exist here; its own errors about
		// that are expected.
		exec.Command("psql", r.url, "-q", "-f", filepath.Join(shared, f)).Run()
	}
}

// everything reads what lies behind the masking: all topics (raw and quarantine
// are ciphertext), rows decoded, files of the folder, output.
func (r *leakRig) everything(t *testing.T) *haystack {
	t.Helper()
	h := &haystack{}
	h.add("output and metrics", r.output)
	var rows bytes.Buffer
	err := replay.Replay(filepath.Join(r.dir, "lake"), "", func(_ int32, _ int64, op, key, seq string, columns map[string]any) error {
		fmt.Fprintln(&rows, op, key, seq)
		for name, v := range columns {
			if raw, ok := v.(json.RawMessage); ok {
				v = string(raw)
			}
			fmt.Fprintf(&rows, "%s=%v\n", name, v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h.add("decoded Parquet", rows.Bytes())
	r.topics(t, h)
	err = filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if rel, _ := filepath.Rel(r.dir, path); strings.HasPrefix(rel, "contracts") || rel == "lethe.yaml" || rel == "policy.yaml" {
			return nil // what discover and people write: names of columns
		}
		b, err := os.ReadFile(path)
		h.add("files of the folder", b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// topics adds every record of every topic of the workspace, keys and headers too,
// and sees to it that some are in quarantine.
func (r *leakRig) topics(t *testing.T, h *haystack) {
	t.Helper()
	c, done := r.cluster(t)
	defer done()
	names, err := c.TopicNames(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for name, partitions := range names {
		if !strings.HasPrefix(name, "lethe."+r.workspace+".") {
			continue
		}
		var out bytes.Buffer
		for p := range partitions {
			err := c.ReadRange(t.Context(), name, p, 0, func(k *kgo.Record) error {
				if strings.Contains(name, ".quarantine.") {
					refused++
				}
				out.Write(k.Key)
				out.Write(k.Value)
				for _, hd := range k.Headers {
					out.WriteString(hd.Key)
					out.Write(hd.Value)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		h.add("topics", out.Bytes())
	}
	if refused == 0 {
		t.Error("nothing is in quarantine, so it was not hunted in")
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
