package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"lethe/stream"
	"lethe/stream/disk"
)

// Dir holds small files under names of letters, digits and -, each written once,
// in a directory that only its owner can read. It drives subject.Files and is safe
// for concurrent use, also by several processes.
type Dir string

const (
	lockFile   = ".lock"
	readmeFile = "README"
)

// Create makes a file whole and durable, or returns an error.
func (d Dir) Create(name string, data []byte) error {
	return disk.Create(filepath.Join(string(d), name), data, 0o600)
}

// Read returns size bytes from at on, or all from there if size is -1.
func (d Dir) Read(name string, at int64, size int) ([]byte, error) {
	f, err := os.Open(filepath.Join(string(d), name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size < 0 {
		return io.ReadAll(io.NewSectionReader(f, at, 1<<62))
	}
	b := make([]byte, size)
	if _, err := f.ReadAt(b, at); err != nil {
		return nil, err
	}
	return b, nil
}

// Names lists the files, in order.
func (d Dir) Names() ([]string, error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && name != readmeFile && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return names, nil
}

// Remove removes a file; one that is not there is no error.
func (d Dir) Remove(name string) error {
	if err := os.Remove(filepath.Join(string(d), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return disk.Sync(string(d))
}

// Lock keeps others out until unlock is called or the process ends. It does not
// wait.
func (d Dir) Lock() (unlock func() error, err error) {
	f, err := os.OpenFile(filepath.Join(string(d), lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, &stream.Fault{Code: "subjects.held", Path: string(d), Msg: "another process is changing what is erased",
				Hint: "type it again when it is done", Exit: stream.ExitEnvironment}
		}
		return nil, fmt.Errorf("lock %s: %w", d, err)
	}
	return f.Close, nil
}

// SubjectDirs makes the two directories of subjects' keys, of the cover and of its
// root keys, unless they are there, and says in a README of each what must not be
// done with it.
func SubjectDirs(cover, roots string) (Dir, Dir, error) {
	if within(cover, roots) || within(roots, cover) {
		return "", "", &stream.Fault{Code: "subjects.together", Path: cover, Msg: "the cover of the erased and its root keys in " + roots + " would be in one backup",
			Hint: "name two directories of which none is in the other", Exit: stream.ExitInput}
	}
	for dir, text := range map[string]string{
		cover: "The cover of the erased. Never put it into one backup with the directory of its root keys:\nwho restores both brings the erased back. Mirror it as it is written: an older copy cannot be opened.\n",
		roots: "The root key of the cover. Never put it into one backup with the cover's directory:\nwho restores both brings the erased back. Keep it on storage that outlives a disk: each erasure makes\na new one, and without the last nothing that is encrypted per subject can be read.\n",
	} {
		if err := disk.MakeDir(dir, 0o700); err != nil {
			return "", "", err
		}
		if err := checkMode(dir, "700"); err != nil {
			return "", "", err
		}
		if err := disk.Ensure(filepath.Join(dir, readmeFile), []byte(text), 0o600); err != nil {
			return "", "", err
		}
	}
	return Dir(cover), Dir(roots), nil
}

// within reports whether path is dir or in it.
func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
