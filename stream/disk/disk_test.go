package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// alone fails if dir holds anything but the names.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s holds %v, want %v", dir, got, names)
	}
}

func TestANameIsGivenOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	path := filepath.Join(dir, "f")
	for range 2 { // the second adopts
		if err := Ensure(path, []byte("one"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Ensure(path, []byte("two"), 0o600); !errors.Is(err, ErrTaken) {
		t.Errorf("other bytes: %v", err)
	}
	if err := Create(path, []byte("one"), 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the same bytes, created: %v", err)
	}
	if err := os.Symlink(path, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := Ensure(filepath.Join(dir, "link"), []byte("one"), 0o600); !errors.Is(err, ErrTaken) {
		t.Errorf("a link is no file: %v", err)
	}
	if got := read(t, path); got != "one" {
		t.Errorf("holds %q", got)
	}
	alone(t, dir, "f", "link")
}

func TestAFileIsReplacedWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	path := filepath.Join(dir, "f")
	for _, text := range []string{"one", "", "three"} {
		if err := Replace(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != text {
			t.Errorf("holds %q, want %q", got, text)
		}
	}
	alone(t, dir, "f")
	for p, want := range map[string]os.FileMode{path: 0o600, dir: 0o700 | os.ModeDir} {
		if info, err := os.Stat(p); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, %v; want %v", p, info.Mode(), err, want)
		}
	}
}

func TestOfManyWritersOneGivesTheName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	errs := make([]error, 20)
	var group sync.WaitGroup
	for i := range errs {
		group.Add(1)
		go func() {
			defer group.Done()
			write, bytes := Create, fmt.Appendf(nil, "writer %d", i)
			if i%2 == 0 {
				write = Ensure
			}
			errs[i] = write(path, bytes, 0o644)
		}()
	}
	group.Wait()
	won := -1
	for i, err := range errs {
		switch {
		case err == nil && won < 0:
			won = i
		case err == nil:
			t.Errorf("writers %d and %d both gave the name", won, i)
		case !errors.Is(err, ErrTaken) && !errors.Is(err, fs.ErrExist):
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if want := fmt.Sprintf("writer %d", won); read(t, path) != want {
		t.Errorf("holds %q, want %q", read(t, path), want)
	}
	alone(t, filepath.Dir(path), "f")
}

func TestAWriteThatFailsLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "f", "in"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join(dir, "f"), []byte("x"), 0o644); err == nil {
		t.Error("a directory that holds something was replaced")
	}
	long := filepath.Join(dir, strings.Repeat("n", 256))
	if err := Create(long, []byte("x"), 0o644); err == nil {
		t.Error("a name of 256 bytes was given")
	}
	var perr *fs.PathError
	if err := Create(filepath.Join(dir, "f", "\x00"), nil, 0o644); !errors.As(err, &perr) || perr.Path != filepath.Join(dir, "f", "\x00") {
		t.Errorf("the error does not name what was asked for: %v", err)
	}
	longest := strings.Repeat("n", 255)
	if err := Create(filepath.Join(dir, longest), []byte("x"), 0o644); err != nil {
		t.Error(err)
	}
	alone(t, dir, "f", longest)
}
