//go:build linux

package crash

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// life is one lethe run, from its start to its SIGKILL.
type life struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr bytes.Buffer
	gone   chan error
}

func (r *crashRig) launch(t *testing.T) *life {
	t.Helper()
	l := &life{t: t, cmd: exec.Command(r.lethe, "run", "--log-level", "warn", r.dir), gone: make(chan error, 1)}
	l.cmd.Stderr = &l.stderr
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { l.gone <- l.cmd.Wait() }()
	return l
}

// lives waits, and fails the test if lethe run ended by itself.
func (l *life) lives(d time.Duration) {
	l.t.Helper()
	select {
	case err := <-l.gone:
		l.t.Fatalf("lethe run ended by itself: %v\n%s", err, l.stderr.String())
	case <-time.After(d):
	}
}

func (l *life) kill() {
	l.t.Helper()
	select {
	case err := <-l.gone:
		l.t.Fatalf("lethe run ended by itself: %v\n%s", err, l.stderr.String())
	default:
	}
	l.cmd.Process.Kill()
	<-l.gone
}

// freeze stops all threads of the process, so that what it was about can be
// looked at as long as it takes; thaw lets it go on.
func (l *life) freeze() {
	pid := l.cmd.Process.Pid
	unix.Kill(pid, unix.SIGSTOP)
	for !allStopped(pid) {
		time.Sleep(50 * time.Microsecond)
	}
}

func (l *life) thaw() { unix.Kill(l.cmd.Process.Pid, unix.SIGCONT) }

// allStopped reports whether no thread of a process runs, or the process is
// gone.
func allStopped(pid int) bool {
	stats, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// The state follows the name, which is in parentheses.
		if i := bytes.LastIndexByte(stat, ')'); i > 0 && i+2 < len(stat) && !strings.ContainsRune("TtZX", rune(stat[i+2])) {
			return false
		}
	}
	return true
}

// listens gives the address at which the process takes connections: the
// embedded broker's. It is empty until there is one.
func (l *life) listens() string {
	sockets := make(map[string]bool)
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", l.cmd.Process.Pid))
	for _, fd := range fds {
		to, _ := os.Readlink(fd)
		if inode, ok := strings.CutPrefix(to, "socket:["); ok {
			sockets[strings.TrimSuffix(inode, "]")] = true
		}
	}
	table, _ := os.ReadFile("/proc/net/tcp")
	for line := range strings.Lines(string(table)) {
		const local, state, inode, listening = 1, 3, 9, "0A"
		f := strings.Fields(line)
		if len(f) <= inode || f[state] != listening || !sockets[f[inode]] {
			continue
		}
		_, port, _ := strings.Cut(f[local], ":")
		if b, err := hex.DecodeString(port); err == nil && len(b) == 2 {
			return fmt.Sprintf("127.0.0.1:%d", binary.BigEndian.Uint16(b))
		}
	}
	return ""
}

// folderWatch tells which files of a folder come or change.
type folderWatch struct{ fd int }

func watchFolder(t *testing.T, dir string, what uint32) *folderWatch {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err == nil {
		_, err = unix.InotifyAddWatch(fd, dir, what)
	}
	if err != nil {
		t.Fatalf("watch %s: %v", dir, err)
	}
	return &folderWatch{fd}
}

func (w *folderWatch) close() { unix.Close(w.fd) }

// next gives the names since the last call, waiting up to 20 ms for one.
func (w *folderWatch) next() (names []string) {
	poll := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}}
	if n, _ := unix.Poll(poll, 20); n == 0 {
		return nil
	}
	buf := make([]byte, 1<<16)
	n, err := unix.Read(w.fd, buf)
	if err != nil {
		return nil
	}
	for b := buf[:n]; len(b) >= unix.SizeofInotifyEvent; {
		size := binary.NativeEndian.Uint32(b[12:])
		name := b[unix.SizeofInotifyEvent : unix.SizeofInotifyEvent+size]
		names = append(names, string(bytes.TrimRight(name, "\x00")))
		b = b[unix.SizeofInotifyEvent+size:]
	}
	return names
}
