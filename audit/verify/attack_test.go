package verify

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lethe/audit"
	"lethe/audit/witness"
	"lethe/stream"
)

// The attacks that the README of package audit lists: each is made with everything
// that its attacker has, and caught by the check that the list names.

// held are what a reader holds a log against, beside its public key.
type held struct {
	remembered []byte
	witnesses  *WitnessPolicy
	since      time.Time
	builds     map[string]string
}

func (w *world) against(h held) *Report {
	w.t.Helper()
	r, err := Run(w.t.Context(), Options{Log: w.log, PublicKey: w.vkey, Lakes: []string{w.lake}, Remembered: h.remembered, Witnesses: h.witnesses, Since: h.since, Builds: h.builds})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func TestL4WhoMayWriteToTheTopicsAndNothingElseIsCaught(t *testing.T) {
	for name, c := range map[string]struct {
		code   Code
		attack func(w *world)
	}{
		"rewrites an entry":                        {CodeRunBroken, func(w *world) { w.replace("run-w-mask/3", `"filtered":"1"`, `"filtered":"0"`) }},
		"drops an entry":                           {CodeRunBroken, func(w *world) { w.drop(w.find("run-w-sink/3")) }},
		"changes the order of entries":             {CodeRunReplayed, func(w *world) { i, j := w.find("run-w-mask/3"), w.find("run-w-mask/4"); w.swap(i, j) }},
		"repeats an entry":                         {CodeRunReplayed, func(w *world) { w.repeat(w.find("run-w-ingest/2")) }},
		"forges a receipt with a key of their own": {CodeWorkerUnknown, func(w *world) { w.forge("w-evil", "run-evil") }},
		"forges a receipt in the name of a worker": {CodeSignature, func(w *world) { w.forge("w-mask", "run-evil") }},
		"enrols a key of their own":                {CodeEnrolSignature, func(w *world) { w.enrolForged() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).run(4)
			c.attack(w)
			named(t, w.follow().verify(), c.code, "")
		})
	}
}

func (w *world) swap(i, j int) { w.entries[i], w.entries[j] = w.entries[j], w.entries[i] }

// forge writes a chain and a receipt under a key that is nobody's.
func (w *world) forge(worker, run string) {
	l, err := audit.NewLedger(worker, key("evil"), run)
	if err != nil {
		w.t.Fatal(err)
	}
	w.add(l.Entry(stream.EntryChain, stream.Chain{Event: "start", Stage: "mask", Connection: "crm-lake", Topic: "lethe.shop.raw.pii.other", Worker: worker, From: "0"}))
	w.add(l.Entry(stream.EntryReceipt, stream.Receipt{Stage: "mask", Connection: "crm-lake", Worker: worker}))
}

func (w *world) enrolForged() {
	skey, _, err := audit.NewLogKey("lethe/shop")
	if err != nil {
		w.t.Fatal(err)
	}
	l, err := audit.LogLedger(skey, "log-evil")
	if err != nil {
		w.t.Fatal(err)
	}
	w.add(audit.Enrol(l, "w-evil", key("evil").Public().(ed25519.PublicKey), time.Unix(1700000000, 0)))
}

func TestL2L4AWorkerWhoLiesIsCaught(t *testing.T) {
	once := func(change func(p *stream.Part)) func(w *world) {
		return func(w *world) {
			n := 0
			w.tamper = func(r *stream.Receipt) {
				if n++; r.Stage == stream.StageMask && n > 5 {
					change(&r.Parts[0])
					w.tamper = nil
				}
			}
		}
	}
	for name, c := range map[string]struct {
		code   Code
		attack func(w *world)
	}{
		"hides a gap by leaving records out":           {CodeChainGap, once(func(p *stream.Part) { p.From = p.To })},
		"says that fewer records were read":            {"count_masked", once(func(p *stream.Part) { p.In -= 3; p.Filtered = 0; p.Out[0].N -= 2 })},
		"masks under a revision that nobody announced": {CodePolicyUnannounced, func(w *world) { w.under("weaker") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.attack(w)
			named(t, w.run(4).follow().verify(), c.code, "")
		})
	}
}

