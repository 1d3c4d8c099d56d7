package transport

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"lethe/audit/siem"
)

// File appends events to a file, a line each, for a forwarder that reads it. A batch is
// synced before it counts as sent. A file that has grown is renamed to PATH.1 and so
// on, rising, at the end of a batch; the oldest are deleted. One that a forwarder moves, removes
// or cuts is begun anew.
type File struct {
	Path      string `yaml:"path,required"`
	RotateMiB int64  `yaml:"rotate_mib"` // how large a file grows; 0 for ever
	Keep      int    `yaml:"keep"`       // rotated files; 0 for all
}

// Check implements Settings.
func (f *File) Check(fault func(key, msg, hint string)) {
	if f.RotateMiB < 0 {
		fault("rotate_mib", "a file cannot be smaller than nothing", "write rotate_mib: 64, or 0 never to rotate")
	}
	if f.Keep < 0 {
		fault("keep", "fewer than no files", "write keep: 16, or 0 to keep all")
	}
}

// Paths implements Settings.
func (f *File) Paths() []*string { return []*string{&f.Path} }

// Open implements Settings.
func (f *File) Open(siem.Env) (siem.Transport, error) {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return nil, err
	}
	t := &file{File: *f}
	if err := t.open(); err != nil {
		return nil, err
	}
	return t, nil
}

type file struct {
	File
	to   *os.File
	size int64
	buf  []byte
}

// open opens the file behind its last whole line: what a crash left of a line is cut
// off, and the batch comes again.
func (t *file) open() (err error) {
	if t.to, err = os.OpenFile(t.Path, os.O_RDWR|os.O_CREATE, 0o640); err != nil {
		return err
	}
	if err := unix.Flock(int(t.to.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("%s is written by another destination or process: %w", t.Path, err), t.to.Close())
	}
	if t.size, err = trimmed(t.to); err != nil {
		return errors.Join(err, t.to.Close())
	}
	return nil
}

// trimmed cuts off what stands behind the last whole line of a file, and gives its size.
func trimmed(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	whole, err := wholeLines(f, info.Size())
	if err == nil && whole < info.Size() {
		err = f.Truncate(whole)
	}
	return whole, err
}

// wholeLines is where the last line of a file of that size ends.
func wholeLines(f *os.File, size int64) (int64, error) {
	buf := make([]byte, 4096)
	for end := size; end > 0; {
		n := min(end, int64(len(buf)))
		if _, err := f.ReadAt(buf[:n], end-n); err != nil {
			return 0, err
		}
		if i := slices.Index(reversed(buf[:n]), '\n'); i >= 0 {
			return end - int64(i), nil
		}
		end -= n
	}
	return 0, nil
}

func reversed(b []byte) []byte { slices.Reverse(b); return b }

// keep holds on to the file that stands at the path: a forwarder may have moved the one
// before, removed it, or cut it.
func (t *file) keep() error {
	is, err := t.to.Stat()
	if err != nil {
		return err
	}
	here, err := os.Stat(t.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !os.SameFile(is, here):
		if err := t.to.Close(); err != nil {
			return err
		}
		return t.open()
	case err != nil:
		return err
	case is.Size() > t.size:
		return fmt.Errorf("%s has lines that were not written here: give it a path of its own", t.Path)
	case is.Size() < t.size:
		t.size, err = trimmed(t.to)
	}
	return err
}

// Send implements siem.Transport.
func (t *file) Send(_ context.Context, batch []siem.Item) (siem.Sent, error) {
	if err := t.keep(); err != nil {
		return siem.Sent{}, err
	}
	t.buf = lines(t.buf[:0], batch)
	// L2: the batch is whole on the disk before it counts.
	if _, err := t.to.WriteAt(t.buf, t.size); err != nil {
		return siem.Sent{}, err
	}
	if err := t.to.Sync(); err != nil {
		return siem.Sent{}, err
	}
	t.size += int64(len(t.buf))
	if t.RotateMiB > 0 && t.size >= t.RotateMiB<<20 {
		if err := t.rotate(); err != nil {
			return siem.Sent{}, fmt.Errorf("rotate: %w", err)
		}
	}
	return siem.Sent{}, nil
}

// rotate gives the file the next number and begins a new one.
func (t *file) rotate() error {
	if err := t.to.Close(); err != nil {
		return err
	}
	old, err := t.rotated()
	if err != nil {
		return err
	}
	next := 1
	if len(old) > 0 {
		next = old[len(old)-1] + 1
	}
	if err := os.Rename(t.Path, t.numbered(next)); err != nil {
		return err
	}
	old = append(old, next)
	for t.Keep > 0 && len(old) > t.Keep {
		if err := os.Remove(t.numbered(old[0])); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		old = old[1:]
	}
	return t.open()
}

func (t *file) numbered(n int) string { return t.Path + "." + strconv.Itoa(n) }

// rotated are the numbers of the rotated files, rising.
func (t *file) rotated() ([]int, error) {
	entries, err := os.ReadDir(filepath.Dir(t.Path))
	if err != nil {
		return nil, err
	}
	var out []int
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), filepath.Base(t.Path)+".")
		if n, err := strconv.Atoi(digits); ok && err == nil && n > 0 {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

// Close implements siem.Transport.
func (t *file) Close(context.Context) error { return t.to.Close() }
