package proof_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
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

const (
	loader   = "11223344556677881122334455667788112233445566778811223344556677aa" // build
	revision = "c0ffee00c0ffee11c0ffee22c0ffee33c0ffee44c0ffee55c0ffee66c0ffee77"
	rowTopic = "lethe.shop.masked.pii-pseudo.shop-lake.shop.main.customer.g1"
)

// rows are a log in which one worker masks offsets 40 to 49 of a partition, and one loads
// them to a file of five rows.
type rows struct {
	mask, sink stream.Receipt
	alone      bool // one worker does both
	swapped    bool // the sink's receipt stands before the other
	leaves     []stream.Hash
	preimages  [][]byte

	keys  []string // of the log's shards
	claim proof.Claim
}

func newRows() *rows {
	r := &rows{}
	for i := range 5 {
		p := binary.BigEndian.AppendUint32(make([]byte, 16), 3)
		p = append(binary.BigEndian.AppendUint64(p, uint64(40+2*i)), "cells"...)
		r.preimages, r.leaves = append(r.preimages, p), append(r.leaves, sha256.Sum256(append([]byte{0}, p...)))
	}
	root, n := tree.Root(append([]stream.Hash(nil), r.leaves...)), stream.Int64(5)
	r.mask = stream.Receipt{Stage: stream.StageMask, Connection: "shop-lake", Build: build, Policy: revision, Keys: "7", Time: "2026-01-02T03:04:05Z",
		Parts: []stream.Part{{Topic: "lethe.shop.raw.pii.shop", From: "0", To: "5", In: 5, Out: []stream.Out{{Topic: rowTopic, Partition: 3, First: 40, Last: 49, N: 5}}}}}
	r.sink = stream.Receipt{Stage: stream.StageSink, Connection: "shop-lake", Build: loader, Policy: revision[:16], Time: "2026-01-02T03:05:00Z",
		Parts: []stream.Part{{Topic: rowTopic, Partition: 3, From: "40", To: "50", In: 5, Object: "a.parquet", SHA256: &stream.Hash{}, Rows: &n, RowRoot: &root}}}
	return r
}

func worker(t testing.TB, log *audit.Ledger, name, run string) (*audit.Ledger, []byte) {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	key := ed25519.NewKeyFromSeed(seed[:])
	pub := key.Public().(ed25519.PublicKey)
	enrol, err := audit.Enrol(log, audit.WorkerID(pub), pub, time.Unix(1e9, 0))
	if err != nil {
		t.Fatal(err)
	}
	l, err := audit.NewLedger(audit.WorkerID(pub), key, run)
	if err != nil {
		t.Fatal(err)
	}
	return l, enrol
}

