//go:build linux

package crash

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	_ "modernc.org/sqlite"

	"lethe/audit"
)

// witnessRig is a witness that is killed.
type witnessRig struct {
	lethe, dir, url string
	logs            []string // public key files
	cmd             *exec.Cmd
}

func (r *witnessRig) start(t *testing.T) {
	t.Helper()
	args := []string{"witness", "--key", filepath.Join(r.dir, "w.key"), "--listen", strings.TrimPrefix(r.url, "http://")}
	for _, l := range r.logs {
		args = append(args, "--log", l)
	}
	r.cmd = exec.Command(r.lethe, append(args, filepath.Join(r.dir, "state"))...)
	var out bytes.Buffer
	r.cmd.Stderr = &out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		resp, err := http.Get(r.url)
		if err == nil {
			resp.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			r.kill()
			t.Fatalf("the witness does not answer: %v\n%s", err, out.String())
		}
	}
}

func (r *witnessRig) kill() {
	r.cmd.Process.Kill()
	r.cmd.Wait()
}

// growing is a log whose checkpoints a test signs and has cosigned as fast as it can.
type growing struct {
	signer note.Signer
	stored []tlog.Hash
	roots  []tlog.Hash // by size
	asked  int64       // the largest size that was sent
	known  int64       // the largest size that was cosigned
}

func (g *growing) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		out[i] = g.stored[x]
	}
	return out, nil
}

// to makes the log n entries long.
func (g *growing) to(t *testing.T, n int64, text string) {
	t.Helper()
	for i := int64(len(g.roots)) - 1; i < n; i++ {
		h, err := tlog.StoredHashes(i, fmt.Appendf(nil, "%s %d", text, i), g)
		if err != nil {
			t.Fatal(err)
		}
		g.stored = append(g.stored, h...)
		root, err := tlog.TreeHash(i+1, g)
		if err != nil {
			t.Fatal(err)
		}
		g.roots = append(g.roots, root)
	}
}

// ask sends the checkpoint of size n as an extension of old: 0 if nobody answers.
func (g *growing) ask(t *testing.T, url string, old, n int64) (status int, answer string) {
	t.Helper()
	cp, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", g.signer.Name(), n, g.roots[n])}, g.signer)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", old)
	if old > 0 && old < n {
		proof, err := tlog.ProveTree(n, old, g)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range proof {
			b.WriteString(h.String() + "\n")
		}
	}
	b.WriteString("\n" + string(cp))
	resp, err := http.Post(url+"/add-checkpoint", "text/plain", strings.NewReader(b.String()))
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(body)
}

// grow asks for ever larger checkpoints until nobody answers.
func (g *growing) grow(t *testing.T, url string) {
	for {
		g.to(t, g.known+1+rand.Int64N(3), "a")
		n := int64(len(g.roots)) - 1
		g.asked = max(g.asked, n)
		status, answer := g.ask(t, url, g.known, n)
		switch {
		case status == 0:
			return
		case status != http.StatusOK || !strings.HasPrefix(answer, "— "):
			t.Errorf("size %d after %d: %d %s", n, g.known, status, answer)
			return
		}
		g.known = n
	}
}

// settle learns what a witness that was killed has kept: all that it gave a cosignature
// for, and nothing that nobody sent.
func (g *growing) settle(t *testing.T, url string) {
	t.Helper()
	// A size that it cannot have makes it tell its own.
	status, answer := g.ask(t, url, g.asked+1, g.asked)
	if status != http.StatusBadRequest {
		t.Fatalf("an old size beyond the checkpoint: %d %s", status, answer)
	}
	if g.known == g.asked {
		return
	}
	switch status, answer := g.ask(t, url, g.known, g.asked); status {
	case http.StatusOK:
	case http.StatusConflict:
		var kept int64
		if _, err := fmt.Sscanf(answer, "%d\n", &kept); err != nil || kept <= g.known || kept > g.asked {
			t.Fatalf("it cosigned %d, was asked for %d, and kept %q", g.known, g.asked, answer)
		}
		if status, answer := g.ask(t, url, kept, g.asked); status != http.StatusOK {
			t.Fatalf("it kept %d, and refuses %d: %d %s", kept, g.asked, status, answer)
		}
	default:
		t.Fatalf("it cosigned %d, was asked for %d: %d %s", g.known, g.asked, status, answer)
	}
	g.known = g.asked
}

