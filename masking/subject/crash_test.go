package subject

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"lethe/masking/keyring/file"
	"lethe/stream"
)

// mishap is what befalls the n-th step that changes something on disk.
type mishap struct {
	left int  // steps until then
	done bool // the step is made, and reported as failed all the same
	dead bool // and nothing after it is made, as if the process were killed
	hit  bool
}

var errMishap = errors.New("disk on fire")

func (m *mishap) step(f func() error) error {
	if m.left--; m.left >= 0 {
		return f()
	}
	if m.hit && !m.dead {
		return f()
	}
	if !m.hit && m.done {
		if err := f(); err != nil {
			return err
		}
	}
	m.hit = true
	return errMishap
}

// frail is a cover's files, and frailKeyring the keyring, with a mishap.
type frail struct {
	Files
	*mishap
}

func (f frail) Create(name string, data []byte) error {
	return f.step(func() error { return f.Files.Create(name, data) })
}

func (f frail) Remove(name string) error { return f.step(func() error { return f.Files.Remove(name) }) }

type frailKeyring struct {
	stream.Keyring
	*mishap
}

func (f frailKeyring) Wrap(period string, key []byte) (wrapped []byte, err error) {
	err = errors.Join(f.step(func() error { wrapped, err = f.Keyring.Wrap(period, key); return err }))
	return wrapped, err
}

func (f frailKeyring) Destroy(period string) error {
	return f.step(func() error { return f.Keyring.Destroy(period) })
}

func TestL5PunctureThatFailsAtAnyStepIsMadeOrNotAndCompletes(t *testing.T) {
	ctx := context.Background()
	for name, m := range map[string]mishap{
		"fails":                    {},
		"done but reported failed": {done: true},
		"killed before":            {dead: true},
		"killed after":             {dead: true, done: true},
	} {
		if testing.Short() && !m.done {
			continue
		}
		steps := 0
		for n := 0; ; n++ {
			w := newWorkplace(t)
			w.erase(t, subjects(0, 50))
			other := keyOf(t, w.Subjects("7y"), subject(1000))
			bad := m
			bad.left = n
			broken := &Store{config: Config{Cover: frail{w.config.Cover, &bad}, Roots: frail{w.config.Roots, &bad},
				Keyring: frailKeyring{w.config.Keyring, &bad}, Clock: w.config.Clock}}
			err := broken.Puncture(ctx, 2, subjects(50, 90))
			if !bad.hit {
				must(t, err)
				break // it has no more steps
			}
			steps++
			if err == nil {
				t.Errorf("%s at step %d: not reported", name, n)
			}
			if n%2 == 0 && !bad.dead {
				w.Store = broken // the process goes on
			} else {
				w.reopen(t, nil)
			}
			last, err := w.Last()
			must(t, err)
			must(t, w.Lease(1))
			gone, made := 0, uint64(1)
			for i := range 90 {
				digest, key := subject(i), Key{}
				if _, err := w.Subjects("7y").Key(&digest, &key); errors.Is(err, ErrErased) {
					gone++
				}
			}
			if gone == 90 {
				made = 2
			}
			if gone != 50 && gone != 90 || last != made {
				t.Fatalf("%s at step %d: %d erased, shred %d", name, n, gone, last)
			}
			w.erase(t, subjects(50, 90))
			noneIsLeft(t, w)
			if keyOf(t, w.Subjects("7y"), subject(1000)) != other {
				t.Fatalf("%s at step %d: another's key changed", name, n)
			}
		}
		if steps < 7 {
			t.Errorf("%s: %d steps", name, steps)
		}
	}
}

// noneIsLeft looks for files that the version in force does not name.
func noneIsLeft(t *testing.T, w *workplace) {
	t.Helper()
	c, err := w.newest()
	must(t, err)
	names, err := w.config.Cover.Names()
	must(t, err)
	if len(names) != 1+len(c.files) {
		t.Errorf("left: %q", names)
	}
	roots, err := w.config.Roots.Names()
	must(t, err)
	if len(roots) != 1 || roots[0] != rootName(c.version) {
		t.Errorf("root keys: %q", roots)
	}
	periods, err := w.config.Keyring.Periods("subjects")
	must(t, err)
	// A change that was killed before its root key was stored leaves the key to wrap
	// that under, which the next change uses: it wraps nothing yet.
	periods = slices.DeleteFunc(periods, func(p string) bool { return p == rootPeriod(c.version+1) })
	if len(periods) != 1 || periods[0] != rootPeriod(c.version) {
		t.Errorf("keys of root keys: %q", periods)
	}
}

const envPuncturer = "LETHE_TEST_PUNCTURER"

// A process that punctures is killed, again and again; what it said was erased is.
func TestL5KilledPuncturerLeavesEverySubjectErasedOrNot(t *testing.T) {
	if dir := os.Getenv(envPuncturer); dir != "" {
		punctureForever(t, dir)
		return
	}
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	w := newWorkplace(t)
	other := keyOf(t, w.Subjects("7y"), subject(-2))
	said := filepath.Join(filepath.Dir(w.keys), "said")
	for life := range 8 {
		before, _ := os.ReadFile(said)
		cmd := exec.Command(os.Args[0], "-test.run=TestL5KilledPuncturerLeavesEverySubjectErasedOrNot$")
		cmd.Env = append(os.Environ(), envPuncturer+"="+filepath.Dir(w.keys))
		must(t, cmd.Start())
		for {
			if now, _ := os.ReadFile(said); string(now) != string(before) {
				break // the life has begun
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(life*731%1000) * 10 * time.Microsecond)
		cmd.Process.Kill()
		cmd.Wait()

		w.reopen(t, nil)
		last, err := w.Last()
		must(t, err)
		text, err := os.ReadFile(said)
		must(t, err)
		told, err := strconv.Atoi(string(text))
		must(t, err)
		if uint64(told) > last || last > uint64(told)+1 {
			t.Errorf("life %d: told %d, shred %d", life, told, last)
		}
		must(t, w.Lease(last))
		for i := range int(last) + 3 {
			digest, key := subject(i), Key{}
			if _, err := w.Subjects("7y").Key(&digest, &key); errors.Is(err, ErrErased) != (i < int(last)) {
				t.Fatalf("life %d: subject %d of %d: %v", life, i, last, err)
			}
		}
		if keyOf(t, w.Subjects("7y"), subject(-2)) != other {
			t.Fatal("another's key changed")
		}
		noneIsLeft(t, w)
	}
}

func punctureForever(t *testing.T, dir string) {
	keyring, err := file.Open(filepath.Join(dir, "keys"))
	must(t, err)
	s, err := Open(Config{Cover: file.Dir(filepath.Join(dir, "cover")), Roots: file.Dir(filepath.Join(dir, "roots")),
		Keyring: keyring, Clock: func() time.Duration { return 0 }})
	must(t, err)
	for {
		last, err := s.Last()
		must(t, err)
		must(t, s.Puncture(context.Background(), last+1, subjects(int(last), int(last)+1)))
		temp := filepath.Join(dir, "said.new")
		must(t, os.WriteFile(temp, []byte(strconv.Itoa(int(last)+1)), 0o600))
		must(t, os.Rename(temp, filepath.Join(dir, "said")))
	}
}
