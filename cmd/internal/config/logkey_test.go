package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lethe/stream"
)

func TestL4ASignerKeyThatOthersCanReadIsRefused(t *testing.T) {
	f := &Folder{Keys: t.TempDir()}
	path := filepath.Join(f.Keys, LogKeyName)
	fault := func() string {
		var fault *stream.Fault
		if _, err := f.LogKey(); !errors.As(err, &fault) {
			t.Fatalf("LogKey returned %v", err)
		}
		return fault.Code
	}
	if code := fault(); code != "config.log_key" {
		t.Errorf("a key that is not there is %s", code)
	}
	if err := os.WriteFile(path, []byte("PRIVATE+KEY+x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code := fault(); code != "keyring.mode" {
		t.Errorf("a key that others can read is %s", code)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if key, err := f.LogKey(); err != nil || string(key.Reveal()) != "PRIVATE+KEY+x" {
		t.Errorf("LogKey returned %v", err)
	}
}
