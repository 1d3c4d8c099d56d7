package wire

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"lethe/stream"
)

// hold locks a folder's state for this process. The lock goes with the process,
// also when it is killed.
func hold(dir string) (*os.File, error) {
	path := filepath.Join(dir, "run.lock")
	err := os.MkdirAll(dir, 0o700)
	var f *os.File
	if err == nil {
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	}
	if err != nil {
		var at *os.PathError
		if errors.As(err, &at) {
			return nil, &stream.Fault{Code: "run.state", Path: at.Path, Msg: at.Err.Error(), Hint: "the folder belongs to who runs it: ls -l " + filepath.Dir(dir), Exit: stream.ExitEnvironment}
		}
		return nil, fmt.Errorf("state: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		pid, _ := io.ReadAll(io.LimitReader(f, 20))
		f.Close()
		return nil, &stream.Fault{Code: "run.held", Path: dir, Exit: stream.ExitEnvironment,
			Msg:  "process " + strings.TrimSpace(string(pid)) + " runs this folder",
			Hint: "stop it first: kill " + strings.TrimSpace(string(pid))}
	}
	f.Truncate(0)
	fmt.Fprintf(f, "%d\n", os.Getpid())
	return f, nil
}

// Held returns a Fault if a process runs the folder whose state lies in dir.
func Held(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f, err := hold(dir)
	if err != nil {
		return err
	}
	return f.Close()
}

// keep writes a file whole or not at all, and durably: it is renamed once its
// bytes are on disk, and so is the name.
func keep(path string, b []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