func receiptOf(t testing.TB, l *audit.Ledger, r stream.Receipt) []byte {
	t.Helper()
	r.Worker = l.Worker()
	e, err := l.Entry(stream.EntryReceipt, r)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// written is a log of entries, of a key of its own.
func (r *rows) written(t testing.TB, origin string, entries func(log *audit.Ledger) [][]byte) []audit.Leaf {
	t.Helper()
	skey, key, err := audit.NewLogKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.LogLedger(skey, "log-1")
	if err != nil {
		t.Fatal(err)
	}
	reader := audittest.Topic(entries(log)).Log(t, t.TempDir(), skey)
	r.keys = append(r.keys, key)
	var all []audit.Leaf
	for i := range reader.Size() {
		l, err := reader.Leaf(i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// claims makes the log, and what is claimed of the third row.
func (r *rows) claims(t testing.TB) *rows {
	t.Helper()
	all := r.written(t, "lethe/shop", func(log *audit.Ledger) [][]byte {
		masker, enrolMasker := worker(t, log, "masker", "run-1")
		by, enrol := masker, enrolMasker
		if !r.alone {
			by, enrol = worker(t, log, "loader", "run-2")
		}
		receipts := [2][]byte{receiptOf(t, masker, r.mask), receiptOf(t, by, r.sink)}
		if r.swapped {
			receipts[0], receipts[1] = receipts[1], receipts[0]
		}
		return [][]byte{enrolMasker, enrol, receipts[0], receipts[1]}
	})
	masked, loaded := all[2], all[3]
	if r.swapped {
		masked, loaded = loaded, masked
	}
	by := all[1]
	if r.alone {
		by = all[0]
	}
	r.claim = r.of(loaded, by)
	r.claim.Masked = &proof.Masked{Receipt: masked, Enrol: all[0]}
	return r
}

// of claims the third row, by the sink's receipt.
func (r *rows) of(receipt, enrol audit.Leaf) proof.Claim {
	return proof.Claim{Receipt: receipt, Enrol: enrol, Out: -1, Root: *r.sink.Parts[0].RowRoot, Leaves: r.leaves, Index: 2, Preimage: r.preimages[2]}
}

func (r *rows) bundle(t testing.TB) []byte {
	t.Helper()
	b, err := proof.Bundle(r.claim, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (r *rows) check(raw []byte, builds ...string) (*verify.Proven, error) {
	o := verify.ProofOptions{PublicKey: strings.Join(r.keys, "\n")}
	for _, b := range builds {
		if o.Builds == nil {
			o.Builds = make(map[string]string)
		}
		o.Builds[b] = "v-" + b[:2]
	}
	return verify.Proof(raw, o)
}

func (r *rows) proven(t testing.TB, p *verify.Proven) {
	t.Helper()
	if p.Build != build || p.Policy != revision || p.Keys != "7" || p.Stage != stream.StageMask || *p.Offset != 44 || p.Topic != rowTopic || p.Partition != 3 ||
		p.Loaded == nil || p.Loaded.Build != loader || p.Loaded.Object != "a.parquet" || p.Time == p.Loaded.Time || (p.Worker == p.Loaded.Worker) != r.alone {
		t.Errorf("%+v, %+v", p, p.Loaded)
	}
}

func TestL4ARowsBundleTellsWhoMaskedItAndWhoLoadedIt(t *testing.T) {
	for _, alone := range []bool{false, true} {
		r := newRows()
		r.alone = alone
		raw := r.claims(t).bundle(t)
		p, err := r.check(raw, build, loader)
		if err != nil {
			t.Fatal(err)
		}
		if r.proven(t, p); p.BuildName != "v-aa" || p.Loaded.BuildName != "v-11" || p.Leaf != 2 || p.Loaded.Leaf != 3 {
			t.Errorf("%+v, %+v", p, p.Loaded)
		}
		if extra, _ := parts(t, raw); strings.Count(string(extra), `"kind":"enrol"`) != map[bool]int{true: 1, false: 2}[alone] {
			t.Error("an enrolment is left out, or twice there")
		}
	}
}

func TestL4ARowIsRefusedWhoseMaskingOrLoadingBuildIsNotInTheList(t *testing.T) {
	r := newRows().claims(t)
	raw := r.bundle(t)
	for _, one := range []string{build, loader} {
		if p, err := r.check(raw, one); !errors.Is(err, verify.ErrFalse) {
			t.Errorf("only %.4s is in the list: %+v, %v", one, p, err)
		}
	}
}

func TestL4ALieAboutWhoMaskedARowIsRefuted(t *testing.T) {
	out := func(r *rows) *stream.Out { return &r.mask.Parts[0].Out[0] }
	for name, change := range map[string]func(*rows){
		"another topic":           func(r *rows) { out(r).Topic += "2" },
		"another partition":       func(r *rows) { out(r).Partition = 2 },
		"offsets before":          func(r *rows) { out(r).First, out(r).Last = 0, 43 },
		"offsets behind":          func(r *rows) { out(r).First = 45 },
		"another revision":        func(r *rows) { r.mask.Policy = "d" + revision[1:] },
		"a revision cut short":    func(r *rows) { r.sink.Policy = "c0" },
		"no revision":             func(r *rows) { r.sink.Policy = "" },
		"another connection":      func(r *rows) { r.mask.Connection = "other" },
		"another stage":           func(r *rows) { r.mask.Stage = stream.StageIngest },
		"rows of no sink":         func(r *rows) { r.sink.Stage = stream.StageMask },
		"loaded before":           func(r *rows) { r.swapped = true },
		"the sink's own receipt":  nil,
		"another worker's enrol":  nil,
		"an entry of another log": nil,
	} {
		r := newRows()
		if change != nil {
			change(r)
		}
		switch r.claims(t); name {
		case "the sink's own receipt":
			r.claim.Masked = &proof.Masked{Receipt: r.claim.Receipt, Enrol: r.claim.Enrol}
		case "another worker's enrol":
			r.claim.Masked.Enrol = r.claim.Enrol
		case "an entry of another log":
			r.claim.Masked.Receipt.Raw = newRows().claims(t).claim.Receipt.Raw
		}
		if p, err := r.check(r.bundle(t)); !errors.Is(err, verify.ErrFalse) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestL4ARowsBundleHasOneForm(t *testing.T) {
	r := newRows().claims(t)
	without := r.claim
	without.Masked = nil
	raw, err := proof.Bundle(without, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := r.check(raw); !errors.Is(err, verify.ErrProof) {
		t.Errorf("without the receipt of its masking: %+v, %v", p, err)
	}
	record := newWorld(t, 5, 20)
	c := record.claim(t, 2)
	c.Masked = &proof.Masked{Receipt: c.Receipt, Enrol: c.Enrol}
	if raw, err = proof.Bundle(c, nil); err != nil {
		t.Fatal(err)
	}
	if p, err := verify.Proof(raw, verify.ProofOptions{PublicKey: record.key}); !errors.Is(err, verify.ErrProof) {
		t.Errorf("a record's with one: %+v, %v", p, err)
	}
	r = newRows()
	r.alone = true
	extra, rest := parts(t, r.claims(t).bundle(t))
	enrol, _, _ := strings.Cut(string(extra), `,"index":"2","leaf":`)
	enrol, ok := strings.CutPrefix(enrol, `{`)
	twice := strings.Replace(string(extra), `"masked":{`, `"masked":{`+enrol+`,`, 1)
	if p, err := r.check(hashed([]byte(twice), rest)); !ok || twice == string(extra) || !errors.Is(err, verify.ErrProof) {
		t.Errorf("an enrolment twice: %+v, %v", p, err)
	}
	_, checkpoint, _ := strings.Cut(string(rest), "\n\n")
	quoted, err := stream.Canonical(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	twice = strings.Replace(twice, `"masked":{`, `"masked":{"checkpoint":`+string(quoted)+`,`, 1)
	if p, err := r.check(hashed([]byte(twice), rest)); !errors.Is(err, verify.ErrProof) {
		t.Errorf("a checkpoint twice: %+v, %v", p, err)
	}
}

func TestL4ARowThatWasMaskedInAnEarlierShardIsProvenUnderBothCheckpoints(t *testing.T) {
	r := newRows()
	earlier := r.written(t, "lethe/shop", func(log *audit.Ledger) [][]byte {
		masker, enrol := worker(t, log, "masker", "run-1")
		return [][]byte{enrol, receiptOf(t, masker, r.mask)}
	})
	// To the bundle it is another origin and key, of whichever form.
	later := r.written(t, "lethe/elsewhere", func(log *audit.Ledger) [][]byte {
		l, enrol := worker(t, log, "loader", "run-2")
		return [][]byte{enrol, receiptOf(t, l, r.sink)}
	})
	r.claim = r.of(later[1], later[0])
	r.claim.Masked = &proof.Masked{Receipt: earlier[1], Enrol: earlier[0]}
	raw := r.bundle(t)
	p, err := r.check(raw)
	if err != nil {
		t.Fatal(err)
	}
	if r.proven(t, p); p.Origin != "lethe/shop" || p.Loaded.Origin != "lethe/elsewhere" || p.Size != 2 || p.Leaf != 1 {
		t.Errorf("%+v, %+v", p, p.Loaded)
	}
	extra, rest := parts(t, raw)
	unsigned := strings.Replace(string(extra), `— lethe/shop `, `— lethe/shop A`, 1)
	if p, err := r.check(hashed([]byte(unsigned), rest)); unsigned == string(extra) || !errors.Is(err, verify.ErrFalse) {
		t.Errorf("not signed: %+v, %v", p, err)
	}
	all := r.keys
	for _, keys := range [][]string{all[:1], all[1:], {newRows().claims(t).keys[0], all[1]}} {
		r.keys = keys
		if p, err := r.check(raw); !errors.Is(err, verify.ErrFalse) {
			t.Errorf("under other keys: %+v, %v", p, err)
		}
	}
	r.claim.Masked.Enrol = later[0]
	if b, err := proof.Bundle(r.claim, nil); err == nil {
		r.keys = all
		p, err := r.check(b)
		if !errors.Is(err, verify.ErrProof) {
			t.Errorf("enrolled in another shard: %+v, %v", p, err)
		}
	}
}

func keptRow(t testing.TB) (*rows, []byte) {
	t.Helper()
	raw, err := os.ReadFile("testdata/row.tlog-proof")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile("testdata/row.pub")
	if err != nil {
		t.Fatal(err)
	}
	return &rows{keys: strings.Fields(string(key))}, raw
}

func TestL4ARowsBundleThatWasMadeOnceIsCheckedForever(t *testing.T) {
	r, raw := keptRow(t)
	p, err := r.check(raw, build, loader)
	if err != nil {
		t.Fatal(err)
	}
	r.proven(t, p)
}

func TestL4NoBitOfARowsBundleCanBeChangedByWhoeverHashesItAnew(t *testing.T) {
	r, raw := keptRow(t)
	extra, rest := parts(t, raw)
	for _, b := range [][]byte{extra, rest} {
		for i := range b {
			for bit := range 8 {
				b[i] ^= 1 << bit
				if p, err := r.check(hashed(extra, rest)); !errors.Is(err, verify.ErrProof) && !errors.Is(err, verify.ErrFalse) {
					t.Fatalf("bit %d of byte %d of %d: %+v, %v", bit, i, len(b), p, err)
				}
				b[i] ^= 1 << bit
			}
		}
	}
}
