//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lethe/audit/audittest"
)

// keptProof is the bundle that package proof keeps, with lines added to its checkpoint, in a
// directory where its log.pub is.
func keptProof(t *testing.T, add func(checkpoint string) string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("../../audit/proof/testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	raw := read("record.tlog-proof")
	text := raw[:strings.LastIndex(raw, "— sha256 ")]
	_, checkpoint, _ := strings.Cut(text, "\n\n")
	text += add(checkpoint)
	sum := sha256.Sum256([]byte(text))
	put(t, filepath.Join(dir, "record.tlog-proof"), text+"— sha256 "+base64.StdEncoding.EncodeToString(append(make([]byte, 4), sum[:]...))+"\n")
	put(t, filepath.Join(dir, "log.pub"), read("log.pub"))
	return dir
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// checked runs lethe verify in a directory with a bundle in it.
func checked(t *testing.T, dir string, args ...string) (code int, said string) {
	t.Helper()
	t.Chdir(dir)
	var out bytes.Buffer
	env := func(string) (string, bool) { return "", false }
	code = dispatch(t.Context(), console{out: &out, err: &out, env: env}, append([]string{"verify", "record.tlog-proof", "--key", "log.pub"}, args...))
	return code, out.String()
}

func TestL4ABundleIsHeldAgainstThePolicyThatIsGiven(t *testing.T) {
	w := audittest.NewWitness(t, "witness.example.org/w1")
	now := time.Now()
	for name, c := range map[string]struct {
		cosigned []time.Time
		args     string
		code     int
		said     string
	}{
		"cosigned":           {[]time.Time{now}, "--policy witnesses.txt", 0, "proof: ok"},
		"cosigned long ago":  {[]time.Time{now.Add(-2 * time.Hour)}, "--policy witnesses.txt", 0, "proof: ok"},
		"fresh":              {[]time.Time{now}, "--policy witnesses.txt --fresh 1h", 0, "proof: ok"},
		"not fresh":          {[]time.Time{now.Add(-2 * time.Hour)}, "--policy witnesses.txt --fresh 1h", 1, "quorum is not met"},
		"cosigned by nobody": {nil, "--policy witnesses.txt", 1, "quorum is not met"},
		"without a policy":   {[]time.Time{now}, "", 1, "give --policy"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := keptProof(t, func(checkpoint string) (lines string) {
				for _, at := range c.cosigned {
					lines += w.Cosign(checkpoint, at)
				}
				return lines
			})
			put(t, filepath.Join(dir, "witnesses.txt"), fmt.Sprintf("witness w1 %s\nquorum w1\n", w.Key))
			if code, said := checked(t, dir, strings.Fields(c.args)...); code != c.code || !strings.Contains(said, c.said) {
				t.Errorf("exit code %d\n%s", code, said)
			}
		})
	}
}

func TestL4ABundleThatIsOlderThanWhatIsRememberedIsNotCalledFalse(t *testing.T) {
	var seen string
	dir := keptProof(t, func(checkpoint string) string {
		seen = strings.Replace(checkpoint, "\n21\n", "\n999\n", 1)
		return ""
	})
	put(t, filepath.Join(dir, "seen"), seen)
	code, said := checked(t, dir, "--state", "seen")
	if code != 1 || strings.Contains(said, "refuted") || strings.Contains(said, "do not rely") || strings.Contains(said, "proof: ok") {
		t.Errorf("exit code %d\n%s", code, said)
	}
	for _, want := range []string{"its checkpoint is older than the remembered one", "without a consistency proof", "21 entries, and 999",
		"lethe prove … --since seen > NEW.tlog-proof", "lethe verify NEW.tlog-proof --key log.pub --state seen"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q\n%s", want, said)
		}
	}
}
