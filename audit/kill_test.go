package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

const killDir = "LETHE_TEST_FOLLOW_INTO"

// TestMain runs this binary as a follower to kill if it is told to.
func TestMain(m *testing.M) {
	RouteDriverLog(slog.New(slog.DiscardHandler))
	if dir := os.Getenv(killDir); dir != "" {
		s, _ := testSigner(&testing.T{})
		f, err := NewFollower(Config{Dir: dir, Signer: s, Feed: killTopic(), Name: "killed", Now: time.Now})
		if err == nil {
			err = f.Follow(context.Background())
		}
		if err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killTopic is the same for every process: entries that need no key.
func killTopic() *topic {
	tp := &topic{slow: 3 * time.Millisecond}
	for i := range int64(40000) {
		tp.offsets = append(tp.offsets, i*2+i/5)
		tp.entries = append(tp.entries, fmt.Appendf(nil, `{"n":%d}`, i))
	}
	return tp
}

func TestL2EachAuditOffsetIsALeafExactlyOnceAfterManySIGKILLs(t *testing.T) {
	dir := t.TempDir()
	kills, grown := 0, map[uint64]bool{}
	for {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killDir+"="+dir)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		wait := time.Duration(60+rand.IntN(200)) * time.Millisecond
		if kills >= 30 {
			wait = time.Minute // the last one may finish
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("follower ended by itself: %v", err)
			}
			if kills < 20 {
				t.Fatalf("finished after %d kills only", kills)
			}
			checkLeaves(t, readLog(t, dir), killTopic())
			t.Logf("%d kills left the log at %d different sizes", kills, len(grown))
			if len(grown) < 5 {
				t.Error("the kills did not interrupt the work")
			}
			return
		case <-time.After(wait):
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			<-ended
			kills++
			var state struct{ Size uint64 }
			if raw, err := os.ReadFile(filepath.Join(dir, ".state/treeState")); err == nil && json.Unmarshal(raw, &state) == nil {
				grown[state.Size] = true
			}
		}
	}
}
