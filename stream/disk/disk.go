// Package disk writes local files that are whole or absent: readers and a crash
// see all of a file's bytes under its name, or what was there before.
//
// A file is written under a hidden name of its own, synced, given its name, and
// its directory is synced; only then does a call return. [Create] gives a name
// once, [Ensure] once and never to other bytes, and [Replace] takes it from the
// file that has it.
// It knows nothing of what the bytes are. An error names the path alone (L7).
package disk

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrTaken says that a name is given to other bytes.
var ErrTaken = errors.New("the name is taken by other bytes")

// TempSuffix is how the names of files that are being written end; they begin
// with a dot and the name that the file shall have. A crash may leave one.
const TempSuffix = ".tmp"

// maxName is the longest file name that file systems take, in bytes.
const maxName = 255

// Create makes data durable under path, whose directory is made if it is not
// there. Of several that race one wins; the others, and whoever comes later, get
// an error wrapping fs.ErrExist.
func Create(path string, data []byte, mode fs.FileMode) error {
	// A link is refused where the name is given, a rename is not.
	return write(path, data, mode, func(temp string) error { return os.Link(temp, path) })
}

// Ensure is Create for whoever would write the same bytes again: a file that is
// there with them is adopted, and synced for the writer who perhaps could not.
// One with other bytes is an error wrapping [ErrTaken], and so is anything that is
// no regular file.
func Ensure(path string, data []byte, mode fs.FileMode) error {
	adopted, err := adopt(path, data)
	if err != nil || adopted {
		return err
	}
	err = Create(path, data, mode)
	if err == nil {
		return nil
	}
	// Another writer may have been faster.
	if adopted, other := adopt(path, data); adopted || errors.Is(other, ErrTaken) {
		return other
	}
	return err
}

// Replace makes data durable under path, whatever file was there before.
func Replace(path string, data []byte, mode fs.FileMode) error {
	return write(path, data, mode, func(temp string) error { return os.Rename(temp, path) })
}

// write writes a synced file beside path and has it named.
func write(path string, data []byte, mode fs.FileMode, name func(temp string) error) error {
	dir := filepath.Dir(path)
	// Who may read the file may also look into the directories made for it.
	if err := MakeDir(dir, mode|mode&0o444>>2|0o100); err != nil {
		return err
	}
	temp, err := writeTemp(path, data, mode)
	if temp != "" {
		defer os.Remove(temp) // after a rename there is nothing to remove
	}
	if err != nil {
		return err
	}
	if err := name(temp); err != nil {
		return err
	}
	return Sync(dir)
}

// writeTemp returns the file's path even after an error, if there is one to
// remove.
func writeTemp(path string, data []byte, mode fs.FileMode) (string, error) {
	// A name may be as long as a name can be; how a temporary one ends does not
	// matter.
	name := filepath.Base(path)
	temp := filepath.Join(filepath.Dir(path), "."+name[:min(len(name), maxName-32)]+"-"+rand.Text()+TempSuffix)
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return "", named(err, path)
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	return temp, named(errors.Join(err, f.Close()), path)
}

// named makes an error tell the name that was asked for, not the temporary one; of
// what the file holds it tells nothing (L7).
func named(err error, path string) error {
	var perr *fs.PathError
	if errors.As(err, &perr) {
		return &fs.PathError{Op: perr.Op, Path: path, Err: perr.Err}
	}
	return err
}

// adopt reports whether the file at path is there and holds data, and makes
// sure that it is durable. It returns ErrTaken if it holds anything else.
func adopt(path string, data []byte) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() || info.Size() != int64(len(data)) {
		return false, fmt.Errorf("%s: %w", path, ErrTaken)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	if !bytes.Equal(got, data) {
		return false, fmt.Errorf("%s: %w", path, ErrTaken)
	}
	if err := Sync(path); err != nil {
		return false, err
	}
	return true, Sync(filepath.Dir(path))
}

// MakeDir makes dir and its missing parents durable.
func MakeDir(dir string, mode fs.FileMode) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := MakeDir(parent, mode); err != nil {
		return err
	}
	if err := os.Mkdir(dir, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return Sync(parent)
}

// Sync makes a file's bytes, or the names in a directory, durable.
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
