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
// inside recovery, or anywhere.
func aims(r *rand.Rand, i int) string {
	switch i % 10 {
	case 0, 1, 2, 3, 4:
		return fmt.Sprintf("endtxn %d %dus", 1+r.IntN(40), r.IntN(800))
	case 5, 6, 7:
		return fmt.Sprintf("start %dus", r.IntN(30_000))
	}
	return fmt.Sprintf("time %dms", 20+r.IntN(400))
}

// oneLife runs a life until it is killed or ends; killed tells which.
func oneLife(t *testing.T, dir, aim string, env ...string) (killed bool, code int, out string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), append(env, envLife+"="+dir, envAim+"="+aim)...)
	var buf bytes.Buffer
	cmd.Stdout, cmd.Stderr = &buf, &buf
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// An aim may never come (fewer transactions than it counts on).
	late := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
	defer late.Stop()
	cmd.Wait()
	ws := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ws.Signaled() && ws.Signal() == syscall.SIGKILL, ws.ExitStatus(), strings.TrimSpace(buf.String())
}

func testKills(t *testing.T, n int, env ...string) {
	dir := t.TempDir()
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	begun := time.Now()
	for i := range n {
		aim := aims(r, i)
		if killed, code, out := oneLife(t, dir, aim, env...); !killed {
			t.Fatalf("kill %d (%s, seed %d): exit %d: %s", i, aim, seed, code, out)
		}
	}
	// Twice: a restart after a clean stop changes nothing.
	var sums [2]string
	for i := range sums {
		killed, code, out := oneLife(t, dir, "never", env...)
		if killed || code != lifeDone {
			t.Fatalf("last life (seed %d): exit %d: %s", seed, code, out)
		}
		sums[i] = out
	}
	if sums[0] != sums[1] {
		t.Fatalf("a restart changed %s records to %s", sums[0], sums[1])
	}
	t.Logf("%d kills, %s records each once and in order, %v", n, sums[0], time.Since(begun).Round(time.Millisecond))
}

func TestL2L3EveryRecordIsCopiedOnceThroughAnyKill(t *testing.T) {
	testKills(t, kills(t, 40))
}

func TestL2L3EveryRecordIsCopiedOnceThroughAnyKillWithSyncWrites(t *testing.T) {
	testKills(t, kills(t, 40)/2, envSync+"=1")
}

// The control: were bare kfake to pass, the tests above would prove nothing.
func TestL2L3WithoutRecoveryTheSameTestFails(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for i := range 200 {
		aim := aims(r, i)
		if i%10 == 9 {
			aim = "never"
		}
		killed, code, out := oneLife(t, dir, aim, envBare+"=1")
		if !killed && code == lifeBroken {
			t.Logf("life %d: %s", i, out)
			return
		}
	}
	t.Fatal("bare kfake lost and doubled nothing in 200 kills")
}
