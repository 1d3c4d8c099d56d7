package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// spoil copies a directory and changes one bit in the copy, in the largest file
// that match accepts.
func spoil(from, to string, match func(rel string) bool) (file string, at int64, err error) {
	if file, err = pick(from, match); err != nil {
		return "", 0, err
	}
	if err = copyTree(from, to, file); err != nil {
		return "", 0, environment(to, err)
	}
	at, err = flip(filepath.Join(to, file))
	return file, at, err
}

// flip changes one bit of the byte in the middle of a file.
func flip(path string) (at int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if st.Size() == 0 {
		return 0, fmt.Errorf("%s is empty", path)
	}
	at = st.Size() / 2
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return 0, err
	}
	b[0] ^= 1
	_, err = f.WriteAt(b[:], at)
	return at, err
}

// copyTree copies a directory, with links where files need not change: every file
// but the one named changed is hard-linked where the system allows.
func copyTree(from, to, changed string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		dst := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(dst, 0o755)
		}
		if rel != changed {
			if err := os.Link(path, dst); err == nil {
				return nil
			}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(dst, b, 0o644)
	})
}

// pick returns the largest file below dir that match accepts, relative to dir:
// its middle byte lies in data.
func pick(dir string, match func(rel string) bool) (string, error) {
	best, size := "", int64(-1)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil || !match(rel) {
			return err
		}
		st, err := d.Info()
		if err == nil && st.Size() > size {
			best, size = rel, st.Size()
		}
		return err
	})
	if err == nil && best == "" {
		err = errors.New("no file to change in " + dir)
	}
	return best, err
}
