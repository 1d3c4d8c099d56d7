package subject

import (
	"context"
	"errors"
	"testing"
	"time"

	"lethe/stream"
)

func TestL5ATransactionIsCommittedOnlyUnderTheCoverAndTheLeaseThatItWasMaskedUnder(t *testing.T) {
	w := newWorkplace(t)
	s := w.Subjects("7y")
	const within = 30 * time.Second
	commits := func() error { return s.Holds(within) }
	if err := commits(); err != nil {
		t.Errorf("nothing was masked: %v", err)
	}
	keyOf(t, s, subject(1))
	if err := commits(); err != nil {
		t.Errorf("under the lease: %v", err)
	}
	// A lease that is renewed on the same cover goes on.
	keyOf(t, s, subject(1))
	w.now += 40 * time.Second
	if err := commits(); !errors.Is(err, ErrNoLease) {
		t.Errorf("a lease that ends before the commit does: %v", err)
	}
	keyOf(t, s, subject(1))
	must(t, w.Lease(0))
	if err := commits(); err != nil {
		t.Errorf("a lease that was renewed: %v", err)
	}
	// A slow transaction: its subject is punctured behind its first record.
	for name, then := range map[string]func(){
		"and no other key is asked for": func() {},
		"and another key is asked for":  func() { keyOf(t, s, subject(3)) },
	} {
		t.Run(name, func(t *testing.T) {
			keyOf(t, s, subject(2))
			w.erase(t, []Digest{subject(4)})
			then()
			if err := commits(); !errors.Is(err, stream.ErrStale) {
				t.Errorf("got %v", err)
			}
			keyOf(t, s, subject(3))
			if err := commits(); err != nil {
				t.Errorf("masked again: %v", err)
			}
		})
	}
	// Punctured by another process: this one learns of it when it renews its lease,
	// and commits nothing once that is over.
	keyOf(t, s, subject(2))
	other, err := Open(w.config)
	must(t, err)
	last, err := other.Last()
	must(t, err)
	must(t, other.Puncture(context.Background(), last+1, []Digest{subject(2)}))
	w.now += leaseTime - within
	if err := commits(); !errors.Is(err, ErrNoLease) {
		t.Errorf("a transaction outlasts its lease: %v", err)
	}
	must(t, w.Lease(last+1))
	var key Key
	d := subject(2)
	if _, err := s.Key(&d, &key); !errors.Is(err, ErrErased) {
		t.Errorf("erased: %v", err)
	}
}
