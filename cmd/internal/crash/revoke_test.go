//go:build linux

package crash

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/audit"
	"lethe/stream"
	"lethe/stream/kafka"
)

// The verb that revokes is killed at every step while lethe run is at work and somebody
// writes: typed again it is whole, verify finds nothing, and no row is lost or doubled.
func TestL2L4KillsOfARevocationBesideARunLeaveItWholeOnceItIsTypedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("kills take a minute; run without -short")
	}
	forgers(t, killsOfRevocations)
}

func killsOfRevocations(t *testing.T, r *crashRig) {
	r.fill(t)
	r.folder(t, crashPolicy)
	r.begin(t)
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() { r.write(ctx, t) })
	l := r.launch(t)
	r.follows(t, l)
	told := toldOfRevocations{intents: make(map[string]bool), revoked: make(map[string]bool), last: "before the intent"}
	states, takes := make(map[string]int), 600*time.Millisecond
	for n := range times("LETHE_TEST_REVOCATIONS", 8) {
		before := r.signers(t)
		cmd := exec.Command(r.lethe, "keys", "revoke", "--yes", "--reason", "compromised", r.dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { cmd.Wait(); close(ended) }()
		if n%2 == 0 {
			// From the next key on it is a matter of milliseconds.
			for deadline := time.Now().Add(20 * time.Second); r.signers(t) == before && time.Now().Before(deadline); {
				time.Sleep(200 * time.Microsecond)
			}
			time.Sleep(time.Duration(rand.IntN(int(60 * time.Millisecond))))
		} else {
			time.Sleep(time.Duration(rand.IntN(int(takes))))
		}
		cmd.Process.Kill()
		<-ended
		states[r.revoking(t, &told)]++
		began := time.Now()
		r.says(t, "keys", "revoke", "--yes", "--reason", "compromised")
		takes = time.Since(began)
		if s := r.revoking(t, &told); s != "whole" {
			t.Errorf("typed again it is %s", s)
		}
		l.lives(0)
	}
	stop()
	writer.Wait()
	l.lives(2 * time.Second)
	l.kill()
	r.says(t, "run", "--once", "--log-level", "warn")
	truth := r.truth(t)
	for _, table := range crashTables() {
		r.count(t, table, truth[table.name])
	}
	if out, err := exec.Command(r.lethe, "verify", r.dir).CombinedOutput(); err != nil {
		t.Errorf("lethe verify: %v\n%s", err, out)
	}
	t.Logf("killed: %v", states)
}

// follows waits until the log of the run has a checkpoint.
func (r *crashRig) follows(t *testing.T, l *life) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, err := os.Stat(filepath.Join(r.dir, "log", "checkpoint"))
		lock, _ := os.ReadFile(filepath.Join(r.dir, "state", "run.lock"))
		pid, rest, _ := strings.Cut(string(lock), "\n")
		if pid == strconv.Itoa(l.cmd.Process.Pid) && strings.HasSuffix(rest, "\n") || r.brokers != nil && err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("lethe run follows no log")
		}
	}
}

// signers are the files of the folder's worker keys.
func (r *crashRig) signers(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(r.dir, "keys", "signing", "worker*"))
	if err != nil {
		t.Fatal(err)
	}
	// What a kill left of a key that was being made goes with that key.
	files = slices.DeleteFunc(files, func(f string) bool { return strings.Contains(f, ".pending-") })
	return strings.Join(files, " ")
}

// toldOfRevocations is what the audit topic tells of revocations below an offset: what was
// read is not read again, since the topic grows faster than a test is at reading it.
type toldOfRevocations struct {
	to               int64
	intents, revoked map[string]bool // by entry and by worker
	last             string
}

