package audit

import (
	"crypto/ed25519"
	"encoding/json"
	"testing"
	"time"

	"lethe/stream"
)

func TestL4AWorkersKeyCountsFromItsEnrolmentToItsRevocation(t *testing.T) {
	skey, _, err := NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verifier(skey)
	if err != nil {
		t.Fatal(err)
	}
	log, err := LogLedger(skey, "log-1")
	if err != nil {
		t.Fatal(err)
	}
	pub := testKey("w1").Public().(ed25519.PublicKey)
	worker := newLedger(t, "w1", "run1")
	made := func(raw []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	now := time.Unix(1e9, 0)
	forged := made(worker.Entry(stream.EntryRevoke, Revocation{Worker: "w1", PublicKey: "AAAA"}))
	enrol, revoke := made(Enrol(log, "w1", pub, now)), made(Revoke(log, "w1", pub, now, RevokedCompromised))
	w := make(Workers)
	for offset, e := range [][]byte{forged, nil, enrol, forged, enrol, nil, revoke, nil, enrol, revoke} {
		w.Take(int64(offset), e, func(e []byte) bool { return SignedByLog(e, v) })
	}
	kept, err := json.Marshal(w)
	if err == nil {
		w = nil
		err = json.Unmarshal(kept, &w)
	}
	if err != nil {
		t.Fatal(err)
	}
	for offset := range int64(10) {
		if got, want := w.Signed(offset, forged), offset >= 2 && offset < 6; got != want {
			t.Errorf("at %d it counts: %v", offset, got)
		}
	}
	if at := w.Of(pub); len(w.List()) != 1 || at.ID != "w1" || at.Reason != RevokedCompromised || *at.Until != 6 {
		t.Errorf("%+v", at)
	}
}

func TestAKeyIsRevokedForAReasonOfTheList(t *testing.T) {
	skey, _, err := NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	log, err := LogLedger(skey, "log-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Revoke(log, "w1", nil, time.Now(), "because"); err == nil {
		t.Error("any reason is one")
	}
	if _, err := Revoke(newLedger(t, "w1", "run1"), "w1", nil, time.Now(), RevokedRetired); err == nil {
		t.Error("a worker revokes")
	}
}
