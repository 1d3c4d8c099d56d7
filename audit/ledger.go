package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"lethe/stream"
)

// MaxSize is the largest entry in bytes. A log leaf holds at most 65,535 (C2SP
// tlog-tiles), and the follower adds the offset.
const MaxSize = 60 << 10

// ErrTooLarge says that an entry is over [MaxSize]: write several receipts with
// disjoint parts.
var ErrTooLarge = errors.New("entry over 60 KiB: write several with disjoint parts")

// Ledger makes the signed entries of one run. It implements stream.Ledger; one
// goroutine uses it.
//
// After a commit whose outcome is unknown the run cannot go on: begin a new
// Ledger with another run.
type Ledger struct {
	worker, run string
	key         ed25519.PrivateKey

	next, committed mark
}

// mark is a place in a run: how many entries there are and the hash of the last.
type mark struct {
	n    int64
	prev string
}

// envelope is an entry without its signature.
type envelope struct {
	Body any    `json:"body"`
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Prev string `json:"prev"`
	V    int    `json:"v"`
}

// tail ends every canonical entry; the signature's member sorts right before it.
const tail = `"v":1}`

// NewLedger returns the ledger of a new run. Entries are called <run>/1,
// <run>/2 and so on, so no two runs of a workspace may share a name. The worker
// must be enrolled (see [Enrol]) before its first entry is in the log.
func NewLedger(worker string, key ed25519.PrivateKey, run string) (*Ledger, error) {
	switch {
	case worker == "":
		return nil, errors.New("ledger: no worker")
	case run == "" || strings.Contains(run, "/"):
		return nil, fmt.Errorf("ledger: run %q: empty or holds a slash", run)
	case len(key) != ed25519.PrivateKeySize:
		return nil, fmt.Errorf("ledger: worker %s: key of %d bytes, want %d", worker, len(key), ed25519.PrivateKeySize)
	}
	return &Ledger{worker: worker, run: run, key: key}, nil
}

// Worker is the id of the key that signs.
func (l *Ledger) Worker() string { return l.worker }

// Entry returns the signed canonical bytes of the run's next entry. It returns
// an error wrapping [ErrTooLarge] or [stream.ErrNumber], and then the run is as before.
func (l *Ledger) Entry(kind string, body any) ([]byte, error) {
	n := l.next.n + 1
	id := l.run + "/" + strconv.FormatInt(n, 10)
	plain, err := stream.Canonical(envelope{Body: body, ID: id, Kind: kind, Prev: l.next.prev, V: 1})
	if err != nil {
		return nil, fmt.Errorf("entry %s: %s: %w", id, kind, err)
	}
	if len(plain) > MaxSize-128 {
		return nil, fmt.Errorf("entry %s: %s of %d bytes: %w", id, kind, len(plain), ErrTooLarge)
	}
	l.next = mark{n: n, prev: hashHex(plain)}
	return signed(plain, ed25519.Sign(l.key, plain)), nil
}

// signed puts the signature where canonical order wants it: before "v".
func signed(plain, sig []byte) []byte {
	out := make([]byte, 0, len(plain)+len(sig)*2)
	out = append(out, plain[:len(plain)-len(tail)]...)
	out = append(out, `"sig":"`...)
	out = base64.StdEncoding.AppendEncode(out, sig)
	out = append(out, `",`...)
	return append(out, tail...)
}

// SignedBy reports whether an entry, as it stands on the topic and in the log, was
// signed by a key.
func SignedBy(entry []byte, key ed25519.PublicKey) bool {
	plain, sig, ok := unsigned(entry)
	return ok && ed25519.Verify(key, plain, sig)
}

// SignedByLog reports whether the key that signs a log's checkpoints signed an entry.
func SignedByLog(entry []byte, log note.Verifier) bool {
	plain, sig, ok := unsigned(entry)
	return ok && log.Verify(plain, sig)
}

// unsigned undoes signed.
func unsigned(entry []byte) (plain, sig []byte, ok bool) {
	at := bytes.LastIndex(entry, []byte(`"sig":"`))
	body, ok := bytes.CutSuffix(entry, []byte(`",`+tail))
	if at < 0 || !ok || len(body) < at+len(`"sig":"`) {
		return nil, nil, false
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(string(body[at+len(`"sig":"`):]))
	return append(bytes.Clone(entry[:at]), tail...), sig, err == nil
}

// Signed implements stream.Ledger: where nobody else signs and nobody is revoked.
func (l *Ledger) Signed(context.Context) (func(offset int64, entry []byte) bool, error) {
	pub := l.key.Public().(ed25519.PublicKey)
	return func(_ int64, entry []byte) bool { return SignedBy(entry, pub) }, nil
}

// Stands implements stream.Ledger likewise.
func (l *Ledger) Stands(context.Context) error { return nil }

// Settle says whether the entries made since the last Settle were committed. If
// not, they leave the run, and their numbers are given again: readers that read
// committed never saw them.
func (l *Ledger) Settle(committed bool) {
	if committed {
		l.committed = l.next
		return
	}
	l.next = l.committed
}

func hashHex(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
