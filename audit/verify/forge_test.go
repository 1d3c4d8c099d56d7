package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lethe/stream"
)

// forged adds an object that no receipt names, as a sink would name it, and
// returns its manifest.
func (w *world) forged(from, to int64) manifest {
	w.t.Helper()
	raw := []byte("evil")
	m := manifest{SHA256: sha256.Sum256(raw), Rows: 1, Topic: maskedTopic, From: count(from), To: count(to)}
	m.Object = m.object()
	w.write(m.Object, raw)
	return m
}

func (w *world) list(m manifest) { w.write(m.name(), m.bytes()) }

func (w *world) change(path string, change func(string) string) {
	w.t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(change(string(raw))), 0o644)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestL4ForgedManifestsAreNamed(t *testing.T) {
	for _, c := range []struct {
		name, object string
		forge        func(w *world)
	}{
		{"at a position that a receipt names, up to far beyond the log", "-0-46.json", func(w *world) {
			m := w.forged(46, 99999999)
			w.list(m)
		}},
		{"with a member in another case for another reader", "-0-0.json", func(w *world) {
			w.change(w.path("_manifest", 0), func(s string) string {
				return strings.Replace(s, `{"object"`, `{"object":"evil.parquet","Object"`, 1)
			})
		}},
		{"with a member twice", "-0-0.json", func(w *world) {
			w.change(w.path("_manifest", 0), func(s string) string {
				return strings.Replace(s, `{`, `{"object":"evil.parquet",`, 1)
			})
		}},
		{"with something behind it", "-0-0.json", func(w *world) {
			w.change(w.path("_manifest", 0), func(s string) string { return s + s })
		}},
		{"under another name", "-9-0.json", func(w *world) {
			w.change(w.path("_manifest", 0), func(s string) string {
				w.write("_manifest/"+maskedTopic+"-9-0.json", []byte(s))
				return s
			})
		}},
		{"between positions that receipts name", "-0-50.json", func(w *world) { w.list(w.forged(50, 99999999)) }},
		{"of what is no masked topic", "other", func(w *world) {
			m := w.forged(69, 70)
			m.Topic = "other"
			m.Object = m.object()
			w.list(m)
		}},
		{"of a file with a name of its own", "-0-69.json", func(w *world) {
			m := w.forged(69, 70)
			m.Object = "evil.parquet"
			w.list(m)
		}},
		{"newer than the log, with another member", "-0-69.json", func(w *world) {
			m := w.forged(69, 70)
			w.write(m.name(), bytes.Replace(m.bytes(), []byte(`{`), []byte(`{"Object":"evil.parquet",`), 1))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t).run(3).follow()
			c.forge(w)
			named(t, w.verify(), "manifest", c.object)
		})
	}
	w := newWorld(t).run(3).follow()
	w.list(w.forged(69, 80))
	w.list(w.forged(70, 80))
	named(t, w.verify(), CodeManifestOverlap, "-0-70.json")
}

func TestL4AnObjectNewerThanTheCheckpointIsAFindingUnlessASinkRuns(t *testing.T) {
	w := newWorld(t).run(2).follow().run(2)
	r := w.verify()
	named(t, r, CodeManifestAhead, "-0-46.json")
	named(t, r, CodeManifestAhead, "-0-69.json")
	if len(r.Findings) != 2 || r.Findings[0].Promise != L4 || r.Incomplete != (Incomplete{Newer: 2}) {
		t.Errorf("findings %v, incomplete %+v", r.Findings, r.Incomplete)
	}
	r = w.running()
	if !r.OK() || r.Incomplete != (Incomplete{Newer: 2}) || len(r.Notes) != 2 || r.Notes[0].Code != CodeManifestAhead || r.Rows != 72 {
		t.Errorf("while a sink runs: findings %v, notes %v, incomplete %+v, %d rows", r.Findings, r.Notes, r.Incomplete, r.Rows)
	}
	if r := w.follow().verify(); !r.OK() || r.Incomplete != (Incomplete{}) {
		t.Errorf("when the log has them: findings %v", r.Findings)
	}
}

