package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"golang.org/x/mod/sumdb/note"
)

// WitnessStatus is how a witness of the policy has answered since the process began.
type WitnessStatus struct {
	Name     string    // in the policy
	Cosigned time.Time // when it last cosigned; zero for never
	Failing  time.Time // since when every answer was another than a cosignature; zero if the last one was it
	Failed   time.Time // the last such answer; zero for none
}

// witnesses are whom a follower asks before it publishes. They outlive its terms.
type witnesses struct {
	group tessera.WitnessGroup // whose quorum cosigns checkpoints
	now   func() time.Time

	mu      sync.Mutex
	by      map[string]*WitnessStatus // by the address that is asked
	keys    map[string]note.Verifier  // likewise
	missing time.Time                 // since when the quorum was asked and did not answer
}

// readWitnesses reads a policy of witnesses; nil for none.
func readWitnesses(policy []byte, now func() time.Time) (*witnesses, error) {
	if policy == nil {
		return nil, nil
	}
	group, err := tessera.NewWitnessGroupFromPolicy(policy)
	if err != nil {
		return nil, fmt.Errorf("witnesses: %w", err)
	}
	w := &witnesses{group: group, now: now, keys: group.Endpoints(), by: make(map[string]*WitnessStatus)}
	if len(w.keys) > 0 {
		w.group = tessera.NewWitnessGroup(1, quorum{group, w})
	}
	for line := range strings.Lines(string(policy)) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) != 4 || f[0] != "witness" {
			continue
		}
		at, err := url.Parse(f[3])
		if err != nil {
			return nil, fmt.Errorf("witnesses: %w", err)
		}
		one, err := tessera.NewWitness(f[2], at)
		if err != nil {
			return nil, fmt.Errorf("witnesses: %w", err)
		}
		if w.keys[one.URL] != nil { // else the quorum does not need it, and nobody asks it
			w.by[one.URL] = &WitnessStatus{Name: f[1]}
		}
	}
	return w, nil
}

// CheckWitnesses says what is wrong with a policy of witnesses, to whom a log has to
// know the way.
func CheckWitnesses(policy []byte) error {
	_, err := readWitnesses(policy, time.Now)
	return err
}

// quorum hears whether the policy is met.
type quorum struct {
	tessera.WitnessGroup
	of *witnesses
}

// Satisfied says whether a checkpoint bears what the policy asks for.
func (q quorum) Satisfied(checkpoint []byte) bool {
	met := q.WitnessGroup.Satisfied(checkpoint)
	if met {
		q.of.mu.Lock()
		q.of.missing = time.Time{}
		q.of.mu.Unlock()
	}
	return met
}

// maxAnswer is more than a cosignature needs.
const maxAnswer = 64 << 10

// RoundTrip implements http.RoundTripper: it asks a witness, and remembers what came
// of it.
func (w *witnesses) RoundTrip(r *http.Request) (*http.Response, error) {
	w.asking(r)
	resp, err := http.DefaultTransport.RoundTrip(r)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(body))
	}
	// Who is no longer waited for, since the others were enough, has not failed.
	if err == nil || !errors.Is(r.Context().Err(), context.Canceled) {
		w.answered(r.URL.String(), err == nil && resp.StatusCode == http.StatusOK && w.cosigned(r, body))
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// asking begins the time for which a quorum is missing, unless it has begun.
func (w *witnesses) asking(r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.missing.IsZero() && r.Context().Err() == nil {
		w.missing = w.now()
	}
}

// cosigned reports whether a witness signed what it was sent.
func (w *witnesses) cosigned(r *http.Request, line []byte) bool {
	if r.GetBody == nil {
		return false
	}
	sent, err := r.GetBody()
	if err != nil {
		return false
	}
	text, err := io.ReadAll(sent)
	_, checkpoint, ok := bytes.Cut(text, []byte("\n\n"))
	if err != nil || !ok {
		return false
	}
	_, err = note.Open(append(bytes.Clone(checkpoint), line...), note.VerifierList(w.keys[r.URL.String()]))
	return err == nil
}

func (w *witnesses) answered(address string, cosigned bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.by[address]
	switch {
	case s == nil:
	case cosigned:
		s.Cosigned, s.Failing = w.now(), time.Time{}
	default:
		if s.Failed = w.now(); s.Failing.IsZero() {
			s.Failing = s.Failed
		}
	}
}

// status lists the witnesses by name, and tells since when their quorum is missing.
func (w *witnesses) status() (all []WitnessStatus, missing time.Time) {
	if w == nil {
		return nil, time.Time{}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.by {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b WitnessStatus) int { return strings.Compare(a.Name, b.Name) })
	return all, w.missing
}
