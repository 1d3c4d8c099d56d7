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

// keysOf are the enrolled keys by worker.
type keysOf map[string][]enrolled

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
	// until is the leaf of the revocation of the key that signed what stands before it,
	// and after the leaf of the run's first entry behind that; 0 for none.
	until, after int64
}

// apply checks an entry against its run and hands it on. Entries come in the
// order of the log.
func (c *checker) apply(e *entry) {
	c.at = e.leaf
	if e.offset >= 0 {
		// What begins a shard the audit topic does not have: it tells the offset of what ended the one before.
		if last := c.flow.offset; e.offset < last || e.offset == last && (e.kind != entryBegin || e.leaf != c.of.first) {
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
	case entryRevoke:
		c.revoke(e)
	case entryBegin:
		c.begins(e)
	case entryClose:
		c.closes(e)
	default:
		if e.leaf < c.until {
			c.tell(e)
		}
	}
}

// tell takes in an entry that says what became of records, or what somebody did.
func (c *checker) tell(e *entry) {
	switch e.kind {
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
	case entryStream:
		c.flow.living(e)
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
	if r.until > 0 && r.after == 0 {
		r.after = e.leaf
	}
	return true
}

// workerKey is what an enrolment or revocation names.
type workerKey struct {
	Worker    string `json:"worker"`
	PublicKey string `json:"public_key"`
	Reason    string `json:"reason"` // revocation
	key       ed25519.PublicKey
}

// is reports whether a key is the one that is named.
func (b *workerKey) is(k enrolled) bool { return k.key.Equal(b.key) }

// byLog reads the worker's key in an entry of the log's key; nil for none.
func (c *checker) byLog(e *entry, unsigned Code) *workerKey {
	signed := ed25519.Verify(c.of.key, e.plain, e.sig)
	if !signed && !slices.ContainsFunc(c.shards[:c.number], func(s *shard) bool { return ed25519.Verify(s.key, e.plain, e.sig) }) {
		c.fail(unsigned, e.id, leafRange(e.leaf), "not signed by the log's key")
		return nil
	}
	b := new(workerKey)
	err := json.Unmarshal(e.body, b)
	raw, err2 := base64.StdEncoding.DecodeString(b.PublicKey)
	if err != nil || err2 != nil || len(raw) != ed25519.PublicKeySize || b.Worker == "" || b.Worker == logWorker {
		c.fail(CodeEntryMalformed, e.id, leafRange(e.leaf), "names no worker with an Ed25519 key")
		return nil
	}
	b.key = raw
	if signed {
		return b
	}
	// A process that began before the log went on under another key may enrol its
	// worker once more, which is known already: that changes nothing.
	if _, revoked := c.revoked[string(b.key)]; e.kind == entryEnrol && !revoked && slices.ContainsFunc(c.keys[b.Worker], b.is) {
		delete(c.runs, e.run)
		return nil
	}
	c.fail(unsigned, e.id, leafRange(e.leaf), "signed by a key of the log that counts no longer")
	return nil
}

// enrol takes a worker's key, if the log's key signed it.
func (c *checker) enrol(e *entry) {
	b := c.byLog(e, CodeEnrolSignature)
	if b == nil {
		return
	}
	if at, revoked := c.revoked[string(b.key)]; revoked {
		c.fail(CodeEnrolRevoked, e.id, leafRange(e.leaf), "enrols worker %s under the key that entry %d revoked", b.Worker, at)
		return
	}
	if _, known := c.keys[b.Worker]; !known {
		c.report.Workers = append(c.report.Workers, b.Worker)
	}
	if !slices.ContainsFunc(c.keys[b.Worker], b.is) {
		c.keys[b.Worker] = append(c.keys[b.Worker], enrolled{b.key, e.leaf})
	}
}

// revoke ends what a worker's key counts for, if the log's key signed it. What the
// runs of that key hold by now it has signed; no key signs what they go on with.
func (c *checker) revoke(e *entry) {
	b := c.byLog(e, CodeRevokeSignature)
	if b == nil {
		return
	}
	if _, again := c.revoked[string(b.key)]; again {
		return // from its first revocation on
	}
	c.revoked[string(b.key)] = e.leaf
	at := slices.IndexFunc(c.keys[b.Worker], b.is)
	if at < 0 {
		c.remark(CodeRevokeUnknown, b.Worker, leafRange(e.leaf), "the log's key revoked a key that it had not enrolled for this worker")
		return
	}
	c.remark(CodeRevoked, b.Worker, leafRange(e.leaf), "the key of worker %s was revoked (%s): what it signed counts as far as it stands before this entry", b.Worker, b.Reason)
	c.ends(b.Worker, c.keys[b.Worker][at], e.leaf)
}

// ends has a key of a worker count no longer from a leaf on.
func (c *checker) ends(worker string, k enrolled, leaf int64) {
	c.revoked[string(k.key)] = leaf
	for _, r := range c.runs {
		ours := (r.worker == worker || r.worker == "") && k.leaf < r.first
		if ours && r.until == 0 && ed25519.Verify(k.key, r.last.plain, r.last.sig) {
			r.until = leaf
		}
	}
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
	if r.until > 0 {
		if r.after > 0 {
			c.fail(CodeWorkerRevoked, "run "+e.run, fmt.Sprintf("entries %d to %d", r.after, e.leaf), "stand after entry %d, which revoked the key of the run", r.until)
		}
		return
	}
	candidates := c.keys[r.worker]
	if r.worker == "" {
		// No body of the run names its worker: any enrolled one may have signed.
		for _, ks := range c.keys {
			candidates = append(candidates, ks...)
		}
	}
	late, gone := false, int64(0)
	for _, k := range candidates {
		if !ed25519.Verify(k.key, e.plain, e.sig) {
			continue
		}
		if at, revoked := c.revoked[string(k.key)]; revoked && at < e.leaf {
			gone = at
			continue
		}
		if k.leaf < r.first {
			return
		}
		late = true
	}
	where := fmt.Sprintf("entries %d to %d", r.first, e.leaf)
	switch {
	case gone > 0:
		c.fail(CodeWorkerRevoked, "run "+e.run, where, "worker %s signs after entry %d, which revoked its key", r.worker, gone)
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
