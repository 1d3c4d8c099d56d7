package broker

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// kills is how many lives end by SIGKILL, LETHE_KILLS or n.
func kills(t *testing.T, n int) int {
	if s := os.Getenv("LETHE_KILLS"); s != "" {
		v, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("LETHE_KILLS: %v", err)
		}
		return v
	}
	if testing.Short() {
		return n / 4
	}
	return n
}

// measure runs what the aims are about, undisturbed.
func measure(t *testing.T, sync bool) spans {
	t.Helper()
	cfg := Config{Dir: t.TempDir(), Topics: []Topic{{Name: "a", Partitions: lanes}}, Sync: sync}
	b, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	cl := client(t, b, kgo.TransactionalID("x"))
	var took []time.Duration
	for range 50 {
		begin(t, cl)
		for p := range int32(lanes) {
			put(t, cl, "a", p, "v")
		}
		begun := time.Now()
		end(t, cl, kgo.TryCommit)
		took = append(took, time.Since(begun))
	}
	cl.Close()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if b, err = Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	slices.Sort(took)
	s := spans{endTxn: took[len(took)/2], start: time.Since(begun)}
	t.Logf("EndTxn takes %v, a start %v", s.endTxn, s.start)
	return s
}

// ending is how a life went.
type ending struct {
	killed bool
	code   int
	out    string
	found  Recovered
	copied int
}

// oneLife runs a life until it is killed or ends.
func oneLife(t *testing.T, dir, aim string, env ...string) ending {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), append(env, envLife+"="+dir, envAim+"="+aim)...)
	var buf bytes.Buffer
	cmd.Stdout, cmd.Stderr = &buf, &buf
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// An aim may never come (fewer transactions than it counts on).
	late := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	defer late.Stop()
	cmd.Wait()
	ws := cmd.ProcessState.Sys().(syscall.WaitStatus)
	e := ending{
		killed: ws.Signaled() && ws.Signal() == syscall.SIGKILL,
		code:   ws.ExitStatus(), out: strings.TrimSpace(buf.String()),
	}
	for line := range strings.Lines(buf.String()) {
		fmt.Sscanf(line, "recovered %d %d %d", &e.found.Committed, &e.found.Aborted, &e.found.Offsets)
		fmt.Sscanf(line, "copied %d", &e.copied)
	}
	return e
}

func testKills(t *testing.T, n int, s spans, env ...string) {
	dir := t.TempDir()
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	begun := time.Now()
	var found Recovered
	add := func(e ending) {
		found.Committed += e.found.Committed
		found.Aborted += e.found.Aborted
		found.Offsets += e.found.Offsets
	}
	for i := range n {
		aim := aims(r, i, s)
		e := oneLife(t, dir, aim, env...)
		if !e.killed {
			t.Fatalf("kill %d (%s, seed %d): exit %d: %s", i, aim, seed, e.code, e.out)
		}
		add(e)
	}
	// Twice: a restart after a clean stop changes nothing.
	var copied [2]int
	for i := range copied {
		e := oneLife(t, dir, "never", env...)
		if e.code != lifeDone {
			t.Fatalf("last life (seed %d): exit %d: %s", seed, e.code, e.out)
		}
		add(e)
		copied[i] = e.copied
	}
	if copied[0] != copied[1] {
		t.Fatalf("a restart changed %d records to %d", copied[0], copied[1])
	}
	t.Logf("%d kills, %d records each once and in order, %v; finished: %d commits, %d aborts, %d offsets",
		n, copied[0], time.Since(begun).Round(time.Millisecond), found.Committed, found.Aborted, found.Offsets)
}

func TestL2L3EveryRecordIsCopiedOnceThroughAnyKill(t *testing.T) {
	testKills(t, kills(t, 40), measure(t, false))
}

func TestL2L3EveryRecordIsCopiedOnceThroughAnyKillWithSyncWrites(t *testing.T) {
	testKills(t, kills(t, 40)/4, measure(t, true), envSync+"=1")
}

// The control: were bare kfake to pass, the tests above would prove nothing. It
// aims at the copier alone: a torn commit of the producer would be told apart
// from one that is merely slow to read by its position only.
func TestL2L3WithoutRecoveryTheSameTestFails(t *testing.T) {
	const lives = 20
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for i := range lives {
		e := oneLife(t, dir, tornCommit(r), envBare+"=1")
		// A record out of its place, not one that is merely slow to come.
		if e.code == lifeBroken && strings.Contains(e.out, outOfPlace) {
			t.Logf("life %d: %s", i, e.out)
			return
		}
	}
	t.Fatalf("bare kfake lost and doubled nothing in %d kills between a copy and its offset", lives)
}
