package verify

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"
	"golang.org/x/mod/sumdb/note"
)

// StatementType says what a statement is, and in which form; StatementMedia is the
// content type of its payload in COSE.
const (
	StatementType  = "lethe-coverage/1"
	StatementMedia = "application/vnd.lethe.coverage+cbor"
)

// MaxStatement is longer than any statement.
const MaxStatement = 16 << 20

// ErrStatement says that a file is no statement in one of its two forms. What is wrong is
// told in the error that wraps it, or wraps [ErrFalse].
var ErrStatement = errors.New("not a coverage statement")

// Statement is what the key of a log signs about a range.
type Statement struct {
	Type  string `json:"type"`
	Build string `json:"build"` // SHA-256 of the executable that counted
	Time  string `json:"time"`  // RFC 3339 UTC
	State State  `json:"state"`
}

// State is what anyone counts who has the log as far as the checkpoint covers it.
type State struct {
	Origin     string   `json:"origin"`
	Size       int64    `json:"size"`       // entries, over all shards
	Checkpoint string   `json:"checkpoint"` // the whole note
	Result     Result   `json:"result"`
	Findings   int64    `json:"findings"` // of the whole log, lakes apart
	Coverage   Coverage `json:"coverage"`
}

// Result sums up, over connections, what became of the records that sources gave. Those
// that several connections read count for each.
type Result struct {
	Matched       int64 `json:"matched"`                       // delivered, quarantined or shredded
	Unreceipted   int64 `json:"observed_without_receipt"`      // missing
	Unobserved    int64 `json:"receipted_without_observation"` // more was read than there was
	Excluded      int64 `json:"excluded"`                      // filtered, or from before the connection began
	Indeterminate int64 `json:"indeterminate"`                 // at the border of the range, or pending
}

// State is what a check with a range tells, apart from lakes; an error without one.
func (r *Report) State() (*State, error) {
	if r.Coverage == nil || r.as.Checkpoint == "" {
		return nil, errors.New("coverage: the log was not read, or no range was asked for")
	}
	s := r.as
	s.Findings, s.Coverage = int64(len(r.Findings)), *r.Coverage
	for _, c := range r.Coverage.Connections {
		s.Result.Matched += c.Delivered + c.Quarantined + c.Shredded
		s.Result.Unreceipted += max(0, c.Missing)
		s.Result.Unobserved += max(0, -c.Missing)
		s.Result.Excluded += c.Filtered + c.Before
		s.Result.Indeterminate += c.Border + c.Pending
	}
	return &s, nil
}

