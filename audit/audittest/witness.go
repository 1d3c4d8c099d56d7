package audittest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// Witness cosigns whatever it is given, at any time.
type Witness struct {
	Key  string // verifier key of cosignatures
	hash uint32
	key  ed25519.PrivateKey
}

// NewWitness returns the witness of that name, which has one key.
func NewWitness(tb testing.TB, name string) *Witness {
	tb.Helper()
	seed := sha256.Sum256([]byte(name))
	w := &Witness{key: ed25519.NewKeyFromSeed(seed[:])}
	vkey, err := note.NewEd25519VerifierKey(name, w.key.Public().(ed25519.PublicKey))
	if err == nil {
		w.Key, err = fnote.VKeyToCosignatureV1(vkey)
	}
	if err != nil {
		tb.Fatal(err)
	}
	v, err := fnote.NewVerifierForCosignatureV1(w.Key)
	if err != nil {
		tb.Fatal(err)
	}
	w.hash = v.KeyHash()
	return w
}

// Cosign returns the line that a checkpoint gets at a time.
func (w *Witness) Cosign(checkpoint string, at time.Time) string {
	text, _, _ := strings.Cut(checkpoint, "\n\n")
	sig := ed25519.Sign(w.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s\n", at.Unix(), text))
	raw := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, w.hash), uint64(at.Unix()))
	name, _, _ := strings.Cut(w.Key, "+")
	return "— " + name + " " + base64.StdEncoding.EncodeToString(append(raw, sig...)) + "\n"
}
