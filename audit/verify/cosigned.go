package verify

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// WitnessPolicy says whose cosignatures make a checkpoint one that a log shows to
// everybody (C2SP tlog-policy): witnesses, groups of them, and which must be met.
type WitnessPolicy struct {
	logs      []string // keys of logs that it is for; none for any
	witnesses []witnessKey
	groups    map[string]quorum // witnesses are groups of themselves
	grouped   map[string]bool   // members of groups
	quorum    string            // "" for none
}

type witnessKey struct {
	name string // in the policy
	id   string // as its signature lines begin: its own name
	hash uint32
	key  ed25519.PublicKey
}

type quorum struct {
	need    int
	members []string
}

// ErrPolicy says that a text is no witness policy.
var ErrPolicy = errors.New("not a witness policy")

// algCosignature marks an Ed25519 key of cosignatures in an encoded key.
const algCosignature = 4

// ReadWitnessPolicy reads a policy: a line each of
//
//	log VKEY [URL]
//	witness NAME VKEY [URL]
//	group NAME any|all|N MEMBER...
//	quorum NAME|none
//
// With log lines it is for those logs only: see [WitnessPolicy.For].
func ReadWitnessPolicy(text []byte) (*WitnessPolicy, error) {
	p := &WitnessPolicy{groups: make(map[string]quorum), grouped: make(map[string]bool)}
	said := false
	for n, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		err := p.line(f)
		if f[0] == "quorum" && said {
			err = errors.New("a second quorum")
		}
		said = said || f[0] == "quorum"
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrPolicy, n+1, err)
		}
	}
	if !said {
		return nil, fmt.Errorf("%w: it names no quorum", ErrPolicy)
	}
	return p, nil
}

func (p *WitnessPolicy) line(f []string) error {
	switch {
	case f[0] == "log" && (len(f) == 2 || len(f) == 3):
		return p.log(f[1])
	case f[0] == "witness" && (len(f) == 3 || len(f) == 4):
		w, err := readWitness(f[1], f[2])
		if err != nil {
			return err
		}
		for _, v := range p.witnesses {
			if v.key.Equal(w.key) {
				// One signer must not make a quorum of two.
				return fmt.Errorf("%q and %q have one key", v.name, w.name)
			}
		}
		p.witnesses = append(p.witnesses, w)
		return p.add(f[1], quorum{need: 1})
	case f[0] == "group" && len(f) > 3:
		members := f[3:]
		need, err := strconv.Atoi(f[2])
		switch {
		case f[2] == "any":
			need, err = 1, nil
		case f[2] == "all":
			need, err = len(members), nil
		}
		if err != nil || need < 1 || need > len(members) {
			return errors.New("no such threshold")
		}
		for _, m := range members {
			// One witness counts in one way only.
			if _, ok := p.groups[m]; !ok || p.grouped[m] {
				return fmt.Errorf("%q is not named before, or a member twice", m)
			}
			p.grouped[m] = true
		}
		return p.add(f[1], quorum{need, members})
	case f[0] == "quorum" && len(f) == 2:
		if f[1] == "none" {
			return nil
		}
		if _, ok := p.groups[f[1]]; !ok {
			return fmt.Errorf("%q is not named before", f[1])
		}
		p.quorum = f[1]
		return nil
	}
	return errors.New("not a log, witness, group or quorum")
}

func (p *WitnessPolicy) log(vkey string) error {
	if _, err := note.NewVerifier(vkey); err != nil {
		return errors.New("not the public key of a log <name>+<hash>+<key>")
	}
	for _, l := range p.logs {
		if keyOf(l) == keyOf(vkey) {
			return errors.New("a log is named twice")
		}
	}
	p.logs = append(p.logs, vkey)
	return nil
}

// keyOf is the key in an encoded key, without the name.
func keyOf(vkey string) string {
	f := strings.SplitN(vkey, "+", 3)
	return f[len(f)-1]
}

