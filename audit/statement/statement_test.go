package statement_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
	"lethe/audit/statement"
	"lethe/audit/verify"
	"lethe/stream"
)

func TestMain(m *testing.M) {
	audit.RouteDriverLog(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

const (
	build  = "aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44ee55ff66aa11bb22cc33dd44"
	raw    = "lethe.shop.raw.pii.crm"
	masked = "lethe.shop.masked.pii-pseudo.crm-lake.crm.public.customer.g1"
)

// world is a log of what one worker ingested and masked.
type world struct {
	t       testing.TB
	dir     string
	vkey    string
	skey    string
	ledger  *audit.Ledger
	entries [][]byte
	heads   map[string]stream.Hash
	ends    map[string]string
	given   int64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), heads: map[string]stream.Hash{}, ends: map[string]string{}}
	var err error
	w.skey, w.vkey, err = audit.NewLogKey("lethe/shop")
	w.must(err)
	seed := sha256.Sum256([]byte("worker"))
	worker := ed25519.NewKeyFromSeed(seed[:])
	pub := worker.Public().(ed25519.PublicKey)
	log, err := audit.LogLedger(w.skey, "log-1")
	w.must(err)
	w.add(audit.Enrol(log, audit.WorkerID(pub), pub, time.Unix(1e9, 0)))
	w.ledger, err = audit.NewLedger(audit.WorkerID(pub), worker, "run-1")
	w.must(err)
	w.add(w.ledger.Entry(stream.EntryChain, stream.Chain{Event: stream.ChainStart, Stage: stream.StageIngest, Source: "crm", Topic: "crm", Worker: w.ledger.Worker()}))
	w.add(w.ledger.Entry(stream.EntryAnnounce, stream.Announcement{Source: "crm", Connection: "crm-lake", Revision: "p1", Number: 1, Topic: raw, Offsets: []stream.Int64{0}, Worker: w.ledger.Worker()}))
	w.ends["mask"] = "0"
	w.add(w.ledger.Entry(stream.EntryChain, stream.Chain{Event: stream.ChainStart, Stage: stream.StageMask, Connection: "crm-lake", Topic: raw, From: "0", Worker: w.ledger.Worker()}))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) add(entry []byte, err error) {
	w.t.Helper()
	w.must(err)
	w.entries = append(w.entries, entry)
}

// part adds a receipt of n records.
func (w *world) part(r stream.Receipt, p stream.Part, n int64) {
	w.t.Helper()
	p.Prev, p.From, p.In = w.heads[r.Stage], w.ends[r.Stage], stream.Int64(n)
	p.Out = []stream.Out{{Topic: raw, First: stream.Int64(w.given - n + 1), Last: stream.Int64(w.given), N: stream.Int64(n)}}
	if r.Stage == stream.StageMask {
		p.Out[0].Topic = masked
	}
	hash, err := stream.HashPart(p)
	w.must(err)
	w.heads[r.Stage], w.ends[r.Stage] = hash, p.To
	r.Worker, r.Build, r.Parts = w.ledger.Worker(), build, []stream.Part{p}
	r.Time = time.Unix(1769871600+int64(len(w.entries))*3600, 0).UTC().Format(time.RFC3339)
	r.Streams = []stream.StreamCount{{Stream: "crm.public.customer", In: stream.Int64(n), Delivered: stream.Int64(n)}}
	w.add(w.ledger.Entry(stream.EntryReceipt, r))
}

// round ingests and masks ten records.
func (w *world) round() {
	w.t.Helper()
	w.given += 10
	w.part(stream.Receipt{Stage: stream.StageIngest, Source: "crm"}, stream.Part{Topic: "crm", To: fmt.Sprint("lsn/", w.given), Changes: 10}, 10)
	w.part(stream.Receipt{Stage: stream.StageMask, Connection: "crm-lake", Policy: "p1"}, stream.Part{Topic: raw, To: fmt.Sprint(w.given + 1)}, 10)
}

