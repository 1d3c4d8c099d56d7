package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A verb that waits where no context reaches it ends at the second signal. A pipe
// without writer in place of lethe.yaml holds it: that the pipe can be opened for
// writing says that lethe is reading.
func TestTheSecondSignalEndsWhatTheFirstDoesNot(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	lethe := filepath.Join(dir, "lethe")
	pipe := filepath.Join(dir, "lethe.yaml")
	if err := os.Symlink(exe, lethe); err != nil {
		t.Skip(err)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(lethe, "check", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for range 3000 {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			break
		}
		select {
		case <-ended:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("lethe goes on")
}
