package verify

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// logWorker is the worker whose key is the log's own.
const logWorker = "log"

// keys are the enrolled keys by worker.
type keys map[string][]enrolled

type enrolled struct {
	key  ed25519.PublicKey
	leaf int64 // of the enrolment; a run may use the key from there on
}

// ed25519Of is the key in a verifier key <name>+<hash>+<base64 of 1 ‖ key>.
func ed25519Of(vkey string) (ed25519.PublicKey, error) {
	fields := strings.SplitN(strings.TrimSpace(vkey), "+", 3)
	raw, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != 1 {
		return nil, errors.New("public key: not Ed25519")
	}
	return raw[1:], nil
}

// run is a worker's entries so far: each names the one before.
type run struct {
	worker string // "" until a body names it
	first  int64  // leaf of its first entry
	last   *entry
}

// apply checks an entry against its run and hands it on. Entries come in the
// order of the log.
func (c *checker) apply(e *entry) {
	if e.offset >= 0 {
		if last := c.flow.offset; e.offset <= last {
			c.fail(CodeOffsetOrder, e.id, leafRange(e.leaf), "audit offset %d after %d", e.offset, last)
		}
		c.flow.offset = max(e.offset, c.flow.offset)
	}
	if e.err != nil {
		c.fail(e.code, e.id, leafRange(e.leaf), "%v", e.err)
		return
	}
	c.report.Entries[e.kind]++
	if !c.link(e) {
		return
	}
	switch e.kind {
	case entryEnrol:
		c.enrol(e)
	case entryChain:
		c.flow.begin(e)
	case entryReceipt:
		c.flow.receipt(e)
	case entryAnnounce:
		c.flow.announce(e)
	case entryForged:
		c.flow.forged(e)
	case entryIntent, entryOutcome, entryShred:
		c.actions.take(c, e)
	case "snapshot-void":
		c.void(e)
	}
}

func leafRange(i int64) string { return fmt.Sprintf("entry %d", i) }

// link checks that e continues its run. It returns false for an entry that was
// there before, which must not count twice.
func (c *checker) link(e *entry) bool {
	r := c.runs[e.run]
	if r == nil {
		r = &run{first: e.leaf}
		c.runs[e.run] = r
		if e.n != 1 || e.prev != "" {
			c.fail(CodeRunBroken, e.id, leafRange(e.leaf), "the run's entries before it are not in the log")
		}
	} else {
		switch {
		case e.n <= r.last.n:
			c.fail(CodeRunReplayed, e.id, leafRange(e.leaf), "after %s (entry %d)", r.last.id, r.last.leaf)
			return false
		case e.n > r.last.n+1:
			c.fail(CodeRunBroken, e.id, leafRange(e.leaf), "%d entries between %s and it are not in the log", e.n-r.last.n-1, r.last.id)
		case e.prev != r.last.sum.String():
			c.fail(CodeRunBroken, e.id, leafRange(e.leaf), "it names another entry before it than %s (entry %d), which was changed or put there", r.last.id, r.last.leaf)
		}
	}
	if e.worker != "" {
		if r.worker != "" && r.worker != e.worker {
			c.fail(CodeRunWorker, e.id, leafRange(e.leaf), "names worker %s in a run of worker %s", e.worker, r.worker)
		} else {
			r.worker = e.worker
		}
	}
	if r.last != nil {
		r.last.plain, r.last.body = nil, nil
	}
	r.last = e
	return true
}

// enrol takes a worker's key, if the log's key signed it.
func (c *checker) enrol(e *entry) {
	var b struct {
		Worker    string `json:"worker"`
		PublicKey string `json:"public_key"`
	}
	if !ed25519.Verify(c.keys[logWorker][0].key, e.plain, e.sig) {
		c.fail(CodeEnrolSignature, e.id, leafRange(e.leaf), "not signed by the log's key")
		return
	}
	err := json.Unmarshal(e.body, &b)
	raw, err2 := base64.StdEncoding.DecodeString(b.PublicKey)
	if err != nil || err2 != nil || len(raw) != ed25519.PublicKeySize || b.Worker == "" || b.Worker == logWorker {
		c.fail(CodeEntryMalformed, e.id, leafRange(e.leaf), "enrols no worker with an Ed25519 key")
		return
	}
	if _, known := c.keys[b.Worker]; !known {
		c.report.Workers = append(c.report.Workers, b.Worker)
	}
	c.keys[b.Worker] = append(c.keys[b.Worker], enrolled{raw, e.leaf})
}

// endRuns checks the signature of each run's last entry, which covers the run.
func (c *checker) endRuns() {
	c.report.Runs = int64(len(c.runs))
	slices.Sort(c.report.Workers)
	for _, name := range sorted(c.runs) {
		c.signature(c.runs[name])
	}
}

func (c *checker) signature(r *run) {
	e := r.last
	candidates := c.keys[r.worker]
	if r.worker == "" {
		// No body of the run names its worker: any enrolled one may have signed.
		for _, ks := range c.keys {
			candidates = append(candidates, ks...)
		}
	}
	late := false
	for _, k := range candidates {
		if !ed25519.Verify(k.key, e.plain, e.sig) {
			continue
		}
		if k.leaf < r.first {
			return
		}
		late = true
	}
	where := fmt.Sprintf("entries %d to %d", r.first, e.leaf)
	switch {
	case late:
		c.fail(CodeWorkerLate, "run "+e.run, where, "worker %s was enrolled after its first entry", r.worker)
	case len(candidates) == 0:
		c.fail(CodeWorkerUnknown, "run "+e.run, where, "worker %s is not enrolled", r.worker)
	default:
		c.fail(CodeSignature, e.id, where, "the run's last entry is not signed by the key of its worker")
	}
}

// void counts a snapshot that was begun again.
func (c *checker) void(e *entry) {
	var b struct {
		Source   string `json:"source"`
		Stream   string `json:"stream"`
		Snapshot string `json:"snapshot"`
	}
	if err := json.Unmarshal(e.body, &b); err != nil {
		c.fail(CodeEntryMalformed, e.id, leafRange(e.leaf), "%v", err)
		return
	}
	c.flow.source(b.Source).Voided++
	c.remark(CodeSnapshotVoid, b.Stream, leafRange(e.leaf), "snapshot %s was begun again: its rows count once per snapshot", b.Snapshot)
}
