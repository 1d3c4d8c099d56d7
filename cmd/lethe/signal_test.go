package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A verb that waits where no context reaches it ends at the second signal. More
// text than a pipe takes holds it, since nobody reads on: that there is some to
// read says that lethe is writing.
func TestTheSecondSignalEndsWhatTheFirstDoesNot(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	lethe := filepath.Join(dir, "lethe")
	if err := os.Symlink(exe, lethe); err != nil {
		t.Skip(err)
	}
	var faults strings.Builder
	for i := range 100 {
		fmt.Fprintf(&faults, "%s%d: 1\n", strings.Repeat("unknown", 140), i)
	}
	if err := os.WriteFile(filepath.Join(dir, "lethe.yaml"), []byte(faults.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(lethe, "check", "--json", dir)
	r, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	if _, err := io.ReadFull(r, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan *os.ProcessState, 1)
	go func() { state, _ := cmd.Process.Wait(); ended <- state }()
	for range 3000 {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		select {
		case state := <-ended:
			if how, ok := state.Sys().(syscall.WaitStatus); !ok || !how.Signaled() {
				t.Errorf("lethe ended by itself: %v", state)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("lethe goes on")
}
