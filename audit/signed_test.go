package audit

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"lethe/stream"
)

func TestL4AnEntryIsSignedByItsWorkerAndNobodyElse(t *testing.T) {
	l := newLedger(t, "w1", "run1")
	raw, err := l.Entry(stream.EntryReceipt, receipt("w1"))
	if err != nil {
		t.Fatal(err)
	}
	key := testKey("w1").Public().(ed25519.PublicKey)
	if !SignedBy(raw, key) {
		t.Error("an entry is not signed by who made it")
	}
	if SignedBy(raw, testKey("w2").Public().(ed25519.PublicKey)) {
		t.Error("it is signed by another")
	}
	for i := range raw {
		changed := bytes.Clone(raw)
		changed[i] ^= 1
		if SignedBy(changed, key) {
			t.Fatalf("byte %d of %d was changed", i, len(raw))
		}
	}
	for n := range raw {
		if SignedBy(raw[:n], key) {
			t.Fatalf("cut at %d", n)
		}
	}
}
