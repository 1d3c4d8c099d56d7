package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"

	"lethe/stream"
)

// Workers are the keys that the log's key enrolled, and until where each counts, as a
// reader of all entries in order learns them. They are kept as JSON.
type Workers map[string]*Worker // by public key

// Worker is an enrolled key.
type Worker struct {
	ID         string            `json:"worker"`
	Key        ed25519.PublicKey `json:"public_key"`
	From       int64             `json:"from"` // audit offset of its enrolment
	EnrolledAt string            `json:"enrolled_at"`
	// Until is the audit offset of its revocation, from which on it does not count; nil
	// while it does.
	Until     *int64 `json:"until,omitempty"`
	RevokedAt string `json:"revoked_at,omitempty"`
	Reason    string `json:"reason,omitempty"`
}

// Take learns from the entry at an audit offset. What the log's key did not sign, as
// byLog says, enrols and revokes nobody, and a key that was revoked never counts again.
func (w Workers) Take(offset int64, entry []byte, byLog func(entry []byte) bool) {
	e, ok := ReadEntry(entry, stream.EntryEnrol, stream.EntryRevoke)
	if !ok || !byLog(entry) {
		return
	}
	var b struct {
		Enrolment
		RevokedAt string `json:"revoked_at"`
		Reason    string `json:"reason"`
	}
	if json.Unmarshal(e.Body, &b) != nil {
		return
	}
	pub, err := base64.StdEncoding.DecodeString(b.PublicKey)
	if err != nil || len(pub) != ed25519.PublicKeySize {
		return
	}
	at := w[b.PublicKey]
	if at == nil {
		at = &Worker{ID: b.Worker, Key: pub, From: offset, EnrolledAt: b.EnrolledAt}
		w[b.PublicKey] = at
	}
	if e.Kind == stream.EntryRevoke && at.Until == nil {
		at.Until, at.RevokedAt, at.Reason = &offset, b.RevokedAt, b.Reason
	}
}

// Signed reports whether an entry at an audit offset was signed by a key that counts
// there.
func (w Workers) Signed(offset int64, entry []byte) bool {
	for _, k := range w {
		if k.Counts(offset) && SignedBy(entry, k.Key) {
			return true
		}
	}
	return false
}

// Counts reports whether the key counts at an audit offset.
func (k *Worker) Counts(offset int64) bool {
	return k.From <= offset && (k.Until == nil || offset < *k.Until)
}

// Of finds a key.
func (w Workers) Of(pub ed25519.PublicKey) *Worker {
	return w[base64.StdEncoding.EncodeToString(pub)]
}

// List gives the keys in the order in which they were enrolled.
func (w Workers) List() []*Worker {
	return slices.SortedFunc(maps.Values(w), func(a, b *Worker) int { return int(a.From - b.From) })
}
