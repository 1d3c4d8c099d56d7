package file

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"lethe/masking"
	"lethe/stream"
)

var (
	_ masking.Keyring = (*Keyring)(nil)
	_ stream.Keyring  = (*Keyring)(nil)
)

func newKeyring(t *testing.T) (*Keyring, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	if err := Create(dir); err != nil {
		t.Fatal(err)
	}
	k, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return k, dir
}

func faultCode(err error) string {
	var f *stream.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestSecretsDependOnRootAndNameAlone(t *testing.T) {
	k, dir := newKeyring(t)
	a, _ := k.Secret("routing")
	b, _ := k.Secret("positions")
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := again.Secret("routing")
	other, _ := newKeyring(t)
	d, _ := other.Secret("routing")
	if len(a) != 32 || bytes.Equal(a, b) || !bytes.Equal(a, c) || bytes.Equal(a, d) {
		t.Error("secrets are not one per keyring and name")
	}
	if _, err := k.Secret(""); err == nil {
		t.Error("a secret without a name")
	}
}

func TestAKeyringIsNotMadeOverAnother(t *testing.T) {
	_, dir := newKeyring(t)
	before, _ := os.ReadFile(filepath.Join(dir, "root"))
	if err := Create(dir); faultCode(err) != "keyring.exists" {
		t.Errorf("made over another: %v", err)
	}
	after, _ := os.ReadFile(filepath.Join(dir, "root"))
	if !bytes.Equal(before, after) {
		t.Error("the root changed")
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*pending*"))
	if len(left) != 0 {
		t.Error("a key is left in a temporary file")
	}
}

func TestWhatOthersCanReadIsRefusedWithTheChmodToType(t *testing.T) {
	for path, mode := range map[string]os.FileMode{"": 0o755, "root": 0o640} {
		_, dir := newKeyring(t)
		at := filepath.Join(dir, path)
		if err := os.Chmod(at, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir)
		var f *stream.Fault
		if !errors.As(err, &f) || f.Code != "keyring.mode" || !strings.HasPrefix(f.Hint, "chmod ") || !strings.HasSuffix(f.Hint, at) || f.Exit != stream.ExitEnvironment {
			t.Errorf("%q of mode %o: %v", path, mode, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); faultCode(err) != "keyring.missing" {
		t.Errorf("no keyring: %v", err)
	}
}

func TestADamagedRootIsRefused(t *testing.T) {
	_, dir := newKeyring(t)
	root := filepath.Join(dir, "root")
	for _, content := range []string{"", "LETHE-ROOT-1-", "LETHE-ROOT-1-00ff", "LETHE-PERIOD-1-" + strings.Repeat("00", 32)} {
		os.WriteFile(root, []byte(content), 0o600)
		if _, err := Open(dir); faultCode(err) != "keyring.damaged" {
			t.Errorf("root of %d bytes: %v", len(content), err)
		}
	}
}

func TestWhatAPeriodWrapsItUnwraps(t *testing.T) {
	k, dir := newKeyring(t)
	session := bytes.Repeat([]byte{7}, 32)
	wrapped, err := k.Wrap("raw/2026-01-31T15", session)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.Unwrap("raw/2026-01-31T15", wrapped); err != nil || !bytes.Equal(got, session) {
		t.Errorf("unwrapped otherwise: %v", err)
	}
	for i := range wrapped {
		bad := slices.Clone(wrapped)
		bad[i] ^= 1
		if _, err := k.Unwrap("raw/2026-01-31T15", bad); err == nil {
			t.Fatalf("byte %d changed and not noticed", i)
		}
	}
	if _, err := k.Wrap("raw/2026-01-31T16", session); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Unwrap("raw/2026-01-31T16", wrapped); err == nil {
		t.Error("another period unwraps it")
	}
	if _, err := k.Unwrap("raw/2026-01-31T17", wrapped); err == nil || errors.Is(err, stream.ErrDestroyed) {
		t.Errorf("a period that never was: %v", err)
	}
	// The period's file alone does not open what it wrapped.
	other, otherDir := newKeyring(t)
	if err := os.CopyFS(filepath.Join(otherDir, "periods"), os.DirFS(filepath.Join(dir, "periods"))); err != nil {
		t.Fatal(err)
	}
	os.Chmod(filepath.Join(otherDir, "periods/raw/2026-01-31T15"), 0o600)
	if _, err := other.Unwrap("raw/2026-01-31T15", wrapped); err == nil {
		t.Error("a period's file opens without its root")
	}
}

func TestPeriodNamesStayInTheDirectory(t *testing.T) {
	k, _ := newKeyring(t)
	for _, name := range []string{"", "raw", "raw/", "/raw/x", "raw/../../root", "../x/y", "raw/a.gone", "raw/a.pending-1", "raw/a\x00b"} {
		if _, err := k.Wrap(name, make([]byte, 32)); err == nil {
			t.Errorf("period %q", name)
		}
	}
	for _, name := range []string{"", "../x", "a/b", ".x"} {
		if _, err := k.SigningKey(name); err == nil {
			t.Errorf("signer %q", name)
		}
	}
}

func TestL5DestroyedPeriodStaysDestroyed(t *testing.T) {
	k, dir := newKeyring(t)
	periods := []string{"raw/2026-01-31T14", "raw/2026-01-31T15", "quarantine/2026-01-31"}
	wrapped := map[string][]byte{}
	for _, p := range periods {
		var err error
		if wrapped[p], err = k.Wrap(p, make([]byte, 32)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "periods/raw/2026-01-31T14")
	key, _ := os.ReadFile(path)
	// What a crash between link and unlink leaves, and a reader that is open.
	if err := os.Link(path, path+pending+"00"); err != nil {
		t.Fatal(err)
	}
	open, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()

	for range 2 {
		if err := k.Destroy(periods[0]); err != nil {
			t.Fatal(err)
		}
	}
	still := make([]byte, len(key))
	open.ReadAt(still, 0)
	if bytes.Equal(still, key) {
		t.Error("the key was not overwritten")
	}
	if left, _ := filepath.Glob(path + "*"); len(left) != 1 || left[0] != path+gone {
		t.Errorf("left: %q", left)
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Unwrap(periods[0], wrapped[periods[0]]); !errors.Is(err, stream.ErrDestroyed) {
		t.Errorf("unwrap: %v", err)
	}
	if _, err := again.Wrap(periods[0], make([]byte, 32)); !errors.Is(err, stream.ErrDestroyed) {
		t.Errorf("wrap: %v", err)
	}
	if got, err := again.Periods("raw"); err != nil || !slices.Equal(got, periods[1:2]) {
		t.Errorf("periods %q %v", got, err)
	}
	if got, err := again.Periods("other"); err != nil || len(got) != 0 {
		t.Errorf("periods of no purpose %q %v", got, err)
	}
	if _, err := again.Unwrap(periods[1], wrapped[periods[1]]); err != nil {
		t.Errorf("another period went too: %v", err)
	}
}

// A race of processes for one new period and one new signer: all agree.
func TestProcessesThatRaceAgreeOnAKey(t *testing.T) {
	if dir := os.Getenv("LETHE_TEST_KEYRING"); dir != "" {
		k, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			w, err := k.Wrap(fmt.Sprintf("raw/%d", i), []byte("session key of a racing process!"))
			if err != nil {
				t.Fatal(err)
			}
			s, err := k.SigningKey(fmt.Sprintf("worker-%d", i))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Printf("RESULT %d %x %x\n", i, w, s.Public())
		}
		return
	}
	k, dir := newKeyring(t)
	var wg sync.WaitGroup
	outputs := make([][]byte, 4)
	for i := range outputs {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=TestProcessesThatRaceAgreeOnAKey$")
			cmd.Env = append(os.Environ(), "LETHE_TEST_KEYRING="+dir)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("process: %v\n%s", err, out)
			}
			outputs[i] = out
		})
	}
	wg.Wait()
	signers := map[string]string{}
	seen := 0
	for _, out := range outputs {
		for line := range strings.Lines(string(out)) {
			var i, wrapped, signer string
			if n, _ := fmt.Sscanf(line, "RESULT %s %s %s", &i, &wrapped, &signer); n != 3 {
				continue
			}
			seen++
			if was, ok := signers[i]; ok && was != signer {
				t.Errorf("two signing keys of one name")
			}
			signers[i] = signer
			b, _ := hex.DecodeString(wrapped)
			if _, err := k.Unwrap("raw/"+i, b); err != nil {
				t.Errorf("wrapped under another key: %v", err)
			}
		}
	}
	if seen != 80 {
		t.Errorf("%d results, want 80", seen)
	}
}

func TestL7KeyringCannotBePrinted(t *testing.T) {
	k, dir := newKeyring(t)
	root, _ := readKey(filepath.Join(dir, "root"), rootPrefix)
	holder := struct{ inner *Keyring }{k}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "keyring", k, "holder", holder)
	texts := []string{log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, k), fmt.Sprintf(verb, *k), fmt.Sprintf(verb, holder))
	}
	_, err := k.Unwrap("raw/none", nil)
	texts = append(texts, err.Error())
	for _, s := range texts {
		for _, form := range []string{hex.EncodeToString(root[:6]), strings.ToUpper(hex.EncodeToString(root[:6])), string(root[:6]), fmt.Sprint(root[:3])[1:8]} {
			if strings.Contains(s, form) {
				t.Fatalf("a key is shown: %d characters", len(s))
			}
		}
	}
}

func TestCoverAndRootKeysLieApartAndSaySo(t *testing.T) {
	dir := t.TempDir()
	for _, c := range [][2]string{{"a", "a"}, {"a", "a/b"}, {"a/b", "a"}, {"a/b/../..", "x"}} {
		if _, _, err := SubjectDirs(filepath.Join(dir, c[0]), filepath.Join(dir, c[1])); faultCode(err) != "subjects.together" {
			t.Errorf("%q: %v", c, err)
		}
	}
	for range 2 {
		cover, roots, err := SubjectDirs(filepath.Join(dir, "cover"), filepath.Join(dir, "roots"))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []Dir{cover, roots} {
			text, err := os.ReadFile(filepath.Join(string(d), "README"))
			if err != nil || !strings.Contains(string(text), "Never put it into one backup") {
				t.Errorf("%s: %v", d, err)
			}
			unlock, err := d.Lock()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Lock(); faultCode(err) != "subjects.held" {
				t.Errorf("locked twice: %v", err)
			}
			if err := unlock(); err != nil {
				t.Error(err)
			}
			if names, err := d.Names(); err != nil || len(names) != 0 {
				t.Errorf("files %q: %v", names, err)
			}
		}
	}
}
