package verify

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lethe/audit"
	"lethe/stream"
)

func codes(r *Report) string {
	var all []string
	for _, f := range r.Findings {
		all = append(all, string(f.Code))
	}
	return strings.Join(all, " ")
}

// named fails the test unless the report has a finding of code that speaks of
// object.
func named(t *testing.T, r *Report, code Code, object string) {
	t.Helper()
	told(t, r)
	for _, f := range r.Findings {
		if f.Code == code && strings.Contains(f.Object+" "+f.Range+" "+f.Msg, object) {
			return
		}
	}
	b, _ := json.MarshalIndent(r.Findings, "", " ")
	t.Errorf("no finding %s of %s in %s", code, object, b)
}

// told fails the test if a finding does not say of what, where in it, and which
// promise is broken, or a note not of what and where. Every report that a test
// asks for goes through it.
func told(t testing.TB, r *Report) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Object == "" || f.Range == "" || f.Promise != L2 && f.Promise != L4 {
			t.Errorf("object, range or promise is missing: %+v", f)
		}
	}
	for _, n := range r.Notes {
		if n.Object == "" || n.Range == "" {
			t.Errorf("object or range is missing: %+v", n)
		}
	}
}

func TestL4WhatWasWrittenVerifies(t *testing.T) {
	w := newWorld(t).run(100)
	w.ingest(7) // not yet masked
	r := w.follow().verify()
	if !r.OK() || len(r.Notes) > 0 {
		t.Fatalf("findings %v, notes %v", r.Findings, r.Notes)
	}
	c, s, all := r.Connections[0], r.Topics[0], r.Streams[0]
	if all != (StreamCount{"crm-lake", "crm.public.customer", 2007, 2000, 1800, 100, 100, 0, 1800}) {
		t.Errorf("streams %+v", r.Streams)
	}
	if r.Sources[0].Ingested != 2007 || c.In != 2000 || c.Pending != 7 || c.In != c.Delivered+c.Quarantined+c.Filtered+c.Shredded {
		t.Errorf("sources %+v connections %+v", r.Sources, r.Connections)
	}
	if s.Stream != "crm.public.customer" || s.Connection != "crm-lake" || s.Delivered != 1800 || s.InFiles != 1800 || s.Pending != 0 || r.Rows != 1800 || r.Files != 100 {
		t.Errorf("topics %+v, %d rows in %d files", r.Topics, r.Rows, r.Files)
	}
	if r.Size != int64(len(w.entries)) || r.Origin != "lethe/shop" || time.Since(r.CheckpointFile) > time.Minute || r.Runs != 4 || r.Chains != 3 {
		t.Errorf("report %+v", r)
	}
	if b, err := json.Marshal(r); err != nil || bytes.Contains(b, []byte("PRIVATE")) {
		t.Errorf("report as JSON: %v", err)
	}
}

// flip changes one bit of a file for the time of check.
func flip(t *testing.T, path string, at int, bit byte, check func()) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[at] ^= bit
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	check()
	raw[at] ^= bit
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestL4AFlippedBitInTheLogIsNamed(t *testing.T) {
	w := newWorld(t).run(90).follow()
	w.lake = t.TempDir() // files do not matter here
	if len(w.entries) < 257 || len(w.entries) > 511 {
		t.Fatalf("%d entries: want a full bundle and a partial one", len(w.entries))
	}
	logOnly := func() *Report {
		r, err := Run(t.Context(), Options{Log: w.log, PublicKey: w.vkey})
		if err != nil {
			t.Fatal(err)
		}
		told(t, r)
		return r
	}
	if r := logOnly(); !r.OK() {
		t.Fatalf("before any change: %v", r.Findings)
	}
	rest := len(w.entries) - 256
	part := ".p/" + itoa(int64(rest))
	for _, f := range []struct {
		file   string
		code   Code
		object string
		every  int
	}{
		{"checkpoint", "checkpoint_signature", "checkpoint", 1},
		{"tile/entries/000", "entry_changed", "tile/entries/000", 4001},
		{"tile/entries/001" + part, "entry_changed", "tile/entries/001", 4001},
		{"tile/0/000", "tile", "tile/0/000", 97},
		{"tile/0/001" + part, "tile", "tile/0/001" + part, 97},
		{"tile/1/000.p/1", "tile", "tile/1/000.p/1", 1},
	} {
		path := filepath.Join(w.log, f.file)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := rand.IntN(f.every); at < int(info.Size()); at += f.every {
			flip(t, path, at, 1<<rand.IntN(8), func() {
				named(t, logOnly(), f.code, f.object)
			})
			if t.Failed() {
				t.Fatalf("byte %d of %s", at, f.file)
			}
		}
	}
	if r := logOnly(); !r.OK() {
		t.Fatalf("after the changes were undone: %v", r.Findings)
	}
}

