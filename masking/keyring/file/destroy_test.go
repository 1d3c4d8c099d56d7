package file

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lethe/stream"
)

const envDestroyer = "LETHE_TEST_DESTROYER"

// interruptions are what a kill can leave of a destruction, after each of its
// steps.
var interruptions = map[string]func(path string) error{
	"the mark is being made": func(path string) error { return os.WriteFile(path+gone+pending+"00", nil, 0o600) },
	"marked":                 mark,
	"half overwritten": func(path string) error {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil {
			_, err = f.Write(make([]byte, 40))
		}
		return errors.Join(mark(path), err, f.Close())
	},
	"overwritten": func(path string) error { return errors.Join(mark(path), overwrite(path)) },
	"unlinked":    func(path string) error { return errors.Join(mark(path), os.Remove(path)) },
	"marked while another makes the key": func(path string) error {
		return errors.Join(mark(path), os.Link(path, path+pending+"00"), overwrite(path), os.Remove(path))
	},
}

func mark(path string) error { return os.WriteFile(path+gone, nil, 0o600) }

func TestL5DestructionThatWasInterruptedIsTheKeyOrDestroyedAndCompletes(t *testing.T) {
	for name, interrupt := range interruptions {
		for how, complete := range map[string]func(*Keyring) error{
			"again":   func(k *Keyring) error { return k.Destroy("raw/a") },
			"by open": func(k *Keyring) error { return k.completeDestructions() },
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				k, dir := newKeyring(t)
				wrapped, err := k.Wrap("raw/a", make([]byte, 32))
				if err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(dir, "periods/raw/a")
				if err := interrupt(path); err != nil {
					t.Fatal(err)
				}
				marked := notGone(path) != nil
				if _, err := k.Unwrap("raw/a", wrapped); errors.Is(err, stream.ErrDestroyed) != marked || !marked && err != nil {
					t.Errorf("unwrap: %v", err)
				}
				if got, _ := k.Periods("raw"); len(got) == 0 != marked {
					t.Errorf("periods %q", got)
				}
				if err := complete(k); err != nil {
					t.Fatal(err)
				}
				if !marked && how == "by open" {
					return // nobody was told that it shall go
				}
				if left, _ := filepath.Glob(path + "*"); len(left) == 0 || left[0] != path+gone ||
					len(left) > 1 && !strings.HasPrefix(left[1], path+gone+pending) {
					t.Errorf("left: %q", left)
				}
				if _, err := k.Wrap("raw/a", make([]byte, 32)); !errors.Is(err, stream.ErrDestroyed) {
					t.Errorf("wrap: %v", err)
				}
			})
		}
	}
}

// A process is killed while it makes and destroys periods; what it leaves is
// the key or destroyed, and nothing of a destroyed key.
func TestL5KilledDestroyerLeavesTheKeyOrTheMark(t *testing.T) {
	if dir := os.Getenv(envDestroyer); dir != "" {
		destroyForever(t, dir)
		return
	}
	_, dir := newKeyring(t)
	noise := make([]byte, 1)
	for life := range 10 {
		cmd := exec.Command(os.Args[0], "-test.run=TestL5KilledDestroyerLeavesTheKeyOrTheMark$")
		cmd.Env = append(os.Environ(), envDestroyer+"="+dir, fmt.Sprintf("LETHE_TEST_LIFE=%d", life))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The first period says that the life has begun.
		for begun := fmt.Sprintf("raw/%d-0", life); ; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(filepath.Join(dir, "periods", begun)); err == nil {
				break
			}
			if _, err := os.Stat(filepath.Join(dir, "periods", begun+gone)); err == nil {
				break
			}
		}
		rand.Read(noise)
		time.Sleep(time.Duration(noise[0]) * 100 * time.Microsecond)
		cmd.Process.Kill()
		cmd.Wait()

		k, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := filepath.Glob(filepath.Join(dir, "periods/raw/*"))
		for _, path := range all {
			key, _, _ := strings.Cut(path, ".")
			if notGone(key) != nil && !strings.HasPrefix(path, key+gone) {
				t.Errorf("life %d: left of a destroyed key: %s", life, path)
			}
			period := "raw/" + filepath.Base(key)
			if _, err := k.Wrap(period, make([]byte, 32)); errors.Is(err, stream.ErrDestroyed) != (notGone(key) != nil) {
				t.Errorf("life %d: %s: %v", life, period, err)
			}
		}
	}
}

func destroyForever(t *testing.T, dir string) {
	k, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		period := fmt.Sprintf("raw/%s-%d", os.Getenv("LETHE_TEST_LIFE"), i)
		if _, err := k.Wrap(period, make([]byte, 32)); err != nil {
			t.Fatal(err)
		}
		if err := k.Destroy(period); err != nil {
			t.Fatal(err)
		}
	}
}

// Of a destruction that races with makers and readers, the destruction wins,
// and no reader takes noise for a key.
func TestL5DestructionWinsARace(t *testing.T) {
	k, dir := newKeyring(t)
	for i := range 100 {
		period := fmt.Sprintf("raw/%d", i)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for range 5 {
					wrapped, err := k.Wrap(period, make([]byte, 32))
					if err == nil {
						_, err = k.Unwrap(period, wrapped)
					}
					if err != nil && !errors.Is(err, stream.ErrDestroyed) {
						t.Errorf("wrap and unwrap: %v", err)
					}
				}
			})
		}
		wg.Go(func() {
			if err := k.Destroy(period); err != nil {
				t.Errorf("destroy: %v", err)
			}
		})
		wg.Wait()
		if left, _ := filepath.Glob(filepath.Join(dir, "periods", period+"*")); len(left) != 1 {
			t.Fatalf("left: %q", left)
		}
	}
}
