package witness_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lethe/audit"
	"lethe/audit/audittest"
	"lethe/audit/verify"
	"lethe/audit/witness"
)

// party is a witness at its address.
type party struct {
	dir, vkey string
	signer    note.Signer
	known     []note.Verifier
	handler   http.Handler // nil while it is down
	last      *witness.Witness
	url       string
}

func (p *party) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.handler == nil {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	p.handler.ServeHTTP(w, r)
}

// start begins it again, with what it kept.
func (p *party) start(t *testing.T) *witness.Witness {
	t.Helper()
	if p.last != nil {
		if _, err := witness.New(witness.Config{Dir: p.dir, Signer: p.signer}); !errors.Is(err, witness.ErrHeld) {
			t.Errorf("a second witness on one directory: %v", err)
		}
		p.last.Close() // as the kernel does for a process that was killed
	}
	w, err := witness.New(witness.Config{Dir: p.dir, Signer: p.signer, Logs: p.known, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	p.handler, p.last = w, w
	return w
}

func newParty(t *testing.T, name string, logs ...note.Verifier) *party {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	p := &party{dir: t.TempDir(), known: logs}
	if p.vkey, err = fnote.VKeyToCosignatureV1(vkey); err != nil {
		t.Fatal(err)
	}
	if p.signer, err = fnote.NewSignerForCosignatureV1(skey); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	p.url = srv.URL
	p.start(t)
	return p
}

// log is a log that a test lets grow.
type log struct {
	dir, skey, vkey string
	verifier        note.Verifier
	topic           audittest.Topic
}

func newLog(t *testing.T) *log {
	t.Helper()
	l := &log{dir: t.TempDir()}
	var err error
	if l.skey, l.vkey, err = audit.NewLogKey("lethe/shop"); err == nil {
		l.verifier, err = audit.Verifier(l.skey)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// grow appends entries, and says why no checkpoint was published over them.
func (l *log) grow(t *testing.T, entries int64, policy, text string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	l.topic = l.topic.Grow(entries, text)
	return l.topic.Follow(ctx, l.dir, l.skey, []byte(policy))
}

// judge verifies the log under a policy and gives the codes of what it finds, but for
// those of entries, which are no real ones here.
func (l *log) judge(t *testing.T, policy string) (found []string) {
	t.Helper()
	p, err := verify.ReadWitnessPolicy([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	r, err := verify.Run(t.Context(), verify.Options{Log: l.dir, PublicKey: l.vkey, Witnesses: p})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.Code != verify.CodeEntryMalformed {
			found = append(found, string(f.Code))
		}
	}
	return found
}

func TestL4AQuorumOfWitnessesCosignsWhatGrows(t *testing.T) {
	l := newLog(t)
	var policy strings.Builder
	var parties []*party
	for i := range 3 {
		p := newParty(t, fmt.Sprintf("witness.example.org/w%d", i), l.verifier)
		parties = append(parties, p)
		fmt.Fprintf(&policy, "witness w%d %s %s\n", i, p.vkey, p.url)
	}
	policy.WriteString("group most 2 w0 w1 w2\nquorum most\n")
	for i := range 4 {
		if i == 1 {
			parties[1].handler = nil // one of three is down
		}
		if i == 2 {
			parties[1].start(t) // and comes back, with what it kept, and behind
		}
		if err := l.grow(t, 100, policy.String(), "a"); err != nil {
			t.Fatal(err)
		}
		if found := l.judge(t, policy.String()); len(found) > 0 {
			t.Errorf("round %d: %v", i, found)
		}
	}
	// A policy that asks for another witness is not met.
	other := newParty(t, "witness.example.org/other", l.verifier)
	if found := l.judge(t, fmt.Sprintf("witness o %s\nquorum o\n", other.vkey)); fmt.Sprint(found) != "[witnesses]" {
		t.Errorf("another witness: %v", found)
	}
}

func TestL4AnOlderOrAnotherHistoryIsNotCosigned(t *testing.T) {
	l := newLog(t)
	p := newParty(t, "witness.example.org/w", l.verifier)
	policy := fmt.Sprintf("witness w %s %s\nquorum w\n", p.vkey, p.url)
	if err := l.grow(t, 300, policy, "a"); err != nil {
		t.Fatal(err)
	}
	cosigned, err := os.ReadFile(filepath.Join(l.dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int64{"forked": 400, "rolled back": 100, "of the same size": 300} {
		// Who has the log's key makes another history; its witness was killed meanwhile.
		p.start(t)
		other := *l
		other.dir, other.topic = t.TempDir(), nil
		if err := other.grow(t, n, "quorum none\n", name); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(other.dir, "checkpoint"))
		if err != nil {
			t.Fatal(err)
		}
		if found := other.judge(t, policy); fmt.Sprint(found) != "[witnesses]" {
			t.Errorf("%s: %v", name, found)
		}
		for _, old := range []int64{0, 300, n} {
			if status := p.post(t, old, nil, raw); status == http.StatusOK {
				t.Errorf("%s: cosigned as an extension of %d", name, old)
			}
		}
		// The true cosignature does not fit.
		_, sigs, _ := strings.Cut(string(cosigned), "\n\n")
		_, own, _ := strings.Cut(sigs, "\n")
		if err := os.WriteFile(filepath.Join(other.dir, "checkpoint"), append(raw, own...), 0o644); err != nil {
			t.Fatal(err)
		}
		if found := other.judge(t, policy); fmt.Sprint(found) != "[witnesses]" {
			t.Errorf("%s with the cosignature of another: %v", name, found)
		}
	}
}

// post sends a checkpoint.
func (p *party) post(t *testing.T, old int64, proof []tlog.Hash, checkpoint []byte) int {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", old)
	for _, h := range proof {
		b.WriteString(h.String() + "\n")
	}
	b.WriteString("\n" + string(checkpoint))
	r, err := http.Post(p.url+"/add-checkpoint", "text/plain", strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	if r.StatusCode == http.StatusConflict && (r.Header.Get("Content-Type") != "text/x.tlog.size" || strings.TrimSpace(string(body)) == "") {
		t.Errorf("a conflict without the size that is known: %q", body)
	}
	return r.StatusCode
}

func TestWhatIsWrongHasTheStatusOfTheSpecification(t *testing.T) {
	l := newLog(t)
	p := newParty(t, "witness.example.org/w", l.verifier)
	if err := l.grow(t, 10, "quorum none\n", "a"); err != nil {
		t.Fatal(err)
	}
	first, _ := os.ReadFile(filepath.Join(l.dir, "checkpoint"))
	if got := p.post(t, 0, nil, first); got != http.StatusOK {
		t.Fatal(got)
	}
	if err := l.grow(t, 10, "quorum none\n", "a"); err != nil {
		t.Fatal(err)
	}
	second, _ := os.ReadFile(filepath.Join(l.dir, "checkpoint"))
	r, err := audit.OpenReader(l.dir, l.verifier)
	if err != nil {
		t.Fatal(err)
	}
	good, err := tlog.ProveTree(20, 10, r.Head().Hashes())
	if err != nil {
		t.Fatal(err)
	}
	bad := append([]tlog.Hash(nil), good...)
	bad[0][0] ^= 1
	stranger, err := note.Sign(&note.Note{Text: "lethe/other\n1\n" + tlog.Hash{}.String() + "\n"}, mustSigner(t, "lethe/other"))
	if err != nil {
		t.Fatal(err)
	}
	unsigned := append([]byte(nil), second...)
	unsigned[len(unsigned)-10] ^= 1
	for _, c := range []struct {
		name       string
		old        int64
		proof      []tlog.Hash
		checkpoint []byte
		want       int
	}{
		{"no checkpoint", 10, nil, []byte("hello"), http.StatusBadRequest},
		{"another log", 0, nil, stranger, http.StatusNotFound},
		{"another signature", 10, good, unsigned, http.StatusForbidden},
		{"another old size", 5, good, second, http.StatusConflict},
		{"an old size beyond it", 30, good, second, http.StatusBadRequest},
		{"a bad proof", 10, bad, second, http.StatusUnprocessableEntity},
		{"a good one", 10, good, second, http.StatusOK},
		{"the same again", 20, nil, second, http.StatusOK},
		{"the first again", 10, nil, first, http.StatusConflict},
	} {
		if got := p.post(t, c.old, c.proof, c.checkpoint); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestL4ATreeOfNoLeavesHasOneRoot(t *testing.T) {
	l := newLog(t)
	signer, err := note.NewSigner(l.skey)
	if err != nil {
		t.Fatal(err)
	}
	p := newParty(t, "witness.example.org/w", l.verifier)
	for _, c := range []struct {
		root tlog.Hash
		want int
	}{{tlog.Hash{1}, http.StatusConflict}, {sha256.Sum256(nil), http.StatusOK}, {tlog.Hash{2}, http.StatusConflict}} {
		raw, err := note.Sign(&note.Note{Text: "lethe/shop\n0\n" + c.root.String() + "\n"}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.post(t, 0, nil, raw); got != c.want {
			t.Errorf("root %s: %d, want %d", c.root, got, c.want)
		}
	}
}

// What nothing but the cosignatures' times shows must be told as such.
func TestL4AnOlderCopyOfTheLogBearsOlderTimesAndCannotGoOn(t *testing.T) {
	l := newLog(t)
	p := newParty(t, "witness.example.org/w", l.verifier)
	policy := fmt.Sprintf("witness w %s %s\nquorum w\n", p.vkey, p.url)
	if err := l.grow(t, 100, policy, "a"); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(filepath.Join(l.dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.grow(t, 100, policy, "a"); err != nil {
		t.Fatal(err)
	}
	read, err := verify.ReadWitnessPolicy([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	if signed, met, err := read.Check(old, time.Time{}); err != nil || !met || len(signed) != 1 || signed[0].Time.IsZero() {
		t.Errorf("the older checkpoint: %v, %v, %v: its time is what shows it", signed, met, err)
	}
	if got := p.post(t, 100, nil, old); got != http.StatusConflict {
		t.Errorf("the older checkpoint was cosigned anew: %d", got)
	}
}

func mustSigner(t *testing.T, name string) note.Signer {
	t.Helper()
	skey, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestL4APolicyForOtherLogsIsForNoneOfThisKey(t *testing.T) {
	p, l, other := newParty(t, "w.example.org"), newLog(t), newLog(t)
	w := "witness w " + p.vkey + "\nquorum w\n"
	for text, want := range map[string]bool{
		w:                          true,
		"log " + l.vkey + "\n" + w: true,
		"log " + other.vkey + " https://x/\n" + w:            false,
		"log " + other.vkey + "\nlog " + l.vkey + " x\n" + w: true,
	} {
		read, err := verify.ReadWitnessPolicy([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := read.For(l.vkey); (err == nil) != want || err != nil && !errors.Is(err, verify.ErrPolicy) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"log hello\n" + w, "log " + l.vkey + "\nlog " + l.vkey + "\n" + w, "log\n" + w} {
		if _, err := verify.ReadWitnessPolicy([]byte(text)); !errors.Is(err, verify.ErrPolicy) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWhatIsNoPolicyIsTold(t *testing.T) {
	p := newParty(t, "w.example.org")
	w := "witness w " + p.vkey + "\n"
	for _, text := range []string{"", w, w + w + "quorum w\n", w + "quorum x\n", w + "group g 2 w\nquorum g\n", w + "group g 1 w w\nquorum g\n", w + "group g 1 w\ngroup h 1 w\nquorum h\n", "witness w hello\nquorum w\n",
		"witness a " + p.vkey + "\nwitness b " + p.vkey + "\ngroup g all a b\nquorum g\n", w + "quorum w\nquorum none\n", "group g any x\nquorum none\n", strings.Replace(w, "+", "+0", 1) + "quorum w\n", "hello\nquorum none\n"} {
		if _, err := verify.ReadWitnessPolicy([]byte(text)); !errors.Is(err, verify.ErrPolicy) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
