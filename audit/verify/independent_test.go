package verify

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// independent runs the script of another language, which has no code of ours or of our
// libraries, over the log.
func (w *world) independent(entries ...string) (string, error) {
	w.t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil && os.Getenv("CI") != "" {
		w.t.Fatal(err)
	}
	if err != nil {
		w.t.Skip("there is no python3")
	}
	pub := filepath.Join(w.t.TempDir(), "log.pub")
	w.must(os.WriteFile(pub, []byte(w.vkey+"\n"), 0o644))
	cmd := exec.Command(python, append([]string{"-B", "independent/check.py", w.log, pub}, entries...)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestL4AnotherImplementationVerifiesTheTree(t *testing.T) {
	w := newWorld(t)
	for _, rounds := range []int{1, 84, 100} { // one tile in part, one whole, several
		w.run(rounds).follow()
		out, err := w.independent()
		if err != nil {
			t.Fatalf("%d entries: %v: %s", len(w.entries), err, out)
		}
		if r := w.verify(); !strings.Contains(out, itoa(r.Size)+" leaves") || !strings.Contains(out, "root "+r.Root) {
			t.Errorf("%s, and we say %d leaves, root %s", out, r.Size, r.Root)
		}
	}
	if out, err := w.independent("0", itoa(int64(len(w.entries)-1))); err != nil || !strings.Contains(out, "2 proofs") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := w.independent(itoa(int64(len(w.entries)))); err == nil {
		t.Errorf("a leaf behind the last: %s", out)
	}
}

func TestL4AnotherImplementationCatchesAChangedByteOfTheLog(t *testing.T) {
	w := newWorld(t).run(90).follow()
	part := ".p/" + itoa(int64(len(w.entries)-256))
	for file, complaint := range map[string]string{
		"checkpoint":              "checkpoint",
		"tile/entries/000":        "tile",
		"tile/entries/001" + part: "tile",
		"tile/0/000":              "tile",
		"tile/0/001" + part:       "tile",
		"tile/1/000.p/1":          "tile",
	} {
		path := filepath.Join(w.log, filepath.FromSlash(file))
		info, err := os.Stat(path)
		w.must(err)
		for _, at := range []int{0, int(info.Size()) / 2, int(info.Size()) - 3} {
			flip(t, path, at, 4, func() {
				if out, err := w.independent(); err == nil || !strings.Contains(out, complaint) || strings.Contains(out, "Traceback") {
					t.Errorf("byte %d of %s: %v: %s", at, file, err, out)
				}
			})
		}
	}
	if out, err := w.independent(); err != nil {
		t.Errorf("after the changes were undone: %v: %s", err, out)
	}
}

func TestL4AnotherImplementationBelievesNoOtherKey(t *testing.T) {
	w, other := newWorld(t).run(1).follow(), newWorld(t)
	w.vkey = other.vkey
	if out, err := w.independent(); err == nil || !strings.Contains(out, "no signature of the key") {
		t.Errorf("%v: %s", err, out)
	}
}
