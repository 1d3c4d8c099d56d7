package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lakeFiles lists the files below the lake that match.
func (w *world) lakeFiles(pattern string) []string {
	w.t.Helper()
	found, err := filepath.Glob(filepath.Join(w.lake, pattern))
	if err != nil || len(found) == 0 {
		w.t.Fatalf("%s: %v", pattern, err)
	}
	return found
}

func TestL4AChangedByteOfAFileIsNamed(t *testing.T) {
	w := newWorld(t).run(2).follow()
	path := w.lakeFiles("*.parquet")[1]
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for at := 3; at < int(info.Size()); at += 41 {
		flip(t, path, at, 0x10, func() {
			r := w.verify()
			named(t, r, "object_sha256", filepath.Base(path))
			for _, f := range r.Findings {
				if f.Object != filepath.Base(path) {
					t.Errorf("byte %d: finding %v", at, f)
				}
				if f.Code == "object_rows" {
					rows++
				}
			}
		})
	}
	if rows < 10 {
		t.Errorf("rows were named for %d of the changed bytes", rows)
	}
}

func TestL4AFileThatAWorkerWroteOtherwiseThanItSignedIsNamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		code   Code
		object string
		change func(b []byte) []byte
	}{
		{"cut off", "object_unreadable", "Parquet", func(b []byte) []byte { return b[:len(b)/2] }},
		{"empty", "object_unreadable", "footer", func([]byte) []byte { return nil }},
		// The magic number at the beginning belongs to no row.
		{"bytes of no row", "object_padding", "every row", func(b []byte) []byte { return append([]byte("PARX"), b[4:]...) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.tamperObject = c.change
			named(t, w.run(1).follow().verify(), c.code, c.object)
		})
	}
}

func TestL2WhatReadersOfTheManifestWouldMissIsNamed(t *testing.T) {
	w := newWorld(t).run(8).follow()
	manifests := w.lakeFiles("_manifest/*.json")
	remove := func(path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	remove(w.path("_manifest", 0)) // old: its rows are never seen
	remove(w.path("_manifest", 7)) // new: the sink was about to write it
	r := w.verify()
	named(t, r, "manifest_missing", "-0-0-23-g1-")
	named(t, r, CodeManifestPending, "-0-161-184-g1-")
	if r.Findings[0].Promise != L2 || len(r.Findings) != 2 || r.Incomplete.Unlisted != 1 {
		t.Errorf("%d manifests: findings %v, notes %v", len(manifests), r.Findings, r.Notes)
	}
	if r = w.running(); len(r.Findings) != 1 || len(r.Notes) != 1 || r.Notes[0].Code != CodeManifestPending {
		t.Errorf("while a sink runs: findings %v, notes %v", r.Findings, r.Notes)
	}
}

// path is the manifest of the n-th file.
func (w *world) path(dir string, n int64) string {
	return filepath.Join(w.lake, dir, maskedTopic+"-0-"+itoa(n*23)+".json")
}

func TestL4AManifestThatSaysOtherwiseIsNamed(t *testing.T) {
	w := newWorld(t).run(2).follow()
	path := w.path("_manifest", 0)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for old, new := range map[string]string{`"rows":"18"`: `"rows":"17"`, `"from":"0"`: `"from":"1"`, `{"object"`: `["object"`, `.parquet"`: `.other"`} {
		if err := os.WriteFile(path, bytes.Replace(raw, []byte(old), []byte(new), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		named(t, w.verify(), "manifest", filepath.Base(path))
	}
}

func TestAFileThatNoReceiptNamesIsNotedAndNoFault(t *testing.T) {
	w := newWorld(t).run(1).follow()
	w.write("stray.parquet", []byte("x"))
	w.write("_columns/"+maskedTopic+"-1.json", []byte("[]\n"))
	w.write(".stray.parquet-ABCDEFGHIJKLMNOPQRSTUVWXYZ.tmp", []byte("x"))
	r := w.verify()
	if !r.OK() || len(r.Notes) != 2 || r.Notes[0].Code != "temporary" || r.Notes[1].Object != "stray.parquet" || r.Incomplete != (Incomplete{}) {
		t.Fatalf("findings %v, notes %v", r.Findings, r.Notes)
	}
	if r, err := Run(t.Context(), Options{Log: w.log, PublicKey: w.vkey}); err != nil || !r.OK() || r.Incomplete.Unchecked != 1 {
		t.Fatalf("without a lake: %v %v", r.Notes, err)
	}
	if err := os.Remove(w.lakeFiles(maskedTopic + "*.parquet")[0]); err != nil {
		t.Fatal(err)
	}
	named(t, w.verify(), "object_missing", maskedTopic)
}

func TestL2OneRecordTooManyCannotHideWhereATransactionIsCut(t *testing.T) {
	w := newWorld(t)
	w.ingest(20)
	w.mask(w.rawEnd, 20) // 18 records and 4 tombstones
	w.sink(0, 11, 11)    // 7 to 11 of them
	w.sink(11, 23, 7)
	if r := w.follow().verify(); !r.OK() {
		t.Fatalf("18 in two parts: %v", r.Findings)
	}
	w.ingest(20)
	w.mask(w.rawEnd, 20)
	w.sink(23, 34, 11)
	w.sink(34, 46, 8)
	r := w.follow().verify()
	named(t, r, "count_masked", "of [0,46) 37 records read, 36 written")
	if strings.Count(codes(r), "count") != 1 {
		t.Errorf("findings %v", r.Findings)
	}
}