// ReadStatement reads a statement in either form, and checks that the log's key signed
// it and the checkpoint that it names; of a log of several shards the key is that of the
// newest one then, among those that are given, a line each. It says nothing of whether
// the statement is true: for that see [Statement.Recount].
func ReadStatement(raw []byte, publicKeys string) (s *Statement, err error) {
	err = ErrKey
	for _, key := range strings.Fields(publicKeys) {
		if s, err = readStatement(raw, key); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func readStatement(raw []byte, publicKey string) (*Statement, error) {
	v, err := note.NewVerifier(publicKey)
	if err != nil {
		return nil, ErrKey
	}
	key, err := ed25519Of(publicKey)
	if err != nil {
		return nil, ErrKey
	}
	read := readStatementCBOR
	if bytes.HasPrefix(raw, []byte("{")) {
		read = readStatementJSON
	}
	s, err := read(raw, key)
	if err != nil {
		return nil, err
	}
	cp, err := openCheckpoint([]byte(s.State.Checkpoint), v)
	switch {
	case s.Type != StatementType:
		return nil, fmt.Errorf("%w: its type is %q", ErrStatement, s.Type)
	case err != nil:
		return nil, fmt.Errorf("%w: checkpoint: %w", ErrFalse, err)
	case cp.origin != s.State.Origin || s.State.Size < cp.tree.N:
		return nil, fmt.Errorf("%w: it is of another log than its checkpoint", ErrFalse)
	}
	if _, err := s.window(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	return s, nil
}

// readStatementJSON reads {"sig","statement","v":1} in canonical JSON.
func readStatementJSON(raw []byte, key ed25519.PublicKey) (*Statement, error) {
	if err := canonical(raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	if err := plainNames(raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	var file struct {
		Sig       string          `json:"sig"`
		Statement json.RawMessage `json:"statement"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("%w: not an object of sig, statement and v", ErrStatement)
	}
	tail := fmt.Sprintf(`"statement":%s,"v":1}`, file.Statement)
	sig, err := strictBase64(file.Sig)
	if err != nil || string(raw) != `{"sig":"`+file.Sig+`",`+tail {
		return nil, fmt.Errorf("%w: not an object of sig, statement and v 1", ErrStatement)
	}
	if !ed25519.Verify(key, []byte("{"+tail), sig) {
		return nil, fmt.Errorf("%w: the log's key did not sign it", ErrFalse)
	}
	dec := json.NewDecoder(bytes.NewReader(file.Statement))
	dec.DisallowUnknownFields()
	s := new(Statement)
	if err := dec.Decode(s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStatement, err)
	}
	return s, nil
}

// sign1 is a COSE_Sign1 (RFC 9052 §4.2).
type sign1 struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected map[any]any
	Payload     []byte
	Signature   []byte
}

const tagSign1 = 18

// readStatementCBOR reads a tagged COSE_Sign1 in deterministic CBOR. Each of its three
// layers is written again and must be the same: there is one form.
func readStatementCBOR(raw []byte, key ed25519.PublicKey) (*Statement, error) {
	not := func(what string) error { return fmt.Errorf("%w: %s", ErrStatement, what) }
	if len(raw) == 0 || raw[0] != 0xc0|tagSign1 {
		return nil, not("neither JSON nor a COSE_Sign1")
	}
	var outer sign1
	if !onlyCBOR(raw[1:], &outer) || len(outer.Unprotected) > 0 {
		return nil, not("not a COSE_Sign1 in deterministic CBOR without unprotected headers")
	}
	head, body := make(map[int]any), new(Statement)
	if !onlyCBOR(outer.Protected, &head) || !onlyCBOR(outer.Payload, body) {
		return nil, not("its headers or payload are not in deterministic CBOR")
	}
	verifier, err := cose.NewVerifier(cose.AlgorithmEdDSA, key)
	if err != nil {
		return nil, ErrKey
	}
	var m cose.Sign1Message
	if err := m.UnmarshalCBOR(raw); err != nil {
		return nil, not("not a COSE_Sign1")
	}
	if err := m.Verify(nil, verifier); err != nil {
		return nil, fmt.Errorf("%w: the log's key did not sign it", ErrFalse)
	}
	claims, _ := head[15].(map[any]any)
	if len(head) != 3 || head[3] != any(StatementMedia) || len(claims) != 2 || claims[uint64(1)] != any(body.State.Origin) || claims[uint64(2)] != any(StatementType) {
		return nil, not("its protected headers are not those of a statement")
	}
	return body, nil
}

// onlyCBOR decodes raw into v, and reports whether raw is the deterministic form of what
// came of it (RFC 8949 §4.2).
func onlyCBOR(raw []byte, v any) bool {
	dec, err := cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxNestedLevels: 16, ExtraReturnErrors: cbor.ExtraDecErrorUnknownField}.DecMode()
	if err != nil || dec.Unmarshal(raw, v) != nil {
		return false
	}
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return false
	}
	again, err := enc.Marshal(v)
	return err == nil && bytes.Equal(again, raw)
}

// window is the range that the statement is about.
func (s *Statement) window() (w Window, err error) {
	c := &s.State.Coverage
	for _, end := range []struct {
		text string
		at   *time.Time
	}{{c.From, &w.From}, {c.To, &w.To}} {
		if end.text == "" {
			continue
		}
		if *end.at, err = time.Parse(time.RFC3339Nano, end.text); err != nil {
			return w, fmt.Errorf("%w: %q is no instant", ErrRange, end.text)
		}
	}
	for _, p := range c.Positions {
		if w.Positions == nil {
			w.Positions = make(map[string]PositionRange)
		}
		w.Positions[p.Source] = p
	}
	return w, nil
}

// Recount counts again from a log that goes on from the statement's checkpoint, or ends
// there. The error wraps [ErrFalse] where another state comes of it; the report is that
// of the log.
func (s *Statement) Recount(ctx context.Context, log, publicKeys string) (*Report, error) {
	w, err := s.window()
	if err != nil {
		return nil, err
	}
	r, err := Run(ctx, Options{Log: log, PublicKey: publicKeys, Remembered: []byte(s.State.Checkpoint), AsRemembered: true, Coverage: &w})
	if err != nil {
		return nil, err
	}
	if r.Extends == nil {
		return r, fmt.Errorf("%w: the log does not go on from the statement's checkpoint", ErrFalse)
	}
	again, err := r.State()
	if err != nil {
		return r, fmt.Errorf("%w: %w", ErrFalse, err)
	}
	told, err := plainJSON(s.State)
	if err != nil {
		return r, err
	}
	counted, err := plainJSON(again)
	if err != nil {
		return r, err
	}
	if !bytes.Equal(told, counted) {
		return r, fmt.Errorf("%w: the log tells another state of this range than the statement", ErrFalse)
	}
	return r, nil
}