func TestL4AWitnessThatIsKilledNeverCosignsTwoHistories(t *testing.T) {
	if testing.Short() {
		t.Skip("kills take their time; run without -short")
	}
	r := &witnessRig{dir: t.TempDir(), lethe: built(t), url: fmt.Sprintf("http://127.0.0.1:%d", freePort(t))}
	folder := filepath.Join(r.dir, "shop")
	does := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(r.lethe, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("lethe %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	does("init", "--workspace", "shop", folder)
	made := does("witness", "new-key", "--name", "witness.example.org/w1", filepath.Join(r.dir, "w.key"))
	skey, vkey, err := audit.NewLogKey("other.example.org/log")
	if err != nil {
		t.Fatal(err)
	}
	g, fork := new(growing), new(growing)
	if g.signer, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	g.roots, fork.roots, fork.signer = make([]tlog.Hash, 1), make([]tlog.Hash, 1), g.signer
	put(t, filepath.Join(r.dir, "other.pub"), vkey+"\n")
	r.logs = []string{filepath.Join(folder, "log.pub"), filepath.Join(r.dir, "other.pub")}

	line := strings.Fields(made[strings.Index(made, "witness w1 "):])
	own, err := os.ReadFile(r.logs[0])
	if err != nil {
		t.Fatal(err)
	}
	policy := filepath.Join(folder, "witnesses.txt")
	put(t, policy, fmt.Sprintf("log %s\nwitness w1 %s %s\nquorum w1\n", strings.TrimSpace(string(own)), line[2], r.url))
	db := shopOf(t, folder, "workspace: shop\naudit: {log: ./log, witnesses: witnesses.txt}\n")
	does("discover", folder)

	r.start(t)
	defer func() { r.kill() }()
	run := exec.Command(r.lethe, "run", "--log-level", "error", folder)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { run.Process.Kill(); run.Wait() }()
	ctx, stop := context.WithCancel(t.Context())
	var inserts sync.WaitGroup
	inserts.Go(func() {
		for i := 10; ctx.Err() == nil; i++ {
			if _, err := db.Exec("insert into customer values (?, 'Nan')", i); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	for range times("LETHE_KILLS_WITNESS", 40) {
		var asking sync.WaitGroup
		asking.Go(func() { g.grow(t, r.url) })
		time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
		r.kill()
		asking.Wait()
		r.start(t)
		g.settle(t, r.url)
		if g.known == 0 {
			continue // killed before the first: there is no history yet
		}
		// Who has the log's key shows another history, of this size and larger.
		n := g.known + 5
		fork.to(t, n, "b")
		for _, old := range []int64{0, g.known, n} {
			for _, size := range []int64{g.known, n} {
				if status, _ := fork.ask(t, r.url, old, size); status == http.StatusOK || status == 0 {
					t.Fatalf("another history of %d entries after %d: %d", size, old, status)
				}
			}
		}
	}
	stop()
	inserts.Wait()
	if err := run.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); err != nil {
		t.Errorf("lethe run: %v", err)
	}
	if g.known < 40 {
		t.Errorf("only %d entries were cosigned", g.known)
	}
	out := does("verify", "--policy", policy, "--fresh", "1h", folder)
	if !strings.Contains(out, "by witness w1 at ") || !strings.Contains(out, "verify: ok") {
		t.Error(out)
	}
	t.Logf("%d entries of the other log were cosigned", g.known)
}

// shopOf is the database of a folder that streams it, of one table. more stands in
// lethe.yaml beside that.
func shopOf(t *testing.T, folder, more string) *sql.DB {
	t.Helper()
	put(t, filepath.Join(folder, "lethe.yaml"), more+`partitions: 1
sources:
  till: {connector: sqlite, path: till.db, poll: 50ms}
sinks:
  lake: {connector: parquet, url: ./lake, region: TH, clearance: [public, internal, pii-pseudo], roll_every: 200ms}
connections:
  till-lake: {from: till, to: lake, purpose: analytics}
`)
	put(t, filepath.Join(folder, "policy.yaml"), `packs: [pdpa-th]
subjects: {till.main.customer: {key: id}}
mask:
  elements: {id.internal: {hmac: {}}}
  default: redact
`)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "till.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec("create table customer (id integer primary key, city text); insert into customer values (1, 'Nan')"); err != nil {
		t.Fatal(err)
	}
	return db
}
