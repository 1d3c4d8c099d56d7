package file

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"

	"lethe/stream/disk"
)

var signerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// SigningKey returns the Ed25519 key of that name, and makes it the first time.
// It is random and does not derive from the root: who backs up the root cannot
// sign.
func (k *Keyring) SigningKey(name string) (ed25519.PrivateKey, error) {
	if !signerName.MatchString(name) {
		return nil, errors.New("signing key: want a name of letters, digits, . _ and -")
	}
	path := filepath.Join(k.dir, "signing", name)
	seed, err := readKey(path, signingPrefix)
	if errors.Is(err, fs.ErrNotExist) {
		fresh := make([]byte, ed25519.SeedSize)
		rand.Read(fresh)
		if err = disk.MakeDir(filepath.Dir(path), 0o700); err == nil {
			err = createOnce(path, encodeKey(signingPrefix, fresh))
		}
		if err == nil || errors.Is(err, fs.ErrExist) {
			seed, err = readKey(path, signingPrefix)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", name, err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