// Who has a worker's key signs as well as the worker does: what stands behind its
// revocation is caught by its place, whatever it says.
func TestL4WhoHoldsARevokedKeyIsCaughtByThePlaceInTheLog(t *testing.T) {
	forged := func(w *world, l *audit.Ledger, at string) {
		w.add(l.Entry(stream.EntryReceipt, stream.Receipt{Stage: "mask", Connection: "crm-lake", Worker: "w-mask", Time: at}))
	}
	later, before := "2026-02-01T00:00:00Z", "2026-01-31T14:00:00Z"
	for name, c := range map[string]struct {
		code   Code
		attack func(w *world)
	}{
		"forges a receipt in a run of their own": {CodeWorkerRevoked, func(w *world) { forged(w, w.stolen("run-evil"), later) }},
		"backdates one":                          {CodeWorkerRevoked, func(w *world) { forged(w, w.stolen("run-evil"), before) }},
		"goes on with a run of the worker's":     {CodeWorkerRevoked, func(w *world) { forged(w, w.ledger("w-mask"), before) }},
		"tells of an action": {CodeWorkerRevoked, func(w *world) {
			w.add(w.stolen("run-evil").Entry(stream.EntryIntent, stream.Intent{Action: "erase", Worker: "w-mask"}))
		}},
		"names no worker":                  {CodeWorkerRevoked, func(w *world) { w.add(w.stolen("run-evil").Entry("stream", map[string]string{"event": "shape"})) }},
		"has the log's key enrol it again": {CodeEnrolRevoked, func(w *world) { w.enrol("w-mask") }},
		"has it enrolled under another name": {CodeEnrolRevoked, func(w *world) {
			w.add(audit.Enrol(w.logLedger, "w-other", key("w-mask").Public().(ed25519.PublicKey), time.Unix(1700000000, 0)))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).run(4)
			w.revoke("w-mask")
			c.attack(w)
			named(t, w.follow().verify(), c.code, "")
		})
	}
}

func TestL4WhoHasNotTheLogsKeyRevokesNobody(t *testing.T) {
	w := newWorld(t).run(2)
	l, err := audit.LogLedger(w.skey, "log-evil")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := audit.Revoke(l, "w-mask", key("w-mask").Public().(ed25519.PublicKey), time.Unix(1700000000, 0), audit.RevokedCompromised)
	w.add(w.resigned(raw, err), nil)
	r := w.run(2).follow().verify()
	named(t, r, CodeRevokeSignature, "")
	for _, f := range r.Findings {
		if f.Code == CodeWorkerRevoked {
			t.Errorf("it revoked: %s", f)
		}
	}
}

// resigned is an entry with a signature of whoever has no key.
func (w *world) resigned(raw []byte, err error) []byte {
	if err != nil {
		w.t.Fatal(err)
	}
	e := parseLeaf(0, fmt.Appendf(nil, `{"entry":%s,"offset":"0"}`, raw))
	sig := base64.StdEncoding.EncodeToString(ed25519.Sign(key("evil"), e.plain))
	return bytes.Replace(raw, []byte(base64.StdEncoding.EncodeToString(e.sig)), []byte(sig), 1)
}

func TestL4WhatAWorkerSignedBeforeItsRevocationCounts(t *testing.T) {
	w := newWorld(t).run(4)
	i, err := w.ledger("w-mask").Entry(stream.EntryIntent, stream.Intent{Action: "reveal", Worker: "w-mask"})
	w.add(i, err)
	w.revoke("w-mask")
	w.revoke("w-mask") // again, by whom the first time was interrupted
	// Another key goes on, and ends what was begun.
	w.enrol("w-mask-2")
	l := w.ledger("w-mask-2")
	w.add(l.Entry(stream.EntryOutcome, stream.Outcome{Of: "run-w-mask/" + fmt.Sprint(w.count("run-w-mask")), Result: "done", Worker: "w-mask-2"}))
	r := w.follow().verify()
	if !r.OK() {
		t.Errorf("%s", r.Findings)
	}
	if len(r.Notes) != 1 || r.Notes[0].Code != CodeRevoked || r.Notes[0].Object != "w-mask" {
		t.Errorf("notes: %v", r.Notes)
	}
}

