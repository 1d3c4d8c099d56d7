package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"lethe/stream"
)

// maxFile is the most bytes that a file which people write may have.
const maxFile = 4 << 20

// ReadFile reads a file that people write: a regular one, for a pipe or device may
// never end, of at most 4 MiB. name is what faults call it. One that is not there
// is an error wrapping fs.ErrNotExist; any other error is a Fault.
func ReadFile(name, path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil:
		return nil, unreadable(name, err)
	case !info.Mode().IsRegular():
		return nil, &stream.Fault{Code: "config.not_a_file", Path: name, Msg: "this is no regular file", Hint: "put a file there", Exit: stream.ExitInput}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, unreadable(name, err)
	case len(data) > maxFile:
		return nil, &stream.Fault{Code: "config.too_large", Path: name, Msg: fmt.Sprintf("the file is larger than %d MiB", maxFile>>20),
			Hint: "see whether it is the file that was meant", Exit: stream.ExitInput}
	}
	return data, nil
}

// unreadable is the fault of a file that cannot be read; the system's words name
// the file again, so only the cause is kept.
func unreadable(name string, err error) *stream.Fault {
	var perr *os.PathError
	if errors.As(err, &perr) {
		err = perr.Err
	}
	return &stream.Fault{Code: "config.unreadable", Path: name, Msg: err.Error(),
		Hint: "make it readable for the user that runs lethe", Exit: stream.ExitEnvironment}
}
