package proof_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lethe/audit"
	"lethe/audit/audittest"
	"lethe/audit/proof"
	"lethe/audit/verify"
	"lethe/stream"
	"lethe/stream/tree"
)

// world is a log of receipts, and the batch that one of them tells of.
type world struct {
	dir     string
	key     string // verifier key
	skey    string
	entries [][]byte
	reader  *audit.Reader
	leaves  []stream.Hash
	records [][]byte // preimages
	receipt int      // index of the entry
}

const build = "aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44"

// newWorld makes a log with a receipt of a batch of n records among others.
func newWorld(t testing.TB, n, others int) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	var err error
	if w.skey, w.key, err = audit.NewLogKey("lethe/shop"); err != nil {
		t.Fatal(err)
	}
	seed := sha256.Sum256([]byte("worker"))
	worker := ed25519.NewKeyFromSeed(seed[:])
	pub := worker.Public().(ed25519.PublicKey)
	log, err := audit.LogLedger(w.skey, "log-1")
	if err != nil {
		t.Fatal(err)
	}
	enrol, err := audit.Enrol(log, audit.WorkerID(pub), pub, time.Unix(1e9, 0))
	if err != nil {
		t.Fatal(err)
	}
	w.entries = append(w.entries, enrol)
	ledger, err := audit.NewLedger(audit.WorkerID(pub), worker, "run-1")
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		p := make([]byte, 16)
		p[0] = byte(i)
		for _, field := range []string{fmt.Sprintf(`{"id":%d}`, i), fmt.Sprintf(`{"after":{"id":%d,"email":"[redacted]"},"op":"c"}`, i), strings.Repeat("0", 40)} {
			p = append(binary.BigEndian.AppendUint32(p, uint32(len(field))), field...)
		}
		p = binary.BigEndian.AppendUint32(p, 0xFFFFFFFF)
		w.records = append(w.records, p)
		w.leaves = append(w.leaves, sha256.Sum256(append([]byte{0}, p...)))
	}
	for i := range others {
		r := stream.Receipt{Stage: stream.StageMask, Connection: "shop-lake", Worker: ledger.Worker(), Build: build, Policy: strings.Repeat("c", 64), Keys: "1", Time: "2026-01-02T03:04:05Z",
			Parts: []stream.Part{{Topic: "lethe.shop.raw.pii.shop", From: fmt.Sprint(i * n), To: fmt.Sprint((i + 1) * n), In: stream.Int64(n),
				Out: []stream.Out{{Topic: "lethe.shop.masked.pii-pseudo.shop-lake.shop.main.customer.g1", Partition: 3, First: stream.Int64(i * n), Last: stream.Int64((i+1)*n - 1), N: stream.Int64(n),
					Root: tree.Root(append([]stream.Hash(nil), w.leaves...))}}}}}
		e, err := ledger.Entry(stream.EntryReceipt, r)
		if err != nil {
			t.Fatal(err)
		}
		w.entries = append(w.entries, e)
	}
	w.receipt = 1 + others/2
	w.follow(t)
	return w
}

// follow appends the entries to the log.
func (w *world) follow(t testing.TB) {
	t.Helper()
	w.reader = audittest.Topic(w.entries).Log(t, w.dir, w.skey)
}

func (w *world) claim(t testing.TB, index int64) proof.Claim {
	t.Helper()
	receipt, err := w.reader.Leaf(int64(w.receipt))
	if err != nil {
		t.Fatal(err)
	}
	enrol, err := w.reader.Leaf(0)
	if err != nil {
		t.Fatal(err)
	}
	return proof.Claim{Receipt: receipt, Enrol: enrol, Root: tree.Root(append([]stream.Hash(nil), w.leaves...)), Leaves: w.leaves, Index: index, Preimage: w.records[index]}
}

