package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"

	"lethe/cmd/internal/pipe"
	"lethe/masking/keyring/file"
	"lethe/stream"
)

// aside is a file for lines that cannot be masked, a JSON object a line. It is for
// its owner alone, and each line is encrypted under the keyring's quarantine key
// of its day: once that is destroyed, the line cannot be read.
type aside struct {
	file *os.File
	ring *file.Keyring // nil for a clear file
}

// asideLine is a line that was refused.
type asideLine struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
	Field  string `json:"field,omitempty"`
	Period string `json:"period,omitempty"` // names the key
	Sealed []byte `json:"sealed,omitempty"`
	Clear  []byte `json:"clear,omitempty"` // base64, for a line may be no text
}

// openAside opens the file to append to it; without a keyring it is clear.
func openAside(path string, ring *file.Keyring) (*aside, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, environment(path, err)
	}
	// L1: a file that was there may be open to others, or another's.
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, environment(path, err)
	}
	fault := &stream.Fault{Code: "mask.quarantine_mode", Path: path, Exit: stream.ExitEnvironment}
	switch owner, ok := st.Sys().(*syscall.Stat_t); {
	case !st.Mode().IsRegular(): // a pipe, a terminal
	case st.Mode().Perm()&0o077 != 0:
		fault.Msg, fault.Hint = "others can read this file", "chmod 600 "+path
	case ok && int(owner.Uid) != os.Geteuid():
		fault.Msg, fault.Hint = "this file is another user's", "name a file that is not there yet"
	}
	if fault.Msg == "" {
		return &aside{f, ring}, nil
	}
	f.Close()
	return nil, fault
}

func (a *aside) add(r pipe.Refusal, why *stream.Rejection) error {
	l := asideLine{Line: r.Number, Reason: why.Reason, Field: why.Field}
	if a.ring == nil {
		l.Clear = r.Line
	} else {
		l.Period = "quarantine/" + time.Now().UTC().Format(time.DateOnly)
		var err error
		if l.Sealed, err = a.ring.Wrap(l.Period, r.Line); err != nil {
			return fmt.Errorf("quarantine file: %w", err)
		}
	}
	b, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("quarantine file: %w", err)
	}
	if _, err := a.file.Write(append(b, '\n')); err != nil {
		return environment(a.file.Name(), err)
	}
	return nil
}

// Close makes the file durable.
func (a *aside) Close() error {
	if err := a.file.Sync(); err != nil {
		return err
	}
	return a.file.Close()
}