func TestL4ToRevokeWhoWasNeverEnrolledIsNotedAndKeepsThemOut(t *testing.T) {
	w := newWorld(t).run(2)
	w.revoke("w-stranger")
	if r := w.follow().verify(); !r.OK() || len(r.Notes) != 1 || r.Notes[0].Code != CodeRevokeUnknown {
		t.Errorf("%s %s", r.Findings, r.Notes)
	}
	w = newWorld(t).run(2)
	w.revoke("w-stranger")
	w.enrol("w-stranger")
	named(t, w.follow().verify(), CodeEnrolRevoked, "")
}

func (w *world) revoke(name string) {
	w.add(audit.Revoke(w.logLedger, name, key(name).Public().(ed25519.PublicKey), time.Unix(1700000000, 0), audit.RevokedCompromised))
}

// stolen is a run under the key of w-mask.
func (w *world) stolen(run string) *audit.Ledger {
	l, err := audit.NewLedger("w-mask", key("w-mask"), run)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// count is how many entries of a run there are.
func (w *world) count(run string) (n int) {
	for _, e := range w.entries {
		if bytes.Contains(e, []byte(`"id":"`+run+`/`)) {
			n++
		}
	}
	return n
}

func TestL4AFileThatWasSwappedIsCaught(t *testing.T) {
	w := newWorld(t).run(3).follow()
	files := w.lakeFiles("*.parquet")
	first, err := os.ReadFile(files[0])
	w.must(err)
	second, err := os.ReadFile(files[1])
	w.must(err)
	w.must(os.WriteFile(files[0], second, 0o644))
	named(t, w.verify(), "object_sha256", filepath.Base(files[0]))
	w.must(os.WriteFile(files[0], first, 0o644))
	w.must(os.Remove(files[1]))
	named(t, w.verify(), "object_missing", filepath.Base(files[1]))
}

func TestL4ABuildThatIsNotInTheListIsCaught(t *testing.T) {
	w := newWorld(t)
	w.tamper = func(r *stream.Receipt) {
		r.Build = "good"
		if r.Stage == stream.StageSink {
			r.Build = "evil"
		}
	}
	w.run(2).follow()
	if r := w.against(held{builds: map[string]string{"good": "v1", "evil": "v2"}}); !r.OK() {
		t.Errorf("in the list: %v", r.Findings)
	}
	named(t, w.against(held{builds: map[string]string{"good": "v1"}}), CodeBuild, "evil")
}

// Who has every key, of log and workers, writes another log that is whole in itself.
// Only what others hold shows it.
func TestL4WhoHasEveryKeyIsCaughtByWhatOthersHold(t *testing.T) {
	w := newWorld(t)
	policy, cosign := w.witnessed()
	w.run(3).follow()
	old := w.copyLog()
	before := w.checkpoint()
	w.run(3).follow()
	cosignedBefore := cosign(before)
	now := w.checkpoint()
	cosigned := cosign(now)
	w.must(os.WriteFile(filepath.Join(w.log, "checkpoint"), cosigned, 0o644))
	today := held{remembered: now, witnesses: policy, since: time.Now().Add(-time.Hour)}
	if r := w.against(today); !r.OK() || len(r.Cosigned) != 1 {
		t.Fatalf("the true log: %v, cosigned %v", r.Findings, r.Cosigned)
	}
	attacks := map[string]*world{}
	truncated := *w
	truncated.log = old
	attacks["cuts log and topics off, to an old checkpoint"] = &truncated
	forked := newWorld(t)
	forked.skey, forked.vkey = w.skey, w.vkey
	var err error
	forked.logLedger, err = audit.LogLedger(w.skey, "log-1")
	w.must(err)
	forked.entries, forked.offsets = nil, nil
	for _, name := range []string{"w-ingest", "w-mask", "w-sink"} {
		forked.enrol(name)
	}
	forked.tamper = func(r *stream.Receipt) { r.Build = "of another history" }
	attacks["shows another history to one reader"] = forked.run(7).follow()
	for name, a := range attacks {
		if r := a.against(held{}); len(r.Findings) > 0 && a != &truncated {
			t.Errorf("%s: found without anything held: %v", name, r.Findings)
		}
		r := a.against(held{remembered: now})
		if codes := codesOf(r); !codes[CodeRolledBack] && !codes[CodeForked] {
			t.Errorf("%s: a remembered checkpoint finds %v", name, codes)
		}
		named(t, a.against(held{witnesses: policy, since: time.Now().Add(-time.Hour)}), CodeWitnesses, "quorum")
		if got := cosign(a.checkpoint()); got != nil {
			t.Errorf("%s: a witness cosigned it", name)
		}
	}
	// The old checkpoint was cosigned when it was new: then its age tells.
	w.must(os.WriteFile(filepath.Join(old, "checkpoint"), cosignedBefore, 0o644))
	if codes := codesOf(truncated.against(held{witnesses: policy})); codes[CodeWitnesses] {
		t.Errorf("an old cosignature is none: %v", codes)
	}
	named(t, truncated.against(held{witnesses: policy, since: time.Now().Add(time.Hour)}), CodeWitnesses, "since")
}

func codesOf(r *Report) map[Code]bool {
	out := make(map[Code]bool)
	for _, f := range r.Findings {
		out[f.Code] = true
	}
	return out
}

func (w *world) checkpoint() []byte {
	w.t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.log, "checkpoint"))
	w.must(err)
	return raw
}