func TestL4AnotherKeyOrAMissingFileIsNamed(t *testing.T) {
	w := newWorld(t).run(1).follow()
	_, other, err := audit.NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), Options{Log: w.log, PublicKey: other})
	if err != nil {
		t.Fatal(err)
	}
	named(t, r, "checkpoint_signature", "checkpoint")
	if _, err := Run(t.Context(), Options{Log: w.log, PublicKey: w.skey}); err == nil || strings.Contains(err.Error(), w.skey[20:]) {
		t.Errorf("a signer key as public key: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(w.log, "tile/entries")); err != nil {
		t.Fatal(err)
	}
	named(t, w.verify(), "bundle", "tile/entries/000")
	if err := os.Remove(filepath.Join(w.log, "checkpoint")); err != nil {
		t.Fatal(err)
	}
	named(t, w.verify(), "checkpoint_missing", "checkpoint")
}

func TestL4EntriesDroppedMovedRepeatedOrForgedAreNamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		code   Code
		object string
		change func(w *world)
	}{
		{"dropped", "run_broken", "run-w-mask/3", func(w *world) { w.drop(w.find("run-w-mask/2")) }},
		{"dropped breaks the chain as well", "chain_broken", "chain mask crm-lake", func(w *world) { w.drop(w.find("run-w-mask/3")) }},
		{"two swapped", "run_replayed", "run-w-ingest/3", func(w *world) {
			i, j := w.find("run-w-ingest/3"), w.find("run-w-ingest/4")
			w.entries[i], w.entries[j] = w.entries[j], w.entries[i]
		}},
		{"repeated", "run_replayed", "run-w-sink/2", func(w *world) { w.repeat(w.find("run-w-sink/2")) }},
		{"body changed", "run_broken", "run-w-mask/4", func(w *world) { w.replace("run-w-mask/3", `"filtered":"1"`, `"filtered":"2"`) }},
		{"body of the last changed", "signature", "run-w-mask/5", func(w *world) { w.replace("run-w-mask/5", `"filtered":"1"`, `"filtered":"2"`) }},
		{"not canonical", "entry_canonical", "byte", func(w *world) { w.replace("run-w-mask/3", `"v":1`, `"v": 1`) }},
		{"another member", "entry_malformed", "run-w-mask/3", func(w *world) { w.replace("run-w-mask/3", `"v":1`, `"v":1,"w":2`) }},
		{"detail is no hash", "entry_malformed", "hash", func(w *world) {
			w.add(w.ledger("w-sink").Entry(stream.EntryReceipt, map[string]any{"stage": "sink", "worker": "w-sink", "detail": "unknown", "parts": []string{}}))
		}},
		{"no entry", "entry_refused", "leaf", func(w *world) { w.entries = append(w.entries, []byte("{")); w.offsets = append(w.offsets, 9999) }},
		{"worker not enrolled", "worker_unknown", "run-w-stranger", func(w *world) {
			w.add(w.ledger("w-stranger").Entry(stream.EntryPolicy, map[string]string{"worker": "w-stranger"}))
			l, _ := audit.NewLedger("w-stranger", key("w-stranger"), "run-w-stranger-2")
			w.add(l.Entry(stream.EntryChain, stream.Chain{Event: "start", Stage: "mask", Topic: "t", Worker: "w-stranger"}))
		}},
		{"signed by another key", "signature", "run-w-sink/2", func(w *world) {
			w.drop(w.find("run-w-sink/5"), w.find("run-w-sink/4"), w.find("run-w-sink/3"), w.find("run-w-sink/2"))
			forged, _ := audit.NewLedger("w-sink", key("w-mask"), "run-w-sink")
			first, _ := forged.Entry(stream.EntryChain, stream.Chain{Event: "start", Stage: "sink", Connection: "crm-lake", Topic: maskedTopic, Worker: "w-sink", From: "0"})
			w.entries[w.find("run-w-sink/1")] = first
			w.add(forged.Entry(stream.EntryReceipt, stream.Receipt{Stage: "sink", Worker: "w-sink"}))
			w.offsets[len(w.offsets)-1] = 999
		}},
		{"enrolled by a worker", "enrol_signature", "run-w-mask", func(w *world) {
			w.add(w.ledger("w-mask").Entry(stream.EntryEnrol, audit.Enrolment{Worker: "w-evil", PublicKey: "AAAA"}))
		}},
		{"enrolled after its first entry", "worker_late", "w-new", func(w *world) {
			w.add(w.ledger("w-new").Entry(stream.EntryChain, stream.Chain{Event: "start", Stage: "mask", Topic: "t", Worker: "w-new"}))
			w.enrol("w-new")
		}},
		{"a worker in another's run", "run_worker", "w-mask", func(w *world) {
			w.add(w.ledger("w-sink").Entry(stream.EntryChain, stream.Chain{Event: "start", Stage: "mask", Topic: "t", Worker: "w-mask"}))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).run(4)
			c.change(w)
			named(t, w.follow().verify(), c.code, c.object)
		})
	}
}