func TestL4WhatIsNewerThanTheCheckpointIsOpenedAndHeldAgainstItsManifest(t *testing.T) {
	behind := func(w *world, change func(m *manifest)) {
		raw, err := os.ReadFile(w.path("_manifest", 2))
		w.must(err)
		var m manifest
		w.must(json.Unmarshal(raw, &m))
		w.must(os.Remove(w.path("_manifest", 2)))
		change(&m)
		old := m.Object
		m.Object = m.object()
		if b, err := os.ReadFile(filepath.Join(w.lake, old)); err == nil {
			w.write(m.Object, b)
		}
		w.list(m)
	}
	for _, c := range []struct {
		name   string
		code   Code
		object string
		forge  func(w *world)
	}{
		{"with a row root of zeros", CodeObjectRoot, "rows [0,18)", func(w *world) { behind(w, func(m *manifest) { m.Root = digest{} }) }},
		{"with fewer rows", CodeObjectCount, "18 rows, and 17", func(w *world) { behind(w, func(m *manifest) { m.Rows-- }) }},
		{"with other bytes", CodeObjectSHA256, maskedTopic, func(w *world) { behind(w, func(m *manifest) { m.SHA256[0] ^= 1 }) }},
		{"with a wider range", CodeObjectMeta, "lethe-to", func(w *world) { behind(w, func(m *manifest) { m.To++ }) }},
		{"an old object again", CodeObjectMeta, "lethe-from", func(w *world) {
			raw, err := os.ReadFile(w.path("_manifest", 0))
			w.must(err)
			behind(w, func(m *manifest) {
				w.must(json.Unmarshal(raw, m))
				m.From, m.To = 46, 69
			})
		}},
		{"behind a gap", CodeManifestOverlap, "from 69 on", func(w *world) {
			w.run(1)
			w.must(os.Remove(w.path("_manifest", 2)))
		}},
		{"no Parquet", CodeObjectUnreadable, "footer", func(w *world) { w.list(w.forged(69, 70)) }},
		{"without its object", CodeObjectMissing, maskedTopic, func(w *world) {
			m := w.forged(69, 70)
			w.list(m)
			w.must(os.Remove(filepath.Join(w.lake, m.Object)))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t).run(2).follow().run(1)
			c.forge(w)
			named(t, w.running(), c.code, c.object)
			if w.verify().OK() {
				t.Error("ok")
			}
		})
	}
}

func TestL2OnlyTheLastTransactionOfAPartitionMayBeUnlisted(t *testing.T) {
	w := newWorld(t).run(6).follow()
	for i := range int64(4) {
		if err := os.Remove(w.path("_manifest", 2+i)); err != nil {
			t.Fatal(err)
		}
	}
	r := w.verify()
	named(t, r, CodeManifestPending, "-0-115-138-g1-")
	if len(r.Findings) != 4 || r.Incomplete != (Incomplete{Unlisted: 1}) {
		t.Errorf("findings %v, incomplete %+v", r.Findings, r.Incomplete)
	}
	named(t, r, "manifest_missing", "-0-92-115-g1-")
}

func TestL2ATransactionOfSeveralRevisionsMayBeUnlistedWhole(t *testing.T) {
	last := written{run: "r", n: 7, time: "t2", policy: "p2"}
	for w, want := range map[written]bool{
		{"r", 7, "t2", "p2"}: true,
		{"r", 6, "t1", "p1"}: true,  // another revision
		{"r", 6, "t2", "p2"}: true,  // too many parts for one receipt
		{"r", 6, "t1", "p2"}: false, // the transaction before
		{"r", 5, "t1", "p1"}: false,
		{"q", 6, "t2", "p2"}: false,
	} {
		if got := w.with(last); got != want {
			t.Errorf("%+v: %v", w, got)
		}
	}
}

