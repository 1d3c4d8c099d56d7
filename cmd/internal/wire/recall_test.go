package wire

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
	"lethe/cmd/internal/config"
	"lethe/masking/keyring/file"
	"lethe/masking/subject"
	"lethe/stream"
	"lethe/stream/broker"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

// recaller is a workspace with what it takes to write a log and to read it back; as
// change it before its log is opened.
func recaller(t *testing.T, as ...func(*Workspace)) *Workspace {
	t.Helper()
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	b, err := broker.Start(t.Context(), broker.Config{Dir: filepath.Join(dir, "state", "broker"), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	f := &config.Folder{Dir: dir, Root: dir, Workspace: "shop", Keys: filepath.Join(dir, "keys"), Log: filepath.Join(dir, "log"), State: filepath.Join(dir, "state")}
	w := &Workspace{folder: f, log: log, registry: prometheus.NewRegistry()}
	if err := file.Create(f.Keys); err != nil {
		t.Fatal(err)
	}
	if w.keys, err = file.Open(f.Keys); err != nil {
		t.Fatal(err)
	}
	key, _, err := audit.NewLogKey("lethe/shop")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.Keys, config.LogKeyName), []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	w.logKey = stream.NewValue([]byte(key))
	if w.signer, err = note.NewSigner(key); err != nil {
		t.Fatal(err)
	}
	if w.verifier, err = audit.Verifier(key); err != nil {
		t.Fatal(err)
	}
	if w.lock, err = hold(f.State); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.lock.Close() })
	w.base = pipeline.Base{Cluster: kafka.Cluster{Brokers: b.Addrs(), Log: log}, Topics: stream.Topics{Workspace: "shop"}, Partitions: 1, Keyring: w.keys,
		Log: log, Metrics: pipeline.NewMetrics(w.registry), Failures: new(pipeline.Failures), Now: time.Now}
	if err := w.prepareOwn(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, change := range as {
		change(w)
	}
	if err := w.openLog(); err != nil {
		t.Fatal(err)
	}
	return w
}

// tell writes an entry under a key onto the audit topic.
func (w *Workspace) tell(t *testing.T, key ed25519.PrivateKey, run, kind string, body any) {
	t.Helper()
	l, err := audit.NewLedger(audit.WorkerID(key.Public().(ed25519.PublicKey)), key, run)
	if err != nil {
		t.Fatal(err)
	}
	e, err := l.Entry(kind, body)
	if err == nil {
		err = w.append(t.Context(), [][]byte{e}, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// own is the folder's worker key, enrolled.
func (w *Workspace) own(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	if _, err := w.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	key, _, err := w.workerKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// lose makes a topic anew, empty, as a start makes one that is not there.
func (w *Workspace) lose(t *testing.T, topic string) {
	t.Helper()
	cl, err := w.base.Cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if _, err := kadm.NewClient(cl).DeleteTopic(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
	if err := w.prepareOwn(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *Workspace) forget(t *testing.T) {
	t.Helper()
	if err := os.Remove(recallMark(w)); err != nil {
		t.Fatal(err)
	}
}

func TestL5ShredsThatTheLogTellsOfAreThereOrNothingStarts(t *testing.T) {
	w := recaller(t)
	ctx, topics := t.Context(), w.base.Topics
	persons := []subject.Digest{{1}, {2}}
	known := func(when string) {
		t.Helper()
		if _, err := w.knowErasures(ctx); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	}
	lost := func(when, msg string) {
		t.Helper()
		_, err := w.knowErasures(ctx)
		var f *stream.Fault
		if !errors.As(err, &f) || f.Code != "subjects.shreds_lost" || f.Exit != stream.ExitEnvironment || f.Hint == "" || !strings.Contains(f.Msg, msg) {
			t.Fatalf("%s: %v", when, err)
		}
	}

	known("nobody was erased")
	if err := w.shreds.add(ctx, 1, persons); err != nil {
		t.Fatal(err)
	}
	w.tell(t, w.own(t), "a", stream.EntryShred, stream.Shred{Of: "x", First: 1, Last: 2})
	known("two were erased")

	// Who has no key makes nobody miss an erasure.
	_, strange, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.tell(t, strange, "b", stream.EntryShred, stream.Shred{Of: "x", First: 3, Last: 9})
	known("somebody else tells of nine")

	w.lose(t, topics.Shreds())
	lost("the topic is gone", "of 2 erasures that were written down only 0 are there")
	w.forget(t)
	lost("the topic is gone, and what was read before is, too", "of 2 erasures")

	// The log alone tells it, too.
	if err := w.with(ctx, func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	w.lose(t, topics.Audit())
	w.forget(t)
	lost("the log alone is left", "of 2 erasures")
	if err := w.shreds.add(ctx, 1, persons[:1]); err != nil {
		t.Fatal(err)
	}
	lost("the topic lost its tail", "of 2 erasures that were written down only 1 are there")
	if err := w.shreds.add(ctx, 2, persons[1:]); err != nil {
		t.Fatal(err)
	}
	known("the topic was brought back")
}

func TestL5NobodyIsErasedWhileThePlanOfAPolicyThatMaskedRowsIsLost(t *testing.T) {
	w := recaller(t)
	ctx := t.Context()
	was, now := program(t, "{encrypt: {}}"), program(t, "{hmac: {}}")
	before := func() (*Persons, error) {
		t.Helper()
		told, err := w.knowErasures(ctx)
		if err != nil {
			t.Fatal(err)
		}
		p := &Persons{Stream: "crm.public.customer", Column: "id", ids: [][]byte{[]byte("7")}, known: make(map[subject.Digest]bool)}
		return p, w.before(ctx, p, told)
	}
	for i, p := range []string{was.Revision, now.Revision} {
		w.tell(t, w.own(t), string(rune('a'+i)), stream.EntryAnnounce, stream.Announcement{Source: "crm", Connection: "crm-lake", Revision: p, Number: stream.Int64(i + 1)})
	}
	if err := w.store.add(ctx, now.Revision, now.Kept); err != nil {
		t.Fatal(err)
	}
	_, err := before()
	var f *stream.Fault
	if !errors.As(err, &f) || f.Code != "erase.revision_lost" || f.Exit != stream.ExitEnvironment || f.Hint == "" || !strings.Contains(f.Path, short(was.Revision)) {
		t.Fatalf("without a plan: %v", err)
	}
	if err := w.store.add(ctx, was.Revision, was.Kept); err != nil {
		t.Fatal(err)
	}
	if p, err := before(); err != nil || len(p.digests) == 0 {
		t.Fatalf("with all plans: %d digests, %v", len(p.digests), err)
	}
}