func (w *world) find(id string) int {
	w.t.Helper()
	for i, e := range w.entries {
		if bytes.Contains(e, []byte(`"id":"`+id+`"`)) {
			return i
		}
	}
	w.t.Fatalf("no entry %s", id)
	return -1
}

// drop leaves entries out; indexes from high to low.
func (w *world) drop(at ...int) {
	for _, i := range at {
		w.entries = append(w.entries[:i], w.entries[i+1:]...)
		w.offsets = append(w.offsets[:i], w.offsets[i+1:]...)
	}
}

func (w *world) repeat(i int) {
	w.entries = append(w.entries, w.entries[i])
	w.offsets = append(w.offsets, w.offsets[len(w.offsets)-1]+1)
}

func (w *world) replace(id, old, new string) {
	i := w.find(id)
	w.entries[i] = bytes.Replace(w.entries[i], []byte(old), []byte(new), 1)
}

func TestL4L2ReceiptsThatDoNotFitAreNamed(t *testing.T) {
	part := func(stage string, n int, change func(r *stream.Receipt, p *stream.Part)) func(w *world) {
		return func(w *world) {
			seen := 0
			w.tamper = func(r *stream.Receipt) {
				if r.Stage == stage {
					if seen++; seen == n {
						change(r, &r.Parts[0])
					}
				}
			}
		}
	}
	for _, c := range []struct {
		name   string
		code   Code
		object string
		change func(w *world)
	}{
		{"chain with another part before", "chain_broken", "chain mask crm-lake", part("mask", 2, func(_ *stream.Receipt, p *stream.Part) { p.Prev[0] ^= 1 })},
		{"chain with a hole", "chain_gap", "chain mask crm-lake", part("mask", 2, func(_ *stream.Receipt, p *stream.Part) { p.From = "22" })},
		{"part of a worker that does not own the chain", "chain_owner", "w-mask", part("sink", 2, func(r *stream.Receipt, _ *stream.Part) { r.Worker = "w-mask" })},
		{"ingest wrote less", "count_ingest", "chain ingest crm", part("ingest", 2, func(_ *stream.Receipt, p *stream.Part) { p.Out[0].N-- })},
		{"mask delivered less", "count_mask", "20 records read, 19", part("mask", 2, func(_ *stream.Receipt, p *stream.Part) { p.Out[0].N-- })},
		{"mask filtered more", "count_mask", "20 records read, 21", part("mask", 2, func(_ *stream.Receipt, p *stream.Part) { p.Filtered++ })},
		{"mask read less than was written", "count_raw", "19 records read, 20 written", part("mask", 2, func(_ *stream.Receipt, p *stream.Part) { p.In--; p.Filtered-- })},
		{"mask read more than was written", "count_raw", "21 records read, 20 written", part("mask", 3, func(_ *stream.Receipt, p *stream.Part) { p.In++; p.Filtered++ })},
		{"mask wrote over what was there", "count_out", "was written before", part("mask", 2, func(_ *stream.Receipt, p *stream.Part) { p.Out[0].First -= 10 })},
		{"more records than offsets", "count_out", "cannot be", part("ingest", 2, func(_ *stream.Receipt, p *stream.Part) { p.Out[0].Last-- })},
		{"count below zero", "count_part", "below zero", part("mask", 2, func(_ *stream.Receipt, p *stream.Part) { p.Shredded = -1; p.Filtered = 2 })},
		{"line of a stream that does not add up", "count_stream", "20 records read, 21", part("mask", 2, func(r *stream.Receipt, _ *stream.Part) { r.Streams[0].Filtered++ })},
		{"line of a stream that is missing", "count_stream", "records filtered", part("mask", 2, func(r *stream.Receipt, _ *stream.Part) { r.Streams = nil })},
		{"line of another stream", "count_stream", "20 records read, 0 ingested", part("mask", 2, func(r *stream.Receipt, _ *stream.Part) { r.Streams[0].Stream = "crm.public.other" })},
		{"line that ingest left out", "count_stream", "source crm", part("ingest", 2, func(r *stream.Receipt, _ *stream.Part) { r.Streams = nil })},
		{"line that moves records from one end to another", "count_stream", "its masked topics got", part("mask", 2, func(r *stream.Receipt, _ *stream.Part) { r.Streams[0].Filtered++; r.Streams[0].Delivered-- })},
		{"sink read less", "count_masked", "17 records read, 18 written", part("sink", 2, func(_ *stream.Receipt, p *stream.Part) { p.In--; *p.Rows-- })},
		{"sink has more rows than it read", "count_sink", "18 records read, 19 rows", part("sink", 2, func(_ *stream.Receipt, p *stream.Part) { *p.Rows++ })},
		{"sink has another row root", "object_root", "rows [0,18)", part("sink", 2, func(_ *stream.Receipt, p *stream.Part) { p.RowRoot[3] ^= 1 })},
		{"sink names another file", "object_missing", "other.parquet", part("sink", 2, func(_ *stream.Receipt, p *stream.Part) { p.Object = "other.parquet" })},
		{"sink without hash", "object_receipt", ".parquet", part("sink", 2, func(_ *stream.Receipt, p *stream.Part) { p.SHA256 = nil })},
		{"offset as no number", "entry_malformed", "run-w-mask", part("mask", 2, func(_ *stream.Receipt, p *stream.Part) { p.Out[0].First = 1 << 60 })},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.change(w)
			named(t, w.run(3).follow().verify(), c.code, c.object)
		})
	}
}

