// Package auth has a second person agree to what a first one is about to do: a
// request says what, an approval is the request under that person's signature.
//
// It does not know who may ask or agree: the caller gives the approver's public key
// and says how an approval is used only once.
//
// Promise: L7 unprintable: a request holds a keyed hash of values, never one of
// them, and errors hold neither values nor keys.
package auth

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"lethe/stream"
)

// Lifetime is how long an approval can be used after its request was made.
const Lifetime = 24 * time.Hour

// Why an approval does not count.
var (
	ErrSignature = errors.New("not signed by the approver's key")
	ErrOther     = errors.New("approves another request")
	ErrExpired   = errors.New("older than a day")
	ErrSelf      = errors.New("who asks cannot approve")
)

// Request is what somebody asks another to agree to.
type Request struct {
	V         int         `json:"v"`
	Stream    string      `json:"stream"`
	Field     string      `json:"field"`
	Principal string      `json:"principal"`
	Reason    string      `json:"reason"`
	Ticket    string      `json:"ticket"`
	Count     int         `json:"count"` // of values
	Salt      string      `json:"salt"`  // 32 random bytes, base64
	Values    stream.Hash `json:"values"`
	Made      time.Time   `json:"made"`
}

// NewRequest completes a request with what binds it to values.
func NewRequest(r Request, values [][]byte, now time.Time) Request {
	salt := make([]byte, 32)
	rand.Read(salt)
	r.V, r.Count, r.Made = 1, len(values), now.UTC().Truncate(time.Second)
	r.Salt = base64.StdEncoding.EncodeToString(salt)
	r.Values = hashOf(salt, values)
	return r
}

// hashOf is an HMAC-SHA-256 under salt over the values, each after its length: who
// reads a request finds none of them by trying (L7).
func hashOf(salt []byte, values [][]byte) stream.Hash {
	h := hmac.New(sha256.New, salt)
	for _, v := range values {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(v))))
		h.Write(v)
	}
	return stream.Hash(h.Sum(nil))
}

// Approval is a request that somebody agreed to.
type Approval struct {
	Request  Request `json:"request"`
	Approver string  `json:"approver"`
	Sig      string  `json:"sig"` // Ed25519 over [Approval.signed], base64
}

// Sign agrees to a request.
func Sign(r Request, approver string, key ed25519.PrivateKey) (Approval, error) {
	a := Approval{Request: r, Approver: approver}
	text, err := a.signed()
	if err != nil {
		return Approval{}, err
	}
	a.Sig = base64.StdEncoding.EncodeToString(ed25519.Sign(key, text))
	return a, nil
}

// signed is what an approver signs: a heading and the approval without signature in
// canonical JSON.
func (a Approval) signed() ([]byte, error) {
	a.Sig = ""
	text, err := stream.Canonical(a)
	if err != nil {
		return nil, fmt.Errorf("approval: %w", err)
	}
	return append([]byte("lethe approval 1\n"), text...), nil
}

// Check returns nil if the approval, under its approver's key, is of that request for
// these values. r says stream, field, principal, reason and ticket.
func (a Approval) Check(r Request, values [][]byte, key ed25519.PublicKey, now time.Time) error {
	text, err := a.signed()
	if err != nil {
		return err
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(a.Sig)
	if err != nil || len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, text, sig) {
		return ErrSignature
	}
	salt, err := base64.StdEncoding.Strict().DecodeString(a.Request.Salt)
	if err != nil || len(salt) != 32 || a.Request.V != 1 {
		return ErrOther
	}
	r.V, r.Count, r.Salt, r.Values, r.Made = 1, len(values), a.Request.Salt, hashOf(salt, values), a.Request.Made
	switch age := now.Sub(a.Request.Made); {
	case r != a.Request:
		return ErrOther
	case a.Approver == r.Principal:
		return ErrSelf
	case age > Lifetime || age < -time.Hour:
		return ErrExpired
	}
	return nil
}

// Hash names the approval, which counts once. The signature is not in it: one
// request that is signed twice is still one.
func (a Approval) Hash() (stream.Hash, error) {
	text, err := stream.Canonical(a.Request)
	return stream.Hash(sha256.Sum256(text)), err
}
