package file

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"

	"lethe/stream"
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

// NewSigningKey makes a person's Ed25519 key in a file of its own, which only its
// owner can read. One that is there is an error wrapping fs.ErrExist.
func NewSigningKey(path string) (ed25519.PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed)
	if err := createOnce(path, encodeKey(signingPrefix, seed)); err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// ReadSigningKey reads what [NewSigningKey] made. A file that others can read is
// refused with a Fault.
func ReadSigningKey(path string) (ed25519.PrivateKey, error) {
	seed, err := readKey(path, signingPrefix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &stream.Fault{Code: "keyring.no_key", Path: path, Msg: "there is no key here", Hint: "name the file of your key", Exit: stream.ExitInput}
	}
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// NewAuditorKey makes an auditor's X25519 private key in a file of its own, which only
// its owner can read. One that is there is an error wrapping fs.ErrExist.
func NewAuditorKey(path string) (*ecdh.PrivateKey, error) {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("auditor's key: %w", err)
	}
	if err := createOnce(path, encodeKey(auditorPrefix, key.Bytes())); err != nil {
		return nil, fmt.Errorf("auditor's key: %w", err)
	}
	return key, nil
}

// ReadAuditorKey reads what [NewAuditorKey] made. A file that others can read is
// refused with a Fault.
func ReadAuditorKey(path string) (*ecdh.PrivateKey, error) {
	raw, err := readKey(path, auditorPrefix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &stream.Fault{Code: "keyring.no_key", Path: path, Msg: "there is no key here", Hint: "name the file of your key", Exit: stream.ExitInput}
	}
	if err != nil {
		return nil, err
	}
	key, err := ecdh.X25519().NewPrivateKey(raw)
	if err != nil {
		return nil, errors.New("auditor's key: not a private key of X25519")
	}
	return key, nil
}
