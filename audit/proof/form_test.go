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

// Whoever writes the same proof in another way has two bundles, of which a list of bundles
// would know one.
func TestL4ABundleHasOneForm(t *testing.T) {
	w := newWorld(t, 1, 1) // paths that hold no hash are one that may be null
	bare := w.bundle(t, 0, nil)
	raw, key := kept(t)
	for name, c := range map[string]struct {
		bare     bool
		old, new string
	}{
		"a null member":                     {false, `,"size":`, `,"since":null,"size":`},
		"a null list":                       {true, `"path":[],"record"`, `"path":null,"record"`},
		"a member that is not there":        {true, `"path":[],"record"`, `"record"`},
		"another order":                     {false, `"out":0,"part":0`, `"part":0,"out":0`},
		"what it extends, and it is itself": {true, `,"size":"1"`, `,"since":{"path":[],"size":"2"},"size":"1"`},
		"a space":                           {false, `"out":0`, `"out": 0`},
		"a space in a leaf":                 {false, `"entry":{`, `"entry": {`},
		"a line end behind it":              {false, `"v":1}`, "\"v\":1}\n"},
		"an escaped letter":                 {false, `"record":"A`, `"record":"\u0041`},
		"an escaped letter of a name":       {false, `"record":`, `"\u0072ecord":`},
		"an escaped slash":                  {false, `5/Tj`, `5\/Tj`},
		"a number with a point":             {false, `"v":1}`, `"v":1.0}`},
		"a number with an exponent":         {false, `"out":0`, `"out":0e0`},
		"a minus zero":                      {false, `"out":0`, `"out":-0`},
		"a number in a string":              {false, `"out":0`, `"out":"0"`},
		"a string that is a number":         {false, `"size":"5"`, `"size":5`},
		"a leading zero":                    {false, `"size":"5"`, `"size":"05"`},
		"a member twice":                    {false, `"out":0`, `"out":0,"out":0`},
		"a member twice in a leaf":          {false, `"keys":"1"`, `"keys":"1","keys":"1"`},
		"a member in capitals":              {false, `"v":1}`, `"v":1,"V":1}`},
		"capitals first":                    {false, `{"enrol"`, `{"V":1,"enrol"`},
		"a member that nobody knows":        {false, `"v":1}`, `"v":1,"w":1}`},
		"hex in capitals":                   {false, `"build":"aa`, `"build":"AA`},
		"base64 with a line end":            {false, `"record":"A`, `"record":"\nA`},
		"base64 with bits that are nothing": {false, `////8="`, `////9="`},
	} {
		from, pub := raw, key
		if c.bare {
			from, pub = bare, w.key
		}
		extra, rest := parts(t, from)
		o := verify.ProofOptions{PublicKey: pub}
		if c.bare {
			o.State = w.reader.Checkpoint()
		}
		if _, err := verify.Proof(from, o); err != nil {
			t.Fatal(err)
		}
		again := bytes.Replace(extra, []byte(c.old), []byte(c.new), 1)
		if bytes.Equal(again, extra) {
			t.Fatalf("%s: the bundle holds no %s: %s", name, c.old, extra)
		}
		if p, err := verify.Proof(hashed(again, rest), o); !errors.Is(err, verify.ErrProof) && !errors.Is(err, verify.ErrFalse) {
			t.Errorf("%s: %+v, %v", name, p, err)
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
