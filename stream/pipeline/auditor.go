package pipeline

import (
	"crypto/ecdh"
	"crypto/hpke"
	"errors"
	"fmt"
)

// sessionInfo binds what is sealed to an auditor to its use.
const sessionInfo = "lethe-session-v1"

// ErrAuditor says that a record has no session key for the auditor who asks.
var ErrAuditor = errors.New("its session key is not sealed to this auditor")

// AuditorKey reads the X25519 public key of an auditor, 32 bytes.
func AuditorKey(raw []byte) (hpke.PublicKey, error) {
	pub, err := ecdh.X25519().NewPublicKey(raw)
	if err != nil {
		return nil, fmt.Errorf("auditor's key: %w", err)
	}
	return hpke.NewDHKEMPublicKey(pub)
}

// AuditorSecret is the private key of an auditor, to open what is sealed to it.
func AuditorSecret(key *ecdh.PrivateKey) (hpke.PrivateKey, error) {
	return hpke.NewDHKEMPrivateKey(key)
}

// sealForAuditor encrypts a session key to an auditor (RFC 9180, base mode,
// DHKEM(X25519), HKDF-SHA256, AES-256-GCM).
func sealForAuditor(to hpke.PublicKey, session []byte) ([]byte, error) {
	sealed, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(sessionInfo), session)
	if err != nil {
		return nil, fmt.Errorf("session key: seal to the auditor: %w", err)
	}
	return sealed, nil
}

func openForAuditor(key hpke.PrivateKey, sealed []byte) ([]byte, error) {
	session, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(sessionInfo), sealed)
	if err != nil {
		return nil, ErrAuditor
	}
	return session, nil
}
