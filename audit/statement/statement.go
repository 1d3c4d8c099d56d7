// Package statement signs coverage statements: what a log tells of the records that
// sources gave in a range, as one file that is checked with the log's public key alone.
//
// Its words are those of package audit/verify, which counts, has the type of a statement,
// and checks one without the code that signs it here, and those of the draft on disclosure evidence
// (matched, observed without receipt, receipted without observation, excluded,
// indeterminate). A statement is written as canonical JSON (RFC 8785) and as COSE_Sign1
// (RFC 9052) over deterministic CBOR (RFC 8949 §4.2); FORMAT.md of package stream tells
// their bytes.
//
// Promise: L4 provable: what is signed names the checkpoint that it rests on, so that
// whoever has the log counts again.
package statement

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"

	"lethe/audit/verify"
	"lethe/stream"
)

// New is the statement of what a check with a range told, by a build, at a time.
func New(r *verify.Report, build string, at time.Time) (*verify.Statement, error) {
	// L4: the state holds the checkpoint that it rests on.
	body, err := r.State()
	if err != nil {
		return nil, err
	}
	return &verify.Statement{Type: verify.StatementType, Build: build, Time: at.UTC().Format(time.RFC3339), State: *body}, nil
}

// JSON signs s as {"sig","statement","v":1}; the signature is over the file without sig.
func JSON(s *verify.Statement, key ed25519.PrivateKey) ([]byte, error) {
	body, err := stream.Canonical(s)
	if err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	tail := fmt.Sprintf(`"statement":%s,"v":1}`, body)
	// A text that begins so is no entry and no checkpoint: the key signs nothing else like it.
	sig := ed25519.Sign(key, []byte("{"+tail))
	return fmt.Appendf(nil, `{"sig":"%s",%s`, base64.StdEncoding.EncodeToString(sig), tail), nil
}

// CBOR signs s as a tagged COSE_Sign1.
func CBOR(s *verify.Statement, key ed25519.PrivateKey) ([]byte, error) {
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	body, err := enc.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	m := cose.NewSign1Message()
	m.Payload = body
	m.Headers.Protected.SetAlgorithm(cose.AlgorithmEdDSA)
	m.Headers.Protected[cose.HeaderLabelContentType] = verify.StatementMedia
	// Issuer and subject, as SCITT asks of signed statements (RFC 9597).
	if _, err := m.Headers.Protected.SetCWTClaims(cose.CWTClaims{cose.CWTClaimIssuer: s.State.Origin, cose.CWTClaimSubject: verify.StatementType}); err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	if err := m.Sign(rand.Reader, nil, signer); err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	return m.MarshalCBOR()
}
