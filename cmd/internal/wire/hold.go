package wire

import (
	"context"
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

// lockFile is locked by who holds a folder's state, and tells who that is.
const lockFile = "run.lock"

// hold locks a folder's state for this process. The lock goes with the process,
// also when it is killed.
func hold(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
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
		defer f.Close()
		return nil, heldFault(dir, holderOf(f))
	}
	f.Truncate(0)
	fmt.Fprintf(f, "%d\n", os.Getpid())
	return f, nil
}

// holder is who holds a folder's state, as its lock tells.
type holder struct {
	pid     string
	brokers []string // where its embedded broker listens, once others may use it
}

func holderOf(lock io.Reader) holder {
	text, _ := io.ReadAll(io.LimitReader(lock, 4<<10))
	lines := strings.Split(string(text), "\n")
	h := holder{pid: lines[0]}
	if len(lines) > 2 { // the last line is whole
		h.brokers = strings.Fields(lines[1])
	}
	return h
}

func heldFault(dir string, h holder) error {
	return &stream.Fault{Code: "run.held", Path: dir, Exit: stream.ExitEnvironment,
		Msg:  "process " + h.pid + " runs this folder",
		Hint: "stop it first: kill " + h.pid}
}

// welcome tells others where the broker of whoever holds the lock listens, for as
// long as the lock is held.
func welcome(lock *os.File, brokers []string) error {
	_, err := fmt.Fprintln(lock, strings.Join(brokers, " "))
	return err
}

// host finds the embedded broker of the process that runs the folder; none if nobody
// holds it, and a Fault if who does lets nobody in.
func host(dir string) ([]string, error) {
	if !held(dir) {
		return nil, nil
	}
	lock, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	defer lock.Close()
	h := holderOf(lock)
	if len(h.brokers) == 0 {
		return nil, heldFault(dir, h)
	}
	return h.brokers, nil
}

// held reports whether a process holds a folder's state.
func held(dir string) bool {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// whileHeld ends ctx with a Fault once nobody holds the folder's state any more:
// clients of a broker that is gone wait for ever.
func whileHeld(ctx context.Context, dir string) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	go func() {
		t := time.NewTicker(200 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			if !held(dir) {
				end(&stream.Fault{Code: "run.ended", Path: dir, Exit: stream.ExitEnvironment,
					Msg: "who ran this folder has stopped meanwhile: what you asked for may have taken effect in part", Hint: "type it again"})
			}
		}
	}()
	return ctx, func() { end(nil) }
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

// MayAct returns a Fault if no action can be taken on a folder now, since who holds it
// lets nobody in.
func MayAct(f *config.Folder) error {
	if len(f.Brokers) > 0 {
		return nil
	}
	_, err := host(f.State)
	return err
}

// keep makes a file of the state durable, for its owner alone.
func keep(path string, b []byte) error { return disk.Replace(path, b, 0o600) }
