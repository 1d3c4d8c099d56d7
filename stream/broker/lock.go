package broker

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"lethe/stream"
)

// dirLock holds a directory for one process. The kernel gives it free when
// the process dies, however it dies.
type dirLock struct{ f *os.File }

func lockDir(dir string) (*dirLock, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("broker lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("broker lock: %w", err)
		}
		return nil, held(dir, f)
	}
	if err = f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(fmt.Sprintf("%d\n", os.Getpid())), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("broker lock: %w", err)
	}
	return &dirLock{f: f}, nil
}

// held says who has the directory.
func held(dir string, f *os.File) error {
	raw, _ := io.ReadAll(io.LimitReader(f, 32))
	pid := strings.TrimSpace(string(raw))
	if pid == "" {
		pid = "unknown"
	}
	return &stream.Fault{
		Code: "broker.held", Path: dir,
		Msg:  "the embedded broker's directory is held by process " + pid,
		Hint: "stop that process, or give this one a directory of its own",
		Exit: stream.ExitEnvironment,
	}
}

// release closes the file, which gives the lock free. The file stays: to
// remove it would let two processes lock two files of one name.
func (l *dirLock) release() error { return l.f.Close() }