// copyLog copies the log as it is now.
func (w *world) copyLog() string {
	w.t.Helper()
	dir := filepath.Join(w.t.TempDir(), "log")
	w.must(os.CopyFS(dir, os.DirFS(w.log)))
	return dir
}

// witnessed is a witness of the log, as a policy, and a way to ask it: for a checkpoint
// with its cosignature, nil where it refuses.
func (w *world) witnessed() (*WitnessPolicy, func(checkpoint []byte) []byte) {
	w.t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "witness.example.org/w")
	w.must(err)
	signer, err := fnote.NewSignerForCosignatureV1(skey)
	w.must(err)
	vkey, err = fnote.VKeyToCosignatureV1(vkey)
	w.must(err)
	policy, err := ReadWitnessPolicy([]byte("witness w " + vkey + "\nquorum w\n"))
	w.must(err)
	v, err := audit.Verifier(w.skey)
	w.must(err)
	h, err := witness.New(witness.Config{Dir: w.t.TempDir(), Signer: signer, Logs: []note.Verifier{v}, Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	known := int64(0)
	return policy, func(checkpoint []byte) []byte {
		at, err := readCheckpoint(string(checkpoint))
		w.must(err)
		r, err := audit.OpenReader(w.log, v)
		w.must(err)
		var body bytes.Buffer
		fmt.Fprintf(&body, "old %d\n", known)
		var proof tlog.TreeProof
		if known > 0 {
			if proof, err = tlog.ProveTree(r.Size(), known, r.Head().Hashes()); err != nil {
				return nil
			}
		}
		for _, hash := range proof {
			fmt.Fprintln(&body, hash)
		}
		body.WriteString("\n" + string(checkpoint))
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/add-checkpoint", &body))
		if rec.Code != http.StatusOK {
			return nil
		}
		known = at.tree.N
		return append(bytes.Clone(checkpoint), rec.Body.Bytes()...)
	}
}

// Who has a worker's key tells of a batch a second time, in an entry that is new: the chain
// of its partition stands behind it.
func TestL2L4ABatchThatIsToldOfTwiceInEntriesOfTheirOwnIsCaught(t *testing.T) {
	for _, c := range []struct {
		worker, entry string
		code          Code
	}{{"w-ingest", "run-w-ingest/2", CodeChainBroken}, {"w-mask", "run-w-mask/3", CodeChainReplayed}, {"w-sink", "run-w-sink/3", CodeChainReplayed}} {
		t.Run(c.worker, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).run(4)
			e := parseLeaf(0, fmt.Appendf(nil, `{"entry":%s,"offset":"0"}`, w.entries[w.find(c.entry)]))
			if e.kind != entryReceipt {
				t.Fatalf("%s is of kind %s", c.entry, e.kind)
			}
			w.add(w.ledger(c.worker).Entry(stream.EntryReceipt, json.RawMessage(e.body)))
			named(t, w.follow().verify(), c.code, "") // positions of a source have no order that verify knows
		})
	}
}