func TestL4LinksAndHiddenFilesInALakeAreNamed(t *testing.T) {
	link := func(to, name string) func(w *world) error {
		return func(w *world) error { return os.Symlink(to, filepath.Join(w.lake, name)) }
	}
	write := func(name string) func(w *world) error {
		return func(w *world) error { w.write(name, []byte("{}")); return nil }
	}
	for name, odd := range map[string]func(w *world) error{
		"_manifest/" + maskedTopic + "-9-0.json": link("../.evil.json", "_manifest/"+maskedTopic+"-9-0.json"),
		"link.parquet":                           link("elsewhere", "link.parquet"),
		"linked":                                 link("/", "linked"),
		".evil.parquet":                          write(".evil.parquet"),
		".evil":                                  write(".evil/x.parquet"),
		"_manifest/.x.json":                      write("_manifest/.x.json"),
		"_manifest/x":                            write("_manifest/x"),
		"_manifest/sub":                          write("_manifest/sub/x.json"),
	} {
		w := newWorld(t).run(1).follow()
		if err := odd(w); err != nil {
			t.Skipf("%s: %v", name, err)
		}
		r := w.verify()
		named(t, r, "lake_entry", name)
		if len(r.Findings) != 1 {
			t.Errorf("%s: findings %v", name, r.Findings)
		}
	}
}

func TestL4ALakeReachedOverALinkIsChecked(t *testing.T) {
	w := newWorld(t).run(2).follow()
	link := filepath.Join(t.TempDir(), "lake")
	if err := os.Symlink(w.lake, link); err != nil {
		t.Skip(err)
	}
	r, err := Run(t.Context(), Options{Log: w.log, PublicKey: w.vkey, Lakes: []string{link, w.lake}})
	if err != nil || !r.OK() || r.Rows != 36 {
		t.Errorf("%v %+v", err, r)
	}
}

func TestL4AGoodCopyOfALakeHidesNothingOfAnother(t *testing.T) {
	w := newWorld(t).run(2).follow()
	pristine := t.TempDir()
	if err := os.CopyFS(pristine, os.DirFS(w.lake)); err != nil {
		t.Fatal(err)
	}
	both := func(lakes ...string) *Report {
		r, err := Run(t.Context(), Options{Log: w.log, PublicKey: w.vkey, Lakes: lakes})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	object := w.lakeFiles("*.parquet")[0]
	flip(t, object, 100, 1, func() {
		for _, r := range []*Report{both(w.lake, pristine), both(pristine, w.lake)} {
			named(t, r, "object_sha256", filepath.ToSlash(object))
			named(t, r, "object_copies", filepath.Base(object))
		}
	})
	// A manifest stands for an object of its own lake.
	if err := os.Remove(object); err != nil {
		t.Fatal(err)
	}
	named(t, both(pristine, w.lake), "object_missing", filepath.ToSlash(object))
	// Two sinks' lakes are no copies of each other.
	if r := both(pristine, t.TempDir()); !r.OK() {
		t.Errorf("with an empty lake: %v", r.Findings)
	}
}

func TestManifestsAreComparedWithTheBytesThatSinksWrite(t *testing.T) {
	w := newWorld(t).run(1)
	raw, err := os.ReadFile(w.path("_manifest", 0))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(raw, &m); err != nil || !bytes.Equal(m.bytes(), raw) {
		t.Errorf("%v: %s, want %s", err, m.bytes(), raw)
	}
	if fmt.Sprintf("%s/%s", w.lake, m.name()) != filepath.ToSlash(w.path("_manifest", 0)) {
		t.Errorf("name %s", m.name())
	}
}

func TestL4AMemberThatOnlySomeReadersTakeForAnotherIsNamed(t *testing.T) {
	for _, name := range []string{"Parts", "part\u017f", "PARTS"} {
		w := newWorld(t)
		w.add(w.ledger("w-sink").Entry(stream.EntryReceipt, map[string]any{"stage": "sink", "worker": "w-sink", "parts": []string{}, name: []string{}}))
		named(t, w.follow().verify(), CodeEntryMalformed, "name")
	}
}
