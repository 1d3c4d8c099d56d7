package proof_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"testing"

	"lethe/audit/verify"
)

const bundleHead = "c2sp.org/tlog-proof@v1\nextra "

// hashed is the bundle of an extra and of what follows it up to the last line, which is
// made as it should be: the line alone refuses nothing.
func hashed(extra, rest []byte) []byte {
	b := []byte(bundleHead + base64.StdEncoding.EncodeToString(extra) + "\n" + string(rest))
	sum := sha256.Sum256(b)
	return append(b, "— sha256 "+base64.StdEncoding.EncodeToString(append(make([]byte, 4), sum[:]...))+"\n"...)
}

// parts takes a bundle apart into what hashed puts together.
func parts(t testing.TB, raw []byte) (extra, rest []byte) {
	t.Helper()
	text, ok := bytes.CutPrefix(raw, []byte(bundleHead))
	line, rest, found := bytes.Cut(text, []byte("\n"))
	at := bytes.LastIndex(rest, []byte("— sha256 "))
	extra, err := base64.StdEncoding.DecodeString(string(line))
	if !ok || !found || at < 0 || err != nil {
		t.Fatal("not a bundle")
	}
	rest = rest[:at]
	if !bytes.Equal(hashed(extra, rest), raw) {
		t.Fatal("a bundle taken apart and put together is another")
	}
	return extra, rest
}

// kept is a bundle that stays as it is, and the key of its log.
func kept(t testing.TB) (raw []byte, key string) {
	t.Helper()
	raw, err := os.ReadFile("testdata/record.tlog-proof")
	if err != nil {
		t.Fatal(err)
	}
	pub, err := os.ReadFile("testdata/log.pub")
	if err != nil {
		t.Fatal(err)
	}
	return raw, strings.TrimSpace(string(pub))
}

func TestL4ABundleThatWasMadeOnceIsCheckedForever(t *testing.T) {
	raw, key := kept(t)
	p, err := verify.Proof(raw, verify.ProofOptions{PublicKey: key})
	if err != nil {
		t.Fatal(err)
	}
	if p.Origin != "lethe/shop" || p.Size != 21 || p.Leaf != 11 || p.Number != 2 || p.Of != 5 || *p.Offset != 52 || p.Build != build ||
		string(p.Record.Key) != `{"id":2}` || string(p.Record.Value) != `{"after":{"id":2,"email":"[redacted]"},"op":"c"}` {
		t.Errorf("%+v, %+v", p, p.Record)
	}
}

// The last line refuses a change by itself. Whoever makes that line anew is refuted by
// what stands before it: each bit of the extra's JSON and of all that follows counts.
func TestL4NoBitOfABundleCanBeChangedByWhoeverHashesItAnew(t *testing.T) {
	raw, key := kept(t)
	extra, rest := parts(t, raw)
	for _, b := range [][]byte{extra, rest} {
		for i := range b {
			for bit := range 8 {
				b[i] ^= 1 << bit
				if p, err := verify.Proof(hashed(extra, rest), verify.ProofOptions{PublicKey: key}); !errors.Is(err, verify.ErrProof) && !errors.Is(err, verify.ErrFalse) {
					t.Fatalf("bit %d of byte %d of %d: %+v, %v", bit, i, len(b), p, err)
				}
				b[i] ^= 1 << bit
			}
		}
	}
}

// Whatever is put behind a right hash: the one bundle that is accepted is the one that
// was made.
func FuzzBundle(f *testing.F) {
	raw, key := kept(f)
	extra, rest := parts(f, raw)
	f.Add(extra, rest)
	f.Add([]byte(`{"v":1}`), rest)
	f.Add(bytes.Replace(extra, []byte(`"out":0`), []byte(`"out":-1`), 1), rest)
	f.Add(extra, bytes.Replace(rest, []byte("index 11"), []byte("index 12"), 1))
	f.Fuzz(func(t *testing.T, extra, rest []byte) {
		b := hashed(extra, rest)
		_, err := verify.Proof(b, verify.ProofOptions{PublicKey: key})
		if err == nil && !bytes.Equal(b, raw) {
			t.Error("another bundle is accepted")
		}
		if err != nil && !errors.Is(err, verify.ErrProof) && !errors.Is(err, verify.ErrFalse) {
			t.Error(err)
		}
	})
}