func (w *world) bundle(t testing.TB, index int64, older []byte) []byte {
	t.Helper()
	b, err := proof.Bundle(w.claim(t, index), older)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestL4ABundleProvesEachRecordOfABatch(t *testing.T) {
	w := newWorld(t, 9, 300)
	for i := range w.records {
		raw := w.bundle(t, int64(i), nil)
		p, err := verify.Proof(raw, verify.ProofOptions{PublicKey: w.key, Builds: map[string]string{build: "v1"}})
		if err != nil {
			t.Fatal(err)
		}
		if p.Build != build || p.BuildName != "v1" || p.Policy != strings.Repeat("c", 64) || p.Keys != "1" || p.Partition != 3 || *p.Offset != int64(w.receipt-1)*9+int64(i) ||
			string(p.Record.Key) != fmt.Sprintf(`{"id":%d}`, i) || p.Leaf != int64(w.receipt) || p.Size != 301 {
			t.Errorf("record %d: %+v", i, p)
		}
	}
}

// Each byte of a bundle in turn, and of each byte each bit.
func TestL4NoBitOfABundleCanBeChanged(t *testing.T) {
	w := newWorld(t, 5, 20)
	raw := w.bundle(t, 2, nil)
	for i := range raw {
		for bit := range 8 {
			raw[i] ^= 1 << bit
			if p, err := verify.Proof(raw, verify.ProofOptions{PublicKey: w.key}); err == nil || !errors.Is(err, verify.ErrProof) && !errors.Is(err, verify.ErrFalse) {
				t.Fatalf("bit %d of byte %d: %+v, %v", bit, i, p, err)
			}
			raw[i] ^= 1 << bit
		}
	}
	for _, cut := range []int{1, 2, len(raw) / 2} {
		for _, b := range [][]byte{raw[:len(raw)-cut], raw[cut:], append(append([]byte(nil), raw...), raw[:cut]...)} {
			if _, err := verify.Proof(b, verify.ProofOptions{PublicKey: w.key}); err == nil {
				t.Errorf("cut or longer by %d", cut)
			}
		}
	}
}

// An insider makes the hash of the last line anew, and everything else fits.
func TestL4ALieInABundleIsRefuted(t *testing.T) {
	w := newWorld(t, 5, 20)
	other := newWorld(t, 5, 20)
	for name, change := range map[string]func(*proof.Claim){
		"another record": func(c *proof.Claim) { c.Preimage = w.records[1] },
		"a changed receipt": func(c *proof.Claim) {
			c.Receipt.Raw = []byte(strings.Replace(string(c.Receipt.Raw), `"keys":"1"`, `"keys":"2"`, 1))
		},
		"a receipt's other place":    func(c *proof.Claim) { c.Receipt.Index++ },
		"another worker's enrolment": func(c *proof.Claim) { c.Enrol, _ = w.reader.Leaf(5) },
		"no such output":             func(c *proof.Claim) { c.Out = 1 },
		"no such part":               func(c *proof.Claim) { c.Part = 1 },
		"rows of a mask receipt":     func(c *proof.Claim) { c.Out = -1 },
	} {
		c := w.claim(t, 2)
		change(&c)
		raw, err := proof.Bundle(c, nil)
		if errors.Is(err, proof.ErrRoot) {
			continue // it is not even made
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p, err := verify.Proof(raw, verify.ProofOptions{PublicKey: w.key}); !errors.Is(err, verify.ErrFalse) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	raw := w.bundle(t, 2, nil)
	if _, err := verify.Proof(raw, verify.ProofOptions{PublicKey: other.key}); !errors.Is(err, verify.ErrFalse) {
		t.Errorf("another log's key: %v", err)
	}
	if _, err := verify.Proof(raw, verify.ProofOptions{PublicKey: w.key, Builds: map[string]string{strings.Repeat("b", 64): "v2"}}); !errors.Is(err, verify.ErrFalse) {
		t.Errorf("a build that is not in the list: %v", err)
	}
}

// The log takes whatever stands on the audit topic: that a receipt is in it says nothing of
// who wrote it.
func TestL4AReceiptThatItsWorkerDidNotSignProvesNothing(t *testing.T) {
	w := newWorld(t, 5, 20)
	receipt, other := w.entries[w.receipt], w.entries[w.receipt+1]
	var e struct{ Body stream.Receipt }
	if err := json.Unmarshal(receipt, &e); err != nil {
		t.Fatal(err)
	}
	forger, err := audit.NewLedger(e.Body.Worker, ed25519.NewKeyFromSeed(make([]byte, 32)), "run-2")
	if err != nil {
		t.Fatal(err)
	}
	forged, err := forger.Entry(stream.EntryReceipt, e.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, _, _ := strings.Cut(string(receipt), `"sig":`)
	_, sig, _ := strings.Cut(string(other), `"sig":`)
	for name, c := range map[string]struct {
		entry string
		want  error
	}{
		"signed by its worker":           {string(receipt), nil},
		"signed by another key":          {string(forged), verify.ErrFalse},
		"with another entry's signature": {plain + `"sig":` + sig, verify.ErrFalse},
		"without a signature":            {plain + `"sig":"","v":1}`, verify.ErrFalse},
	} {
		w.dir, w.entries[w.receipt] = t.TempDir(), []byte(c.entry)
		w.follow(t)
		if p, err := verify.Proof(w.bundle(t, 2, nil), verify.ProofOptions{PublicKey: w.key}); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestL4ABundleShowsThatTheLogExtendsARememberedCheckpoint(t *testing.T) {
	w := newWorld(t, 5, 300)
	all := w.entries
	w.dir, w.entries = t.TempDir(), all[:200]
	w.follow(t)
	old, before := w.reader.Checkpoint(), w.bundle(t, 1, nil)
	w.entries = all
	w.follow(t)
	for name, c := range map[string]struct {
		raw, state []byte
		want       error
	}{
		"extends":           {w.bundle(t, 1, old), old, nil},
		"the same":          {w.bundle(t, 1, nil), w.reader.Checkpoint(), nil},
		"not shown":         {w.bundle(t, 1, nil), old, verify.ErrFalse},
		"nothing to hold":   {w.bundle(t, 1, old), nil, verify.ErrFalse},
		"shown of another":  {w.bundle(t, 1, old), newWorld(t, 5, 200).reader.Checkpoint(), verify.ErrFalse},
		"no checkpoint":     {w.bundle(t, 1, old), []byte("hello"), verify.ErrRemembered},
		"a newer one known": {before, w.reader.Checkpoint(), verify.ErrOlder},
	} {
		p, err := verify.Proof(c.raw, verify.ProofOptions{PublicKey: w.key, State: c.state})
		// One that is older is not called false.
		if !errors.Is(err, c.want) || errors.Is(err, verify.ErrFalse) != (c.want == verify.ErrFalse) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func BenchmarkMake(b *testing.B) {
	w := newWorld(b, 2000, 300)
	c := w.claim(b, 1000)
	for b.Loop() {
		if _, err := proof.Bundle(c, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	w := newWorld(b, 2000, 300)
	raw := w.bundle(b, 1000, nil)
	for b.Loop() {
		if _, err := verify.Proof(raw, verify.ProofOptions{PublicKey: w.key}); err != nil {
			b.Fatal(err)
		}
	}
}