func TestL2APartThatEndsInsideATransactionIsCountedAsFarAsItCan(t *testing.T) {
	w := newWorld(t)
	w.ingest(20)
	w.mask(12, 12) // the middle of the transaction
	w.mask(21, 8)
	if r := w.follow().verify(); !r.OK() || r.Connections[0].In != 20 || r.Topics[0].Pending != 16 {
		t.Fatalf("%v %+v %+v", r.Findings, r.Connections, r.Topics)
	}
}

func TestL4AChangedOwnerMustTakeOverAtTheHead(t *testing.T) {
	for _, good := range []bool{true, false} {
		w := newWorld(t).run(2)
		w.enrol("w-other")
		head := w.heads["mask "+rawTopic]
		if !good {
			head[0] ^= 1
		}
		w.add(w.ledger("w-other").Entry(stream.EntryChain, stream.Chain{Event: "owner", Stage: "mask", Connection: "crm-lake", Topic: rawTopic,
			Worker: "w-other", Head: head, From: w.ends["mask "+rawTopic]}))
		w.ingest(20)
		w.tamper = func(r *stream.Receipt) { r.Worker = "w-other" }
		w.ledgers["w-mask"] = w.ledgers["w-other"]
		w.mask(w.rawEnd, 20)
		r := w.follow().verify()
		if good != r.OK() {
			t.Errorf("head right %v: findings %v", good, r.Findings)
		}
		if !good {
			named(t, r, "chain_owner", "takes over")
		}
	}
}

