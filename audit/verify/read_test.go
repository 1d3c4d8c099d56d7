package verify

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// logOnly checks the log alone.
func (w *world) logOnly() *Report {
	w.t.Helper()
	r, err := Run(w.t.Context(), Options{Log: w.log, PublicKey: w.vkey})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestL4APipeInPlaceOfAFileEndsTheReadingAtOnce(t *testing.T) {
	for _, c := range []struct {
		file string
		code Code
	}{
		{"log/checkpoint", "checkpoint_missing"},
		{"log/tile/entries/000.p/10", "bundle"},
		{"log/tile/0/000.p/10", "tile"},
		{"lake/_manifest/pipe.json", "lake_entry"},
		{"lake/pipe.parquet", "lake_entry"},
	} {
		w := newWorld(t).run(1).follow()
		path := strings.NewReplacer("lake/", w.lake+"/", "log/", w.log+"/").Replace(c.file)
		_ = os.Remove(path)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Skip(err)
		}
		named(t, w.verify(), c.code, "")
		if _, err := ReadFile(path, 10); !errors.Is(err, errNoFile) {
			t.Errorf("%s: %v", c.file, err)
		}
	}
}

func TestL4FilesAreReadUpToTheirLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(path, make([]byte, 11), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path, 10); err == nil || !strings.Contains(err.Error(), "longer than 10") {
		t.Errorf("11 bytes where 10 may be: %v", err)
	}
	if b, err := ReadFile(path, 11); err != nil || len(b) != 11 {
		t.Errorf("%d bytes: %v", len(b), err)
	}
	if _, err := ReadFile(t.TempDir(), 10); !errors.Is(err, errNoFile) {
		t.Errorf("a directory: %v", err)
	}
}

func TestL4TheSizeInACheckpointThatNobodySignedIsNotTaken(t *testing.T) {
	w := newWorld(t).run(1).follow()
	w.change(filepath.Join(w.log, "checkpoint"), func(s string) string {
		lines := strings.SplitN(s, "\n", 3)
		return lines[0] + "\n4000000000000\n" + lines[2]
	})
	r := w.verify()
	named(t, r, "checkpoint_signature", "checkpoint")
	if r.Size != 0 || len(r.Findings) != 1 {
		t.Errorf("size %d, findings %v", r.Size, r.Findings)
	}
}

func TestL4ALogOfSignedButAbsentEntriesIsReadUpToTheFirstThatIsMissing(t *testing.T) {
	w := newWorld(t).run(1).follow()
	w.sign("lethe/shop\n4000000000000\nNfx3rCK85/pLzKs6M39lEZbLhowz4BZNje/ucW+5Pik=\n")
	r := w.logOnly()
	named(t, r, "bundle", "entries [0,4000000000000)")
	if len(r.Findings) != 1 {
		t.Errorf("findings %v", r.Findings)
	}
}

// sign makes a checkpoint of its own.
func (w *world) sign(text string) {
	w.t.Helper()
	s, err := note.NewSigner(w.skey)
	w.must(err)
	b, err := note.Sign(&note.Note{Text: text}, s)
	w.must(err)
	w.must(os.WriteFile(filepath.Join(w.log, "checkpoint"), b, 0o644))
}

func TestL4ALinkInTheLogIsNamed(t *testing.T) {
	for from, to := range map[string]string{"tile/entries": "../elsewhere", "tile/entries/000.p/10": "../../../elsewhere", "tile/0": "../elsewhere"} {
		code := CodeBundle
		if from == "tile/0" {
			code = CodeTile
		}
		w := newWorld(t).run(1).follow()
		path := filepath.Join(w.log, from)
		w.must(os.Rename(path, filepath.Join(w.log, "elsewhere")))
		if err := os.Symlink(to, path); err != nil {
			t.Skip(err)
		}
		named(t, w.verify(), code, "is a link")
	}
}

func TestL4WhatIsNoKeyOrNoCheckpointIsAFaultOfWhoGaveIt(t *testing.T) {
	w := newWorld(t).run(1).follow()
	for _, key := range []string{"", "lethe", w.skey, "a+00000000+AAAA"} {
		if _, err := Run(t.Context(), Options{Log: w.log, PublicKey: key}); !errors.Is(err, ErrKey) {
			t.Errorf("%q: %v", key, err)
		}
	}
	for _, cp := range []string{"", "\n", "lethe/shop\n1\n", "lethe/shop\n-1\nAAAA\n"} {
		if _, err := Run(t.Context(), Options{Log: w.log, PublicKey: w.vkey, Remembered: []byte(cp)}); !errors.Is(err, ErrRemembered) {
			t.Errorf("remembered %q: %v", cp, err)
		}
	}
}

func TestL2ALakeThatIsNotThereIsNamedIfFilesAreMissing(t *testing.T) {
	w := newWorld(t).run(2).follow()
	check := func(lakes ...string) *Report {
		lakes = append([]string{}, lakes...)
		r, err := Run(t.Context(), Options{Log: w.log, PublicKey: w.vkey, Lakes: lakes})
		w.must(err)
		return r
	}
	if r := check(w.lake, filepath.Join(t.TempDir(), "unused")); !r.OK() || len(r.Notes) != 1 || r.Notes[0].Code != "lake_missing" {
		t.Errorf("beside an unused one: findings %v, notes %v", r.Findings, r.Notes)
	}
	named(t, check(), "object_missing", maskedTopic)
	w.must(os.RemoveAll(w.lake))
	named(t, check(w.lake), "lake_missing", "2 files")
	named(t, check(w.lake), "object_missing", maskedTopic)
}

// A log is one directory: what is reached over a link may be another tomorrow.
func TestL4NoCheckpointOrShardIsReachedOverALink(t *testing.T) {
	w := newWorld(t).run(2).follow()
	at := filepath.Join(w.log, "checkpoint")
	w.must(os.Rename(at, at+".kept"))
	w.must(os.Symlink("checkpoint.kept", at))
	r, err := Run(t.Context(), Options{Log: w.log, PublicKey: w.vkey})
	w.must(err)
	if r.OK() || !strings.Contains(r.Findings[0].Msg, "is a link") {
		t.Errorf("%+v", r.Findings)
	}
}

func TestAFileThatNoSinkMadeIsNoted(t *testing.T) {
	w := newWorld(t).run(2).follow()
	for _, name := range []string{"leak.csv", "EXTRA.PARQUET"} {
		w.must(os.WriteFile(filepath.Join(w.lake, name), []byte("PAR1"), 0o600))
	}
	r := w.verify()
	if !r.OK() || len(r.Notes) != 2 || r.Notes[0].Code != CodeOrphan || r.Notes[1].Code != CodeOrphan {
		t.Errorf("findings %+v, notes %+v", r.Findings, r.Notes)
	}
}
