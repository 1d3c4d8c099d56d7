package parquet

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lethe/stream"
	"lethe/stream/disk"
)

// probe makes the directory and tries in it what create does, so that a
// directory that cannot hold objects is told before any record moves.
func (s store) probe() error {
	if err := disk.MakeDir(s.dir, dirMode); err != nil {
		return err
	}
	name := ".probe-" + rand.Text() + disk.TempSuffix
	defer os.Remove(filepath.Join(s.dir, name))
	return disk.Create(filepath.Join(s.dir, name), nil, fileMode)
}

// dirMode is that of a lake.
const dirMode = 0o755

// unwritable is the fault of a directory that cannot hold objects.
func unwritable(name, dir string, err error) error {
	look := dir
	if _, gone := os.Stat(dir); gone != nil {
		look = filepath.Dir(dir)
	}
	hint := fmt.Sprintf("let the user that runs lethe write there, or name another directory in url\nls -ld %s", look)
	var link *os.LinkError
	var path *fs.PathError
	msg := "objects cannot be written to " + dir
	switch {
	case errors.As(err, &link):
		msg += ": its file system makes no hard links: " + link.Err.Error()
		hint = "name a directory on a local file system in url"
	case errors.As(err, &path) && path.Path != dir && filepath.Dir(path.Path) != dir:
		msg += ": " + path.Path + ": " + path.Err.Error()
	case path != nil:
		msg += ": " + path.Err.Error()
	default:
		msg += ": " + err.Error()
	}
	return &stream.Fault{Code: "parquet.unwritable", Path: "sinks." + name + ".url", Msg: msg, Hint: hint, Exit: stream.ExitEnvironment}
}
