package subject

import (
	"errors"
	"time"
)

// Why a subject has no key.
var (
	// ErrErased says that the subject's secret was destroyed.
	ErrErased = errors.New("subject erased")
	// ErrNoLease says that nobody vouches any longer for what is erased. It is
	// no property of the subject: renew the lease and ask again.
	ErrNoLease = errors.New("no lease on the cover")
)

// Digest is what a subject is known by; a [Digester] makes it.
type Digest [32]byte

// Key is a subject's key for one retention period. It cannot be printed (L7).
type Key [keySize]byte

// Subjects gives the keys of data subjects, for values of one retention period.
// A Subjects is used by one goroutine; a [Store] gives them.
type Subjects interface {
	// Key writes the key of the subject with that digest into key, and returns
	// what a value has to name so that the key is found again. It returns an
	// error wrapping [ErrErased] for an erased subject or an ended period,
	// [ErrNoLease] without a lease; then key holds zeros (L5).
	//
	// The digest is the subject's own: who links aliases resolves them first.
	Key(digest *Digest, key *Key) (Locator, error)
	// Holds says whether what was made with the keys given since the last Holds
	// may still be committed, by a commit that takes no longer than within; it
	// begins anew. It returns an error wrapping [stream.ErrStale] if the cover has
	// changed since, [ErrNoLease] if the lease is over by then (L5).
	Holds(within time.Duration) error
	// Clone returns the same for another goroutine.
	Clone() Subjects
}

// Locator says which of a subject's keys a value is under.
type Locator struct {
	Period     uint16 // which retention period, by its number in the cover
	Generation uint16 // how often the subject was erased before
}

// Keyring gives the long-lived secrets that digests and locators are made with:
// a Keyring.
type Keyring interface {
	// Secret returns the 32-byte key of that name.
	Secret(name string) ([]byte, error)
}