// Read gives the entries as the audit topic would.
func (w *world) Read(_ context.Context, from int64, emit func(int64, []byte) error) error {
	for ; from < int64(len(w.entries)); from++ {
		if err := emit(from, w.entries[from]); err != nil {
			return err
		}
	}
	return nil
}

// follow brings the log up to date.
func (w *world) follow() *world {
	w.t.Helper()
	s, err := note.NewSigner(w.skey)
	w.must(err)
	f, err := audit.NewFollower(audit.Config{Dir: w.dir, Signer: s, Feed: w, Name: "test", Now: time.Now})
	w.must(err)
	w.must(f.Follow(w.t.Context()))
	return w
}

// state is the statement of ranges.
func (w *world) state(ranges ...string) *verify.Statement {
	w.t.Helper()
	window, err := verify.ParseWindow(ranges...)
	w.must(err)
	r, err := verify.Run(w.t.Context(), verify.Options{Log: w.dir, PublicKey: w.vkey, Coverage: &window})
	w.must(err)
	if !r.OK() {
		w.t.Fatalf("found %v", r.Findings)
	}
	s, err := statement.New(r, build, time.Unix(1769900000, 0))
	w.must(err)
	return s
}

// signed are both forms of a statement.
func (w *world) signed(s *verify.Statement) map[string][]byte {
	w.t.Helper()
	key, err := audit.LogPrivateKey(w.skey)
	w.must(err)
	out := make(map[string][]byte)
	out["JSON"], err = statement.JSON(s, key)
	w.must(err)
	out["CBOR"], err = statement.CBOR(s, key)
	w.must(err)
	return out
}

func TestL4AStatementIsCheckedByTheKeyAloneAndCountedAgainFromTheLog(t *testing.T) {
	w := newWorld(t)
	w.round()
	w.round()
	w.round()
	w.follow()
	s := w.state("crm:lsn/10..")
	if x := s.State.Result; x != (verify.Result{Matched: 20}) || s.State.Coverage.Sources[0].From != "lsn/10" {
		t.Fatalf("%+v %+v", x, s.State.Coverage)
	}
	files := w.signed(s)
	check := func(when string) {
		t.Helper()
		for form, file := range files {
			got, err := verify.ReadStatement(file, w.vkey)
			if err != nil {
				t.Fatalf("%s: %v", form, err)
			}
			if r, err := got.Recount(t.Context(), w.dir, w.vkey); err != nil || !r.OK() {
				t.Errorf("%s, %s: %v", form, when, err)
			}
		}
	}
	check("at once")
	// The log goes on: what was signed then stays true.
	w.round()
	w.round()
	w.follow()
	check("later")
	if again := w.state("crm:lsn/10.."); again.State.Result.Matched != 40 {
		t.Errorf("now %+v", again.State.Result)
	}
}

func TestL4AStatementWithOneByteChangedIsNone(t *testing.T) {
	w := newWorld(t)
	w.round()
	w.follow()
	for form, file := range w.signed(w.state("..")) {
		for i := range file {
			for _, flip := range []byte{1, 0x20, 0x80, 0xff} {
				file[i] ^= flip
				if _, err := verify.ReadStatement(file, w.vkey); !errors.Is(err, verify.ErrStatement) && !errors.Is(err, verify.ErrFalse) {
					t.Fatalf("%s: byte %d ^ %#x: %v", form, i, flip, err)
				}
				file[i] ^= flip
			}
		}
		for _, more := range []string{"\n", " ", "\x00"} {
			if _, err := verify.ReadStatement([]byte(string(file)+more), w.vkey); err == nil {
				t.Errorf("%s: with %q behind it", form, more)
			}
		}
		if _, err := verify.ReadStatement(file[:len(file)-1], w.vkey); err == nil {
			t.Errorf("%s: cut off", form)
		}
	}
}

