package file

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lethe/stream/disk"
)

// pending is what follows a file's name while it is being made. Package disk has
// names of its own for that; those of keys are found again by their beginning,
// since what a crash leaves of a key is destroyed with it.
const pending = ".pending-"

// createOnce makes a file that is whole or not there, durable on return. Of
// several that race only one wins, all others get an error wrapping
// fs.ErrExist.
func createOnce(path string, content []byte) (err error) {
	suffix := make([]byte, 8)
	rand.Read(suffix)
	temporary := path + pending + hex.EncodeToString(suffix)
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		// A link fails where a rename would replace the winner's key.
		err = os.Link(temporary, path)
	}
	err = errors.Join(err, os.Remove(temporary))
	if err != nil {
		return err
	}
	return disk.Sync(filepath.Dir(path))
}

// destroy overwrites and unlinks a file, and what a crash left of its making;
// it is durable on return. A file that is not there is no error.
func destroy(path string) error {
	names, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, e := range names {
		name := filepath.Join(filepath.Dir(path), e.Name())
		if name != path && !strings.HasPrefix(name, path+pending) {
			continue
		}
		if err := overwrite(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return disk.Sync(filepath.Dir(path))
}

// overwrite puts random bytes over a file's content.
func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if err == nil {
		noise := make([]byte, st.Size())
		rand.Read(noise)
		_, err = f.WriteAt(noise, 0)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
