package stream

import "errors"

// ErrDestroyed says that a key existed and was destroyed on purpose.
var ErrDestroyed = errors.New("key destroyed")

// FirstEpoch is the epoch of masking keys that every keyring begins with.
const FirstEpoch = "1"

// Keyring holds the keys that topics are encrypted with. Drivers live in
// masking/keyring. It is safe for concurrent use.
type Keyring interface {
	// Secret returns the 32-byte long-lived key of that name (routing,
	// positions, file-salt, ...). Keys of different names are independent.
	Secret(name string) ([]byte, error)
	// Wrap encrypts a session key under the key of a period, which it makes if
	// it is new. Periods are named <purpose>/<UTC time>, such as
	// raw/2026-01-31T15 (an hour) or quarantine/2026-01-31 (a day).
	Wrap(period string, key []byte) ([]byte, error)
	// Unwrap undoes Wrap. It returns an error wrapping [ErrDestroyed] if the
	// period's key is gone.
	Unwrap(period string, wrapped []byte) ([]byte, error)
	// Periods lists the periods of a purpose whose keys exist, oldest first.
	Periods(purpose string) ([]string, error)
	// Destroy deletes a period's key for good; it is durable on return.
	Destroy(period string) error
}

// Seal keeps small secrets of a connector (its state between runs) unreadable
// on disk.
type Seal interface {
	Seal(plain []byte) []byte
	Open(sealed []byte) ([]byte, error)
}