// Who has the log's key may sign anything; who has the log counts again.
func TestL4AForgedStatementIsCaught(t *testing.T) {
	w := newWorld(t)
	w.round()
	w.round()
	w.follow()
	other := newWorld(t)
	other.round()
	other.follow()
	for name, c := range map[string]struct {
		change func(s *verify.Statement)
		signed bool // the form and the signatures are right
	}{
		"counts more":                  {func(s *verify.Statement) { s.State.Coverage.Connections[0].Delivered++ }, true},
		"hides that something is open": {func(s *verify.Statement) { s.State.Result.Indeterminate = 0; s.State.Coverage.Topics[0].Pending = 0 }, true},
		"leaves a source out":          {func(s *verify.Statement) { s.State.Coverage.Sources = s.State.Coverage.Sources[:0] }, true},
		"tells of another range":       {func(s *verify.Statement) { s.State.Coverage.To = "2026-01-31T16:00:00Z" }, true},
		"tells of another size":        {func(s *verify.Statement) { s.State.Size++ }, true},
		"rests on another log":         {func(s *verify.Statement) { s.State.Checkpoint = other.state("..").State.Checkpoint }, false},
		"rests on a checkpoint unsigned": {func(s *verify.Statement) {
			s.State.Checkpoint = strings.Replace(s.State.Checkpoint, "\n8\n", "\n7\n", 1)
		}, false},
		"names another log":                {func(s *verify.Statement) { s.State.Origin = "lethe/other" }, false},
		"has a range that nobody can read": {func(s *verify.Statement) { s.State.Coverage.From = "lately" }, false},
		"is of another type":               {func(s *verify.Statement) { s.Type = "lethe-coverage/2" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := w.state("..")
			c.change(s)
			for form, file := range w.signed(s) {
				got, err := verify.ReadStatement(file, w.vkey)
				if (err == nil) != c.signed {
					t.Fatalf("%s: %v", form, err)
				}
				if err == nil {
					if _, err = got.Recount(t.Context(), w.dir, w.vkey); !errors.Is(err, verify.ErrFalse) {
						t.Errorf("%s: counted again: %v", form, err)
					}
				}
			}
		})
	}
	for form, file := range other.signed(other.state("..")) {
		if _, err := verify.ReadStatement(file, w.vkey); !errors.Is(err, verify.ErrFalse) {
			t.Errorf("%s by another key: %v", form, err)
		}
	}
}

func TestAStatementHasOneForm(t *testing.T) {
	w := newWorld(t)
	w.round()
	w.follow()
	files := w.signed(w.state(".."))
	key, err := audit.LogPrivateKey(w.skey)
	w.must(err)
	var outer cbor.RawTag
	w.must(cbor.Unmarshal(files["CBOR"], &outer))
	var list []any
	w.must(cbor.Unmarshal(outer.Content, &list))
	again := func(change func()) []byte {
		change()
		b, err := cbor.Marshal(cbor.Tag{Number: 18, Content: list})
		w.must(err)
		return b
	}
	spaced := strings.Replace(string(files["JSON"]), `"build":`, `"build": `, 1)
	body := spaced[strings.Index(spaced, `"statement":`):]
	sig := base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte("{"+body)))
	for name, file := range map[string][]byte{
		"nothing":                     {},
		"JSON with a space":           []byte(`{"sig":"` + sig + `",` + body),
		"CBOR without its tag":        outer.Content,
		"CBOR with a header unsigned": again(func() { list[1] = map[any]any{4: []byte("key")} }),
		"CBOR without payload":        again(func() { list[1], list[2] = map[any]any{}, nil }),
	} {
		if _, err := verify.ReadStatement(file, w.vkey); !errors.Is(err, verify.ErrStatement) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := verify.ReadStatement(files["JSON"], "no key"); !errors.Is(err, verify.ErrKey) {
		t.Errorf("no key: %v", err)
	}
}

func FuzzReadStatement(f *testing.F) {
	w := newWorld(f)
	w.round()
	w.follow()
	for _, file := range w.signed(w.state("..")) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := verify.ReadStatement(raw, w.vkey)
		if err != nil && !errors.Is(err, verify.ErrStatement) && !errors.Is(err, verify.ErrFalse) {
			t.Errorf("%v", err)
		}
	})
}
