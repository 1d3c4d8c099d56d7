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
	"time"

	"lethe/cmd/internal/config"
	"lethe/stream"
	"lethe/stream/disk"
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

// epochMark is the file that says that run took up an epoch of the masking keys here;
// its time is when.
func epochMark(f *config.Folder, epoch string) string {
	return filepath.Join(f.State, "epochs", epoch)
}

// InForce is since when run masks with an epoch of the masking keys here; false if it
// was not started since that was made.
func InForce(f *config.Folder, epoch string) (time.Time, bool) {
	at, err := os.Stat(epochMark(f, epoch))
	if err != nil {
		return time.Time{}, false
	}
	return at.ModTime(), true
}

// takeUp notes that run masks with an epoch from now on.
func takeUp(f *config.Folder, epoch string) error {
	path := epochMark(f, epoch)
	if present(path) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return keep(path, nil)
}

// holdState holds the folder's state. Where the embedded broker's is gone and the log
// that was written from it is there, nothing is made, so that it can be brought back
// to its place.
func (w *Workspace) holdState() (err error) {
	broker := filepath.Join(w.folder.State, "broker")
	state, log := present(broker), present(filepath.Join(w.folder.Log, "checkpoint"))
	if len(w.folder.Brokers) == 0 && log && !state {
		at, log := w.folder.Rel(broker), w.folder.Rel(w.folder.Log)
		if !present(w.folder.State) {
			at = w.folder.Rel(w.folder.State)
		}
		return &stream.Fault{Code: "run.state_lost", Path: at, Exit: stream.ExitEnvironment, Msg: at + " is not there, and " + log + " is",
			Hint: "bring " + at + " back from the backup that belongs to the log;\nor begin anew: move " + log + " and the lakes away together"}
	}
	w.rewritten = len(w.folder.Brokers) == 0 && state && !log
	w.lock, err = hold(w.folder.State)
	return err
}

func present(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
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

// keep makes a file of the state durable, for its owner alone.
func keep(path string, b []byte) error { return disk.Replace(path, b, 0o600) }
