package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"lethe/cmd/internal/pipe"
	"lethe/masking/keyring/file"
	"lethe/stream"
)

// aside is a file for lines that cannot be masked, a JSON object a line. It is
// for its owner alone. The lines are encrypted by AES-256-GCM under a random
// key, which stands before them, wrapped under the keyring's quarantine key of
// the day; the nonce is the line's number, and the session's name is bound to it.
type aside struct {
	file    *os.File
	aead    cipher.AEAD // nil for a clear file
	session []byte
}

// asideSession is the line before those of one run.
type asideSession struct {
	Period  string `json:"period"`
	Session []byte `json:"session"`
	Key     []byte `json:"key"` // wrapped under the period's key
}

// asideLine is a line that was refused.
type asideLine struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
	Field  string `json:"field,omitempty"`
	Sealed []byte `json:"sealed,omitempty"`
	Clear  []byte `json:"clear,omitempty"` // base64, for a line may be no text
}

func openAside(path string, ring *file.Keyring, clear bool) (*aside, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, environment(path, err)
	}
	// L1: a file that was there may be open to others.
	if st, err := f.Stat(); err != nil || st.Mode().Perm()&0o077 != 0 {
		f.Close()
		return nil, &stream.Fault{Code: "mask.quarantine_mode", Path: path, Msg: "others can read this file", Hint: "chmod 600 " + path, Exit: stream.ExitEnvironment}
	}
	a := &aside{file: f}
	if clear {
		return a, nil
	}
	if err := a.begin(ring); err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

// begin writes the wrapped key of this run.
func (a *aside) begin(ring *file.Keyring) error {
	s := asideSession{Period: "quarantine/" + time.Now().UTC().Format(time.DateOnly), Session: make([]byte, 16)}
	key := make([]byte, 32)
	rand.Read(key)
	rand.Read(s.Session)
	var err error
	if s.Key, err = ring.Wrap(s.Period, key); err != nil {
		return fmt.Errorf("quarantine key: %w", err)
	}
	if a.aead, err = asideCipher(key); err != nil {
		return err
	}
	a.session = s.Session
	return a.write(s)
}

func asideCipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("quarantine cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

// asideNonce is the nonce of a line: each number comes once under a key.
func asideNonce(line int) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 4), uint64(line))
}

func (a *aside) add(r pipe.Refusal, why *stream.Rejection) error {
	l := asideLine{Line: r.Number, Reason: why.Reason, Field: why.Field}
	if a.aead == nil {
		l.Clear = r.Line
	} else {
		l.Sealed = a.aead.Seal(nil, asideNonce(r.Number), r.Line, a.session)
	}
	return a.write(l)
}

func (a *aside) write(v any) error {
	b, err := json.Marshal(v)
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