// revoking says how far the last revocation is.
func (r *crashRig) revoking(t *testing.T, told *toldOfRevocations) string {
	t.Helper()
	brokers := r.brokers
	if brokers == nil {
		lock, err := os.ReadFile(filepath.Join(r.dir, "state", "run.lock"))
		if err != nil {
			t.Fatal(err)
		}
		brokers = strings.Fields(strings.Split(string(lock), "\n")[1])
	}
	c, topics := kafka.Cluster{Brokers: brokers}, stream.Topics{Workspace: r.workspace}
	fences := make(map[string]bool)
	err := c.ReadRange(t.Context(), topics.Revocations(), 0, 0, func(rec *kgo.Record) error {
		fences[string(rec.Key)] = true
		return nil
	})
	if err == nil {
		err = c.ReadRange(t.Context(), topics.Audit(), 0, told.to, func(rec *kgo.Record) error {
			told.add(rec)
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	two := strings.Contains(r.signers(t), " ")
	switch {
	case len(fences) > len(told.revoked):
		return "after the fence"
	case two && told.last == "after the intent":
		return "after the next key"
	case !two && told.last == "after the outcome":
		return "whole"
	}
	return told.last
}

func (told *toldOfRevocations) add(rec *kgo.Record) {
	told.to = rec.Offset + 1
	e, ok := audit.ReadEntry(rec.Value, stream.EntryIntent, stream.EntryOutcome, stream.EntryRevoke)
	var b struct{ Action, Of, Worker string }
	if !ok || json.Unmarshal(e.Body, &b) != nil {
		return
	}
	switch {
	case e.Kind == stream.EntryIntent && b.Action == stream.ActionRevoke:
		told.intents[e.ID], told.last = true, "after the intent"
	case e.Kind == stream.EntryRevoke:
		told.revoked[b.Worker], told.last = true, "after the revocation"
	case e.Kind == stream.EntryOutcome && told.intents[b.Of]:
		told.last = "after the outcome"
	}
}

// elsewhere is the folder as another machine has it: with the same keys, or a copy.
func (r *crashRig) elsewhere(t *testing.T, keys string) *crashRig {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("sh", "-c", "cp -r "+r.dir+"/. "+dir+" && cd "+dir+" && rm -rf log state lake").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "lethe.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "lethe.yaml"), strings.NewReplacer("./keys", keys, "./lake", filepath.Join(r.dir, "lake")).Replace(string(text)))
	return &crashRig{dir: dir, lethe: r.lethe, brokers: r.brokers, workspace: r.workspace, url: r.url, db: r.db, slot: r.slot}
}

func TestL2L4OnApacheKafkaMachinesThatShareKeysGoOnAndOneWithACopyStops(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute; run without -short")
	}
	r := newRig(t, []string{apacheKafka(t)})
	r.fill(t)
	r.folder(t, crashPolicy)
	r.begin(t)
	shared, copied := r.elsewhere(t, filepath.Join(r.dir, "keys")), r.elsewhere(t, "./keys")
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() { r.write(ctx, t) })
	a, b, c := r.launch(t), shared.launch(t), copied.launch(t)
	for _, l := range []*life{a, b, c} {
		l.lives(3 * time.Second)
	}
	r.says(t, "keys", "revoke", "--yes", "--reason", "compromised")
	select {
	case <-c.gone:
		if code := c.cmd.ProcessState.ExitCode(); code != stream.ExitEnvironment || !strings.Contains(c.stderr.String(), "is revoked, and this keyring has no later one") {
			t.Errorf("with a copy of the keys it ends with %d: %s", code, c.stderr.String())
		}
	case <-time.After(60 * time.Second):
		t.Error("with a copy of the keys it goes on")
		c.kill()
	}
	shared.says(t, "keys", "revoke", "--yes")
	a.lives(4 * time.Second)
	b.lives(0)
	stop()
	writer.Wait()
	b.kill()
	a.kill()
	r.says(t, "run", "--once", "--log-level", "warn")
	truth := r.truth(t)
	for _, table := range crashTables() {
		r.count(t, table, truth[table.name])
	}
	r.says(t, "verify")
}
