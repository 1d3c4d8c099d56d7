package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"lethe/stream/disk"
)

// Errors of a follower's office.
var (
	// ErrHeld says that another process follows into this log on this machine.
	ErrHeld = errors.New("another follower holds the log")
	// ErrDeposed says that a later term began: this follower must stop, and may
	// not append again.
	ErrDeposed = errors.New("a later term began")
)

// Term is what a term's object tells.
type Term struct {
	Number   int64  `json:"term,string"`
	Follower string `json:"follower"`
	Began    string `json:"began"`
	Size     uint64 `json:"size,string"`   // leaves in the log when it began
	Offset   int64  `json:"offset,string"` // of the last leaf; -1 for an empty log
}

// office is a follower's right to append: a file lock on this machine, and
// dir/terms/<n>, created only, which other machines see.
type office struct {
	dir  string
	term int64
	lock *os.File
}

// takeOffice waits for nobody: it returns ErrHeld if the lock is taken.
func takeOffice(logDir string) (*office, error) {
	dir := filepath.Join(logDir, "terms")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	// The kernel drops the lock when the process dies, however it dies.
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w", logDir, ErrHeld)
		}
		return nil, fmt.Errorf("lock %s: %w", logDir, err)
	}
	return &office{dir: dir, lock: lock}, nil
}

// begin creates the object of the next term.
func (o *office) begin(t Term, now time.Time) error {
	names, err := os.ReadDir(o.dir)
	if err != nil {
		return err
	}
	for _, n := range names {
		if v, err := strconv.ParseInt(n.Name(), 10, 64); err == nil && v > o.term {
			o.term = v
		}
	}
	o.term++
	t.Number, t.Began = o.term, now.UTC().Format(time.RFC3339)
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	// Other machines see a term whole or not at all.
	err = disk.Create(o.path(o.term), append(body, '\n'), 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("term %d: %w", o.term, ErrDeposed)
	}
	return err
}

// holds returns ErrDeposed once a later term exists.
func (o *office) holds() error {
	_, err := os.Lstat(o.path(o.term + 1))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("term %d: %w", o.term, ErrDeposed)
}

func (o *office) path(term int64) string {
	return filepath.Join(o.dir, strconv.FormatInt(term, 10))
}

func (o *office) leave() { o.lock.Close() }
