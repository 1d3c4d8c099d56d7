package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// BuildID is the SHA-256 of the executable that runs, in hex: receipts name the
// build that made them.
func BuildID() (string, error) { return buildID() }

var buildID = sync.OnceValues(func() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("build: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("build: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("build: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
})

// instance names a folder on a machine: the same at each start, another for each
// copy.
func instance(state string) (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("instance: %w", err)
	}
	path, err := filepath.EvalSymlinks(state)
	if err != nil {
		return "", fmt.Errorf("instance: %w", err)
	}
	sum := sha256.Sum256([]byte(host + "\x00" + path))
	return hex.EncodeToString(sum[:8]), nil
}
