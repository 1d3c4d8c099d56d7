package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"lethe/cmd/internal/pipe"
	"lethe/masking/keyring/file"
	"lethe/stream"
)

func TestWhatIsSetAsideOpensWithTheKeyringUntilItsKeyIsDestroyed(t *testing.T) {
	dir := t.TempDir()
	keys, path := filepath.Join(dir, "keys"), filepath.Join(dir, "aside")
	if err := file.Create(keys); err != nil {
		t.Fatal(err)
	}
	ring, err := file.Open(keys)
	if err != nil {
		t.Fatal(err)
	}
	a, err := openAside(path, ring)
	if err != nil {
		t.Fatal(err)
	}
	const text = "a broken line"
	if err := a.add(pipe.Refusal{Number: 3, Line: []byte(text)}, &stream.Rejection{Reason: stream.ReasonMalformed}); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var l asideLine
	if err := json.Unmarshal(data, &l); err != nil || l.Line != 3 || l.Clear != nil {
		t.Fatal(err, l.Line)
	}
	if got, err := ring.Unwrap(l.Period, l.Sealed); err != nil || string(got) != text {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if err := ring.Destroy(l.Period); err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Unwrap(l.Period, l.Sealed); err == nil {
		t.Error("it opens although its key is destroyed")
	}
}
