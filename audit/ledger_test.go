package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"

	"lethe/stream"
)

var _ stream.Ledger = (*Ledger)(nil)

func testKey(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func newLedger(t testing.TB, worker, run string) *Ledger {
	t.Helper()
	l, err := NewLedger(worker, testKey(worker), run)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func receipt(worker string) stream.Receipt {
	return stream.Receipt{
		Stage: stream.StageMask, Connection: "crm-lake", Worker: worker, Build: strings.Repeat("ab", 32),
		Policy: strings.Repeat("cd", 32), Keys: "1", Time: "2026-01-31T15:00:00Z",
		Parts: []stream.Part{{Topic: "lethe.shop.raw.pii.crm", From: "0", To: "100", In: 99, Changes: 99,
			Out: []stream.Out{{Topic: "lethe.shop.masked.pii-pseudo.crm-lake.crm.public.customer.g1", Last: 98, N: 99}}}},
	}
}

func TestL4EntryIsCanonicalSignedAndNamesTheOneBefore(t *testing.T) {
	l := newLedger(t, "w1", "run1")
	prev := ""
	for n := 1; n <= 3; n++ {
		raw, err := l.Entry(stream.EntryReceipt, receipt("w1"))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := jcs.Transform(raw); err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("entry is not canonical: %v\n%s", err, raw)
		}
		var e map[string]any
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		if e["prev"] != prev || e["id"] != fmt.Sprintf("run1/%d", n) || e["kind"] != "receipt" || e["v"] != 1.0 {
			t.Fatalf("entry %d: prev %v id %v kind %v v %v", n, e["prev"], e["id"], e["kind"], e["v"])
		}
		sig, _ := base64.StdEncoding.DecodeString(e["sig"].(string))
		delete(e, "sig")
		loose, _ := json.Marshal(e)
		plain, err := jcs.Transform(loose)
		if err != nil || !ed25519.Verify(testKey("w1").Public().(ed25519.PublicKey), plain, sig) {
			t.Fatalf("entry %d: signature does not cover the bytes without sig: %v", n, err)
		}
		prev = fmt.Sprintf("%x", sha256.Sum256(plain))
	}
}

func TestL3EntriesThatWereNotCommittedLeaveTheRun(t *testing.T) {
	l := newLedger(t, "w1", "run1")
	entry := func() string {
		raw, err := l.Entry(stream.EntryReceipt, receipt("w1"))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	entry()
	l.Settle(true)
	second := entry()
	entry()
	l.Settle(false)
	if again := entry(); again != second {
		t.Fatalf("after an abort the run went on elsewhere:\n%s\n%s", second, again)
	}
}

func TestAnEntryThatIsTooLargeIsANamedErrorAndTheRunGoesOn(t *testing.T) {
	l := newLedger(t, "w1", "run1")
	if _, err := l.Entry("intent", map[string]string{"reason": strings.Repeat("x", MaxSize)}); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("error %v, want ErrTooLarge", err)
	}
	if _, err := l.Entry("intent", map[string]int64{"n": 1 << 60}); !errors.Is(err, stream.ErrNumber) {
		t.Fatalf("error %v, want stream.ErrNumber", err)
	}
	raw, err := l.Entry("intent", map[string]string{"digits": "12345678901234567890", "quote": `"\" 12345678901234567`})
	if err != nil || !strings.Contains(string(raw), `"id":"run1/1"`) {
		t.Fatalf("next entry: %v %s", err, raw)
	}
}

func TestL4PartHashIsTheHashOfItsBytesInTheEntry(t *testing.T) {
	l := newLedger(t, "w1", "run1")
	r := receipt("w1")
	rows, hash := stream.Int64(7), stream.Hash{1, 2}
	r.Parts[0].Object, r.Parts[0].Rows, r.Parts[0].SHA256, r.Parts[0].RowRoot = "a&b<c>-é.parquet", &rows, &hash, &hash
	raw, err := l.Entry(stream.EntryReceipt, r)
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Body struct{ Parts []json.RawMessage }
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	want, err := stream.HashPart(r.Parts[0])
	if got := stream.Hash(sha256.Sum256(e.Body.Parts[0])); err != nil || got != want {
		t.Fatalf("part in the entry hashes to %s, HashPart says %s (%v)", got, want, err)
	}
}

func TestL4WorkersAreEnrolledByTheLogsKey(t *testing.T) {
	skey, vkey, err := NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	log, err := LogLedger(skey, "log-1")
	if err != nil {
		t.Fatal(err)
	}
	pub := testKey("w1").Public().(ed25519.PublicKey)
	raw, err := Enrol(log, WorkerID(pub), pub, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	key, _ := base64.StdEncoding.DecodeString(strings.SplitN(vkey, "+", 3)[2])
	var e struct{ Sig []byte }
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	sig := base64.StdEncoding.EncodeToString(e.Sig)
	plain := bytes.Replace(raw, []byte(`"sig":"`+sig+`",`), nil, 1)
	if !ed25519.Verify(ed25519.PublicKey(key[1:]), plain, e.Sig) {
		t.Fatal("enrolment is not signed by the key that the verifier key names")
	}
	if _, err := Enrol(newLedger(t, "w2", "r"), "w1", pub, time.Unix(0, 0)); err == nil {
		t.Fatal("a worker enrolled a worker")
	}
}

func TestL7AKeyIsNotInTheErrorThatRefusesIt(t *testing.T) {
	skey, _, err := NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{skey[:len(skey)-4], skey + "AAAA", strings.Replace(skey, "KEY", "KEX", 1)} {
		_, err := LogLedger(bad, "r")
		if err == nil || strings.Contains(err.Error(), bad[len(bad)-16:]) {
			t.Fatalf("error %v", err)
		}
	}
}

func BenchmarkLedger(b *testing.B) {
	l := newLedger(b, "w1", "run1")
	r := receipt("w1")
	for b.Loop() {
		if _, err := l.Entry(stream.EntryReceipt, r); err != nil {
			b.Fatal(err)
		}
	}
}
