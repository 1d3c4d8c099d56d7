package file

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// pending is what follows a file's name while it is being made.
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
	return syncDir(filepath.Dir(path))
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
	return syncDir(filepath.Dir(path))
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

// syncDir makes the entries of a directory durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// makeDirs makes dir and what is above it, for the owner alone and durable on
// return.
func makeDirs(dir string) error {
	if st, err := os.Stat(dir); err == nil && st.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return nil
	}
	if err := makeDirs(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}
