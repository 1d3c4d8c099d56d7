package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lethe/stream"
)

// LogKey returns the signer key of the folder's audit log. A file that others
// can read is refused.
func (f *Folder) LogKey() (stream.Value, error) {
	key, err := f.signerKey(LogKeyName)
	if errors.Is(err, fs.ErrNotExist) {
		return stream.Value{}, &stream.Fault{Code: "config.log_key", Path: f.Rel(filepath.Join(f.Keys, LogKeyName)), Msg: "there is no signer key for the audit log",
			Hint: "restore it from its backup: a new key begins a new log", Exit: stream.ExitEnvironment}
	}
	return key, err
}

// NextLogKey returns the signer key under which the log goes on next; an error wrapping
// fs.ErrNotExist if there is none.
func (f *Folder) NextLogKey() (stream.Value, error) { return f.signerKey(NextLogKeyName) }

func (f *Folder) signerKey(name string) (stream.Value, error) {
	path := filepath.Join(f.Keys, name)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return stream.Value{}, err
	}
	if err != nil {
		return stream.Value{}, unreadable(f.Rel(path), err)
	}
	if m := info.Mode().Perm(); m&0o077 != 0 {
		return stream.Value{}, &stream.Fault{Code: "keyring.mode", Path: f.Rel(path), Msg: fmt.Sprintf("others can reach this key (mode %04o)", m),
			Hint: "chmod 600 " + f.Rel(path), Exit: stream.ExitEnvironment}
	}
	b, err := ReadFile(f.Rel(path), path)
	if err != nil {
		return stream.Value{}, err
	}
	return stream.NewValue(bytes.TrimSpace(b)), nil
}
