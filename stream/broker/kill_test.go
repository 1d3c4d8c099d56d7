package broker

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
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

// aims picks the moment of the i-th kill: inside EndTxn half of the time,
// inside recovery, anywhere, or right after a clean stop under load. span is about how long EndTxn takes.
func aims(r *rand.Rand, i int, span time.Duration) string {
	switch i % 10 {
	case 0, 1, 2, 3, 4:
		return fmt.Sprintf("endtxn %d %v", 1+r.IntN(40), within(r, span))
	case 5, 6, 7:
		return fmt.Sprintf("start %v", within(r, 30*time.Millisecond))
	case 8:
		return fmt.Sprintf("stop %v", 20*time.Millisecond+within(r, 300*time.Millisecond))
	}
	return fmt.Sprintf("time %v", 20*time.Millisecond+within(r, 400*time.Millisecond))
}

func within(r *rand.Rand, d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }

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

func testKills(t *testing.T, n int, span time.Duration, env ...string) {
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
		aim := aims(r, i, span)
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
	testKills(t, kills(t, 40), 150*time.Microsecond)
}

func TestL2L3EveryRecordIsCopiedOnceThroughAnyKillWithSyncWrites(t *testing.T) {
	testKills(t, kills(t, 40)/4, 5*time.Millisecond, envSync+"=1")
}

// The control: were bare kfake to pass, the tests above would prove nothing.
func TestL2L3WithoutRecoveryTheSameTestFails(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for i := range 200 {
		e := oneLife(t, dir, aims(r, i, 150*time.Microsecond), envBare+"=1")
		// A record out of its place, not one that is merely slow to come.
		if e.code == lifeBroken && strings.Contains(e.out, outOfPlace) {
			t.Logf("life %d: %s", i, e.out)
			return
		}
	}
	t.Fatal("bare kfake lost and doubled nothing in 200 kills")
}
