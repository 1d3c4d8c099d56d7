package proof_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"lethe/audit/proof"
	"lethe/audit/verify"
)

// witness is one that cosigns what it is given.
type witness struct {
	name, vkey string
	signer     note.Signer
}

func newWitness(t *testing.T, name string) witness {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "example.org/"+name)
	if err != nil {
		t.Fatal(err)
	}
	w := witness{name: name}
	if w.signer, err = fnote.NewSignerForCosignatureV1(skey); err != nil {
		t.Fatal(err)
	}
	if w.vkey, err = fnote.VKeyToCosignatureV1(vkey); err != nil {
		t.Fatal(err)
	}
	return w
}

// cosigned is a bundle with cosignatures of its checkpoint.
func cosigned(t *testing.T, raw []byte, by ...witness) []byte {
	t.Helper()
	extra, rest := parts(t, raw)
	at := bytes.Index(rest, []byte("\n\n")) + 2
	text, _, _ := bytes.Cut(rest[at:], []byte("\n\n"))
	n := &note.Note{Text: string(text) + "\n"}
	for _, w := range by {
		signed, err := note.Sign(n, w.signer)
		if err != nil {
			t.Fatal(err)
		}
		_, line, _ := bytes.Cut(signed, []byte("\n\n"))
		rest = append(rest, line...)
	}
	return hashed(extra, rest)
}

// A bundle is worth what its checkpoint's witnesses are: as many as the policy asks for,
// and not a line of anybody else.
func TestL4ABundleIsHeldAgainstTheQuorumOfItsWitnesses(t *testing.T) {
	raw, key := kept(t)
	a, b, c, stranger := newWitness(t, "a"), newWitness(t, "b"), newWitness(t, "c"), newWitness(t, "stranger")
	policy := func(lines ...string) func([]byte) (map[string]bool, error) {
		text := ""
		for _, w := range []witness{a, b, c} {
			text += fmt.Sprintf("witness %s %s\n", w.name, w.vkey)
		}
		p, err := verify.ReadWitnessPolicy([]byte(text + strings.Join(lines, "\n") + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		return p.Cosigned(time.Time{})
	}
	two, all, any := policy("group g 2 a b c", "quorum g"), policy("group g all a b c", "quorum g"), policy("group g any a b c", "quorum g")
	nested := policy("group inner any a b", "group g all inner c", "quorum g")
	for name, x := range map[string]struct {
		by     []witness
		policy func([]byte) (map[string]bool, error)
		ok     bool
	}{
		"two of three":              {[]witness{a, c}, two, true},
		"one too few":               {[]witness{b}, two, false},
		"nobody":                    {nil, two, false},
		"one, twice":                {[]witness{b, b}, two, false},
		"all":                       {[]witness{a, b, c}, all, true},
		"all but one":               {[]witness{a, b}, all, false},
		"any":                       {[]witness{b}, any, true},
		"any, and there is none":    {nil, any, false},
		"a group in a group":        {[]witness{b, c}, nested, true},
		"the inner group is absent": {[]witness{c}, nested, false},
		"the outer member is":       {[]witness{a, b}, nested, false},
		"a stranger beside them":    {[]witness{a, c, stranger}, two, false},
		"cosigned, and nobody asks": {[]witness{a, c}, nil, false},
	} {
		p, err := verify.Proof(cosigned(t, raw, x.by...), verify.ProofOptions{PublicKey: key, Cosigned: x.policy})
		if (err == nil) != x.ok {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

// One claim has one bundle: what says the same in another way is none.
func TestL4ABundleHasOneForm(t *testing.T) {
	raw, key := kept(t)
	extra, rest := parts(t, raw)
	change := func(from, to string) []byte {
		if !bytes.Contains(extra, []byte(from)) {
			t.Fatalf("no %s in it", from)
		}
		return bytes.Replace(extra, []byte(from), []byte(to), 1)
	}
	sig := bytes.TrimSuffix(rest[bytes.LastIndex(rest[:len(rest)-1], []byte("\n"))+1:], []byte("\n"))
	doubled := append(append(bytes.Clone(rest), sig...), '\n')
	for name, b := range map[string][]byte{
		"a null":             hashed(change(`,"size":`, `,"since":null,"size":`), rest),
		"another order":      hashed(append(change(`"v":1}`, ``)[:0:0], append([]byte(`{"v":1,`), bytes.TrimSuffix(extra[1:], []byte(`,"v":1}`))...)...), rest),
		"white space":        hashed(change(`"out":0`, `"out": 0`), rest),
		"an escaped letter":  hashed(change(`"path"`, `"\u0070ath"`), rest),
		"a number otherwise": hashed(change(`"out":0`, `"out":0.0`), rest),
		"a member twice":     hashed(change(`"out":0`, `"out":0,"out":0`), rest),
		"a member of ours":   hashed(change(`"out":0`, `"Out":0`), rest),
		"a signature twice":  hashed(extra, doubled),
	} {
		if p, err := verify.Proof(b, verify.ProofOptions{PublicKey: key}); !errors.Is(err, verify.ErrProof) && !errors.Is(err, verify.ErrFalse) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

// What a bundle is held against is a checkpoint that the log signed; one that the log has
// not grown since needs no proof that it grew.
func TestL4ABundleIsHeldAgainstSignedCheckpointsAlone(t *testing.T) {
	w := newWorld(t, 5, 20)
	raw, now := w.bundle(t, 2, nil), w.reader.Checkpoint()
	unsigned := append(bytes.Clone(now[:bytes.Index(now, []byte("\n\n"))+2]), []byte("— lethe/shop "+strings.Repeat("A", 92)+"\n")...)
	if p, err := verify.Proof(raw, verify.ProofOptions{PublicKey: w.key, State: unsigned}); !errors.Is(err, verify.ErrRemembered) {
		t.Errorf("a checkpoint that nobody signed: %+v, %v", p, err)
	}
	extra, rest := parts(t, raw)
	grown := hashed(bytes.Replace(extra, []byte(`,"size":`), []byte(`,"since":{"path":[],"size":"21"},"size":`), 1), rest)
	if p, err := verify.Proof(grown, verify.ProofOptions{PublicKey: w.key, State: now}); !errors.Is(err, verify.ErrProof) {
		t.Errorf("it grew by nothing: %+v, %v", p, err)
	}
	older := w.entries
	w.dir, w.entries = t.TempDir(), older[:15]
	w.follow(t)
	before := w.bundle(t, 2, nil)
	if p, err := verify.Proof(before, verify.ProofOptions{PublicKey: w.key, State: now}); !errors.Is(err, verify.ErrOlder) {
		t.Errorf("a bundle of before: %+v, %v", p, err)
	}
}

// A worker's name is in every entry: who writes receipts in it needs the worker's key.
func TestL4AReceiptInTheNameOfAnotherWorkerIsRefuted(t *testing.T) {
	_, thief, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldSigned(t, 5, 20, thief)
	raw, err := proof.Bundle(w.claim(t, 2), nil)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := verify.Proof(raw, verify.ProofOptions{PublicKey: w.key}); !errors.Is(err, verify.ErrFalse) || !strings.Contains(err.Error(), "not signed by its worker") {
		t.Errorf("%+v, %v", p, err)
	}
}
