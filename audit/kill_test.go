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
	if dir := os.Getenv(rotateDir); dir != "" {
		if err := rotateOn(dir); err != nil {
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
	for i := range int64(24000) {
		tp.offsets = append(tp.offsets, i*2+i/5)
		tp.entries = append(tp.entries, fmt.Appendf(nil, `{"n":%d}`, i))
	}
	return tp
}

func TestL2EachAuditOffsetIsALeafExactlyOnceAfterManySIGKILLs(t *testing.T) {
	dir := t.TempDir()
	kills, sizes := 0, map[uint64]bool{}
	for {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killDir+"="+dir)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		if kills < 30 {
			// Once it works, at any moment of its work.
			was := integrated(dir)
			for integrated(dir) == was && len(ended) == 0 {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(time.Duration(rand.IntN(100_000)) * time.Microsecond)
			if len(ended) == 0 {
				if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				<-ended
				kills++
				sizes[integrated(dir)] = true
				continue
			}
		}
		if err := <-ended; err != nil {
			t.Fatalf("follower ended by itself: %v", err)
		}
		if kills < 20 || len(sizes) < 10 {
			t.Fatalf("%d kills at %d sizes of the log before it was done", kills, len(sizes))
		}
		checkLeaves(t, readLog(t, dir), killTopic())
		t.Logf("%d kills left the log at %d different sizes", kills, len(sizes))
		return
	}
}

// integrated is how many leaves the log has, published or not.
func integrated(dir string) uint64 {
	var state struct{ Size uint64 }
	raw, err := os.ReadFile(filepath.Join(dir, ".state/treeState"))
	if err != nil || json.Unmarshal(raw, &state) != nil {
		return 0
	}
	return state.Size
}
