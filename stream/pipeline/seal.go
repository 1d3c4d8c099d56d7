package pipeline

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"lethe/stream"
)

// seal encrypts small states (positions, connector state) under a long-lived
// key: AES-256-GCM with random nonces.
type seal struct{ aead cipher.AEAD }

// NewSeal returns a stream.Seal under the keyring's key of that name.
func NewSeal(k stream.Keyring, name string) (stream.Seal, error) { return newSeal(k, name) }

func newSeal(k stream.Keyring, name string) (seal, error) {
	key, err := k.Secret(name)
	if err != nil {
		return seal{}, fmt.Errorf("key %s: %w", name, err)
	}
	aead, err := newGCM(key)
	return seal{aead}, err
}

// Seal implements stream.Seal; nothing stays nothing.
func (s seal) Seal(plain []byte) []byte {
	if len(plain) == 0 {
		return nil
	}
	nonce := make([]byte, 12, 12+len(plain)+16)
	rand.Read(nonce)
	return s.aead.Seal(nonce, nonce, plain, nil)
}

// Open implements stream.Seal.
func (s seal) Open(sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	if len(sealed) < 12+16 {
		return nil, errors.New("sealed state is cut short")
	}
	plain, err := s.aead.Open(nil, sealed[:12], sealed[12:], nil)
	if err != nil {
		return nil, errors.New("sealed state does not open with this workspace's key")
	}
	return plain, nil
}