func TestReceiptsOfOneTransactionMayStandInAnotherOrderThanTheirParts(t *testing.T) {
	w := newWorld(t).run(2)
	w.ingest(20)
	w.ingest(20)
	w.mask(63, 20)
	w.mask(84, 20)
	parts := w.entries[len(w.entries)-2:]
	first, second := body(t, parts[0]), body(t, parts[1])
	// The same parts again, the later one first.
	w.entries, w.offsets = w.entries[:len(w.entries)-2], w.offsets[:len(w.offsets)-2]
	l, err := audit.NewLedger("w-mask", key("w-mask"), "run-again")
	if err != nil {
		t.Fatal(err)
	}
	w.add(l.Entry(stream.EntryReceipt, second))
	w.add(l.Entry(stream.EntryReceipt, first))
	// The second mask found its raw records at 42 + 21.
	if r := w.follow().verify(); !r.OK() {
		t.Fatalf("findings %v", r.Findings)
	}
}

func body(t *testing.T, raw []byte) json.RawMessage {
	t.Helper()
	var e struct{ Body json.RawMessage }
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e.Body
}

func TestL4ALogThatWasRolledBackOrForkedIsNamedByARememberedCheckpoint(t *testing.T) {
	w := newWorld(t).run(3).follow()
	remembered, err := os.ReadFile(filepath.Join(w.log, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(w *world) *Report {
		r, err := Run(t.Context(), Options{Log: w.log, PublicKey: w.vkey, Remembered: remembered})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := check(w.run(2).follow()); !r.OK() {
		t.Fatalf("a longer log: %v", r.Findings)
	}
	// The same key signs another history.
	for code, rounds := range map[Code]int{"rolled_back": 1, "forked": 5} {
		other := newWorld(t)
		other.skey, other.vkey = w.skey, w.vkey
		named(t, check(other.run(rounds).follow()), code, "checkpoint")
	}
}

func TestL4AGrowingLogVerifiesAtItsCheckpoint(t *testing.T) {
	w := newWorld(t).run(60).follow()
	old, err := os.ReadFile(filepath.Join(w.log, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	w.run(60).follow()
	// What was partial is full by now, and partial files may be gone.
	if err := os.RemoveAll(filepath.Join(w.log, "tile/entries/000.p")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(w.log, "tile/0/000.p")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.log, "checkpoint"), old, 0o644); err != nil {
		t.Fatal(err)
	}
	r := w.running()
	for _, n := range r.Notes {
		if n.Code != "orphan" && n.Code != "manifest_ahead" {
			t.Errorf("note %v", n)
		}
	}
	if !r.OK() || r.Files != 60 {
		t.Fatalf("%d files, findings %v", r.Files, r.Findings)
	}
}

func TestVerifyHoldsNoWriter(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	for _, d := range strings.Fields(string(out)) {
		for _, writer := range []string{"lethe/", "apache/arrow", "tessera", "twmb", "gowebpki"} {
			if strings.Contains(d, writer) && d != "lethe/audit/verify" {
				t.Errorf("depends on %s", d)
			}
		}
	}
}
