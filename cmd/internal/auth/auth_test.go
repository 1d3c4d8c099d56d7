package auth

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestL7AnApprovalIsOfOneRequestByOneOtherPersonForADay(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	const canary = "canary-51c7"
	asked := Request{Stream: "shop.main.customer", Field: "email", Principal: "somchai", Reason: "complaint", Ticket: "T-1"}
	values := [][]byte{[]byte(canary), []byte("b")}
	now := time.Date(2026, 1, 31, 15, 0, 0, 0, time.UTC)
	approved, err := Sign(NewRequest(asked, values, now), "malee", key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(approved)
	if err != nil || strings.Contains(string(text), canary) {
		t.Fatalf("a value is in the approval, or %v", err)
	}
	check := func(change func(a *Approval, r *Request, v *[][]byte, key *ed25519.PublicKey, at *time.Time)) error {
		var a Approval
		if err := json.Unmarshal(text, &a); err != nil { // as it comes from a file
			t.Fatal(err)
		}
		r, v, k, at := asked, values, pub, now.Add(time.Hour)
		change(&a, &r, &v, &k, &at)
		return a.Check(r, v, k, at)
	}
	for name, c := range map[string]struct {
		change func(a *Approval, r *Request, v *[][]byte, key *ed25519.PublicKey, at *time.Time)
		want   error
	}{
		"as it was signed": {func(*Approval, *Request, *[][]byte, *ed25519.PublicKey, *time.Time) {}, nil},
		"another key":      {func(_ *Approval, _ *Request, _ *[][]byte, k *ed25519.PublicKey, _ *time.Time) { *k = other }, ErrSignature},
		"no key":           {func(_ *Approval, _ *Request, _ *[][]byte, k *ed25519.PublicKey, _ *time.Time) { *k = nil }, ErrSignature},
		"another approver": {func(a *Approval, _ *Request, _ *[][]byte, _ *ed25519.PublicKey, _ *time.Time) { a.Approver = "nok" }, ErrSignature},
		"another count":    {func(a *Approval, _ *Request, _ *[][]byte, _ *ed25519.PublicKey, _ *time.Time) { a.Request.Count++ }, ErrSignature},
		"another field":    {func(_ *Approval, r *Request, _ *[][]byte, _ *ed25519.PublicKey, _ *time.Time) { r.Field = "phone" }, ErrOther},
		"another reason":   {func(_ *Approval, r *Request, _ *[][]byte, _ *ed25519.PublicKey, _ *time.Time) { r.Reason = "curious" }, ErrOther},
		"another person":   {func(_ *Approval, r *Request, _ *[][]byte, _ *ed25519.PublicKey, _ *time.Time) { r.Principal = "nok" }, ErrOther},
		"another value": {func(_ *Approval, _ *Request, v *[][]byte, _ *ed25519.PublicKey, _ *time.Time) {
			*v = [][]byte{[]byte(canary), []byte("c")}
		}, ErrOther},
		"one value less": {func(_ *Approval, _ *Request, v *[][]byte, _ *ed25519.PublicKey, _ *time.Time) { *v = values[:1] }, ErrOther},
		"values put anew": {func(_ *Approval, _ *Request, v *[][]byte, _ *ed25519.PublicKey, _ *time.Time) {
			*v = [][]byte{[]byte(canary + "b"), nil}
		}, ErrOther},
		"two days later": {func(_ *Approval, _ *Request, _ *[][]byte, _ *ed25519.PublicKey, at *time.Time) {
			*at = now.Add(48 * time.Hour)
		}, ErrExpired},
		"a day before": {func(_ *Approval, _ *Request, _ *[][]byte, _ *ed25519.PublicKey, at *time.Time) {
			*at = now.Add(-24 * time.Hour)
		}, ErrExpired},
	} {
		if err := check(c.change); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	self, err := Sign(NewRequest(asked, values, now), "somchai", key)
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Check(asked, values, pub, now); !errors.Is(err, ErrSelf) {
		t.Errorf("approved by who asks: %v", err)
	}
}