// For returns an error wrapping [ErrPolicy] if the policy is for logs, and none of them
// has one of these public keys, a line for each shard of a log: what their witnesses see
// says nothing of it.
func (p *WitnessPolicy) For(keys string) error {
	if len(p.logs) == 0 || slices.ContainsFunc(strings.Fields(keys), func(k string) bool { return slices.Contains(p.logs, k) }) {
		return nil
	}
	name, _, _ := strings.Cut(keys, "+")
	return fmt.Errorf("%w of %s: its log lines name other keys", ErrPolicy, name)
}

func (p *WitnessPolicy) add(name string, q quorum) error {
	if _, ok := p.groups[name]; ok {
		return fmt.Errorf("%q is named twice", name)
	}
	p.groups[name] = q
	return nil
}

// readWitness reads a key <name>+<hash>+<base64 of 4 ‖ key>.
func readWitness(name, vkey string) (witnessKey, error) {
	f := strings.SplitN(vkey, "+", 3)
	bad := errors.New("not a verifier key of cosignatures <name>+<hash>+<key>")
	if len(f) != 3 || f[0] == "" {
		return witnessKey{}, bad
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(f[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != algCosignature {
		return witnessKey{}, bad
	}
	sum := sha256.Sum256(append([]byte(f[0]+"\n"), raw...))
	hash := binary.BigEndian.Uint32(sum[:])
	if f[1] != fmt.Sprintf("%08x", hash) {
		return witnessKey{}, bad
	}
	return witnessKey{name: name, id: f[0], hash: hash, key: raw[1:]}, nil
}

// Cosignature is one that was checked.
type Cosignature struct {
	Witness string    `json:"witness"` // its name in the policy
	Time    time.Time `json:"time"`    // as the witness says
	line    string
}

// Check checks the cosignatures of a checkpoint and says whether the quorum is met by
// those that are not older than since. Lines of others than the policy's witnesses are passed over; one in the name and key
// of a witness that does not verify is an error.
func (p *WitnessPolicy) Check(checkpoint []byte, since time.Time) (signed []Cosignature, met bool, err error) {
	body, sigs, ok := strings.Cut(string(checkpoint), "\n\n")
	if !ok {
		return nil, false, errors.New("no signatures")
	}
	have := make(map[string]bool)
	for line := range strings.Lines(sigs) {
		line = strings.TrimSuffix(line, "\n")
		id, text, ok := strings.Cut(strings.TrimPrefix(line, "— "), " ")
		raw, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || !ok || len(raw) < 4 {
			return nil, false, errors.New("a line that is no signature")
		}
		for _, w := range p.witnesses {
			if w.id != id || w.hash != binary.BigEndian.Uint32(raw) {
				continue
			}
			if len(raw) != 4+8+ed25519.SignatureSize {
				return nil, false, fmt.Errorf("witness %s: no cosignature", w.name)
			}
			at := binary.BigEndian.Uint64(raw[4:])
			msg := fmt.Sprintf("cosignature/v1\ntime %d\n%s\n", at, body)
			if !ed25519.Verify(w.key, []byte(msg), raw[12:]) {
				return nil, false, fmt.Errorf("witness %s: its cosignature is of something else", w.name)
			}
			one := Cosignature{Witness: w.name, Time: time.Unix(int64(min(at, 1<<40)), 0).UTC(), line: line}
			signed = append(signed, one)
			have[w.name] = have[w.name] || !one.Time.Before(since)
		}
	}
	return signed, p.quorum == "" || p.meets(p.quorum, have), nil
}

func (p *WitnessPolicy) meets(name string, have map[string]bool) bool {
	q := p.groups[name]
	if q.members == nil {
		return have[name]
	}
	n := 0
	for _, m := range q.members {
		if p.meets(m, have) {
			n++
		}
	}
	return n >= q.need
}

// Cosigned checks checkpoints for [ProofOptions]: by cosignatures not older than since.
func (p *WitnessPolicy) Cosigned(since time.Time) func(checkpoint []byte) (map[string]bool, error) {
	return func(checkpoint []byte) (map[string]bool, error) {
		signed, met, err := p.Check(checkpoint, since)
		if err != nil {
			return nil, err
		}
		if !met {
			return nil, errors.New("the witnesses' quorum is not met")
		}
		checked := make(map[string]bool)
		for _, s := range signed {
			checked[s.line] = true
		}
		return checked, nil
	}
}
