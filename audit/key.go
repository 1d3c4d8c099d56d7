package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/stream"
)

// LogWorker is the worker whose key is the log's own.
const LogWorker = "log"

// algEd25519 marks Ed25519 in an encoded note key (C2SP signed-note).
const algEd25519 = 1

// Enrolment is the body of an enrol entry, which the log's key signs: from here
// on the worker's key counts.
type Enrolment struct {
	Worker     string `json:"worker"`
	PublicKey  string `json:"public_key"`  // Ed25519, standard base64
	EnrolledAt string `json:"enrolled_at"` // RFC 3339 UTC
}

// NewLogKey makes the key of a log of that origin, a URL without a schema such
// as lethe/shop. The signer key is a secret; the verifier key is what outsiders
// check with and belongs into a file *.pub.
func NewLogKey(origin string) (skey, vkey string, err error) {
	return note.GenerateKey(rand.Reader, origin)
}

// VerifierKey is the verifier key of a signer key. An error does not hold the key (L7).
func VerifierKey(skey string) (string, error) {
	key, err := LogPrivateKey(skey)
	if err != nil {
		return "", err
	}
	vkey, err := note.NewEd25519VerifierKey(strings.SplitN(skey, "+", 5)[2], key.Public().(ed25519.PublicKey))
	if err != nil {
		return "", errors.New("log key: not an Ed25519 key")
	}
	return vkey, nil
}

// Verifier is what checks the checkpoints that a signer key signs. An error does
// not hold the key (L7).
func Verifier(skey string) (note.Verifier, error) {
	vkey, err := VerifierKey(skey)
	if err != nil {
		return nil, err
	}
	return note.NewVerifier(vkey)
}

// LogLedger is the ledger of a run of the log's own key, for entries that enrol and revoke
// workers, and that end a shard. An error does not hold the key (L7).
func LogLedger(skey, run string) (*Ledger, error) {
	key, err := LogPrivateKey(skey)
	if err != nil {
		return nil, err
	}
	return NewLedger(LogWorker, key, run)
}

// LogPrivateKey is the Ed25519 key in a signer key. An error does not hold it (L7).
func LogPrivateKey(skey string) (ed25519.PrivateKey, error) {
	if _, err := note.NewSigner(skey); err != nil {
		return nil, errors.New("log key: not a signer key PRIVATE+KEY+<name>+<hash>+<key>")
	}
	// PRIVATE, KEY, name, hash, key; base64 may hold a plus sign, names may not.
	fields := strings.SplitN(skey, "+", 5)
	raw, err := base64.StdEncoding.DecodeString(fields[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != algEd25519 {
		return nil, errors.New("log key: not an Ed25519 key")
	}
	return ed25519.NewKeyFromSeed(raw[1:]), nil
}

// WorkerID names a worker by its key: 32 hex digits of its SHA-256.
func WorkerID(pub ed25519.PublicKey) string {
	h := sha256.Sum256(pub)
	return hex.EncodeToString(h[:16])
}

// Enrol returns the entry that enrols a worker's key, made by the log's ledger.
func Enrol(log *Ledger, worker string, pub ed25519.PublicKey, at time.Time) ([]byte, error) {
	if log.Worker() != LogWorker {
		return nil, fmt.Errorf("enrol %s: ledger of worker %s, want the log's own", worker, log.Worker())
	}
	return log.Entry(stream.EntryEnrol, Enrolment{
		Worker:     worker,
		PublicKey:  base64.StdEncoding.EncodeToString(pub),
		EnrolledAt: at.UTC().Format(time.RFC3339),
	})
}

// Revocation is the body of a revoke entry, which the log's key signs: from its place
// in the log on the worker's key counts no longer, whatever time an entry tells.
type Revocation struct {
	Worker    string `json:"worker"`
	PublicKey string `json:"public_key"` // Ed25519, standard base64
	RevokedAt string `json:"revoked_at"` // RFC 3339 UTC
	Reason    string `json:"reason"`     // of [RevocationReasons]
}

// Reasons of a Revocation.
const (
	RevokedSuperseded  = "superseded"  // another key takes its place
	RevokedCompromised = "compromised" // somebody else may have it
	RevokedRetired     = "retired"     // its machine works no more
)

// RevocationReasons lists them.
func RevocationReasons() []string {
	return []string{RevokedSuperseded, RevokedCompromised, RevokedRetired}
}

// Revoke returns the entry that revokes a worker's key, made by the log's ledger.
func Revoke(log *Ledger, worker string, pub ed25519.PublicKey, at time.Time, reason string) ([]byte, error) {
	if log.Worker() != LogWorker {
		return nil, fmt.Errorf("revoke %s: ledger of worker %s, want the log's own", worker, log.Worker())
	}
	if !slices.Contains(RevocationReasons(), reason) {
		return nil, fmt.Errorf("revoke %s: reason %q: want one of %s", worker, reason, strings.Join(RevocationReasons(), ", "))
	}
	return log.Entry(stream.EntryRevoke, Revocation{
		Worker:    worker,
		PublicKey: base64.StdEncoding.EncodeToString(pub),
		RevokedAt: at.UTC().Format(time.RFC3339),
		Reason:    reason,
	})
}
