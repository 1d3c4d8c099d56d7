package pipeline

import (
	"context"
	"crypto/hmac"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/tree"
)

// Ingest publishes one source into its raw topics.
type Ingest struct {
	Base
	Source string
	// Open opens the source; it is closed when the stage ends. again gives a number
	// for a stream of which all rows are needed once more: a greater one than the
	// last time, 0 where they never were.
	Open func(again func(streamName string) int64) (stream.Source, error)
	// Class gives the class of a stream; false for a stream that nobody decided
	// on. Its records take the highest built-in class, and every connection
	// quarantines them (L1): it hurts only itself. It stays so for as long as the
	// source has its name, whatever Class says later.
	Class func(streamName string) (stream.Class, bool)
	// RawTopics are all raw topics of the source, that of the highest built-in
	// class among them, for control records.
	RawTopics []string
	// Revisions are the policy revisions in force, by connection.
	Revisions map[string]string
	// Keys are the epochs of the keys that they mask with, by connection.
	Keys map[string]string
	// Again names the streams of which all rows are needed once more where one
	// revision of a connection follows another: their masked topic is another one.
	// nil where there are none.
	Again func(from, to string) ([]string, error)
	// Seen are those that were in force when this process read its files, which
	// it may replace. Any other is another machine's, and newer (L1).
	Seen map[string]string
	// Auditor is to whom the session keys of raw records are sealed as well; nil for
	// nobody.
	Auditor hpke.PublicKey
	// CaughtUp is called after a commit once the source had nothing more; nil to
	// ignore.
	CaughtUp func()
	// Unlisted counts the columns that no policy knows; nil where nobody can say.
	Unlisted func(stream.Schema) int
	// Notice hears about streams whose shape changed; nil to ignore.
	Notice func(stream.Schema)

	announced atomic.Bool // this process has put Revisions in force: Seen is over
}

// Run ingests until ctx ends or something fails. It goes on where the last
// committed transaction ended.
func (g *Ingest) Run(ctx context.Context) error {
	w, err := g.open(ctx)
	if err != nil {
		return err
	}
	defer w.client.Close()
	if err := w.turn(ctx); err != nil {
		return err
	}
	src, err := g.Open(func(name string) int64 { return int64(w.again[name]) })
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer src.Close()
	if err := w.closeUnlisted(ctx, src); err != nil {
		return err
	}
	w.source = src
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.tick(ctx, cancel)
	}()
	from := stream.Position{Label: w.at.Label, State: w.state}
	err = src.Read(ctx, from, w.emit)
	finish := w.finish()
	cancel(nil)
	<-done
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if err == nil || errors.Is(err, context.Canceled) {
		err = finish
	}
	return err
}

// ingestWriter holds one opening of an ingest stage. The mutex guards
// everything below it: emit runs on the source's goroutine, ageing
// transactions are ended by the ticker's.
type ingestWriter struct {
	*Ingest
	client *kgo.Client
	source stream.Source
	audit  *auditWriter

	mu        sync.Mutex
	at        positionRecord // last committed
	state     []byte         // its State in clear
	head      head
	owned     bool // this run has said that it owns the chain
	encrypter *encrypter
	salt      func() []byte
	slab      slab
	routing   []byte
	router    hash.Hash
	name      []byte       // the part of the routing key that names the stream
	last      stream.Class // of topic
	topic     string       // raw topic of the last record
	undecided map[string]bool
	again     map[string]stream.Int64 // as positionRecord.Again, with what is announced next
	marked    bool                    // the record at hand is of an undecided stream
	leaves    tree.Leaves
	seal      seal
	broken    error
	tx        ingestTx
}

func (g *Ingest) open(ctx context.Context) (*ingestWriter, error) {
	client, err := g.Cluster.Producer(g.Topics.IngestID(g.Source))
	if err != nil {
		return nil, err
	}
	w := &ingestWriter{Ingest: g, client: client, salt: newSalts(), undecided: make(map[string]bool)}
	if err := w.prepare(ctx); err != nil {
		client.Close()
		return nil, err
	}
	return w, nil
}

// prepare fences older owners before it reads where they got to: an older
// transaction is aborted or committed by then, never open.
func (w *ingestWriter) prepare(ctx context.Context) error {
	if _, _, err := w.client.ProducerID(ctx); err != nil {
		return fmt.Errorf("fence older owners: %w", err)
	}
	var err error
	if w.audit, err = w.newAuditWriter(w.client); err != nil {
		return err
	}
	if w.routing, err = w.Keyring.Secret("routing"); err != nil {
		return err
	}
	w.router = hmac.New(sha256.New, w.routing)
	if w.seal, err = newSeal(w.Keyring, "positions"); err != nil {
		return err
	}
	if w.encrypter, err = newEncrypter(w.Keyring, rawPeriod, w.Now); err != nil {
		return err
	}
	w.encrypter.auditor = w.Auditor
	at, err := w.audit.resume(ctx, w.Source)
	if err != nil {
		return err
	}
	if at != nil {
		if err := w.mayAnnounce(at.Revisions); err != nil {
			return err
		}
		w.at, w.head, w.encrypter.floor = *at, at.Heads[w.Source], at.Period
		for _, name := range at.Undecided {
			w.undecided[name] = true
		}
		if err := w.needAgain(); err != nil {
			return err
		}
		if w.state, err = w.seal.Open(at.State); err != nil {
			return fmt.Errorf("position: %w", err)
		}
	}
	return nil
}

// needAgain finds the streams whose rows are needed once more. Their number commits
// with the announcement, so that a crash after it forgets none, and one before it
// changes nothing (L2).
func (w *ingestWriter) needAgain() error {
	if w.again = maps.Clone(w.at.Again); w.again == nil {
		w.again = make(map[string]stream.Int64)
	}
	for conn, to := range w.Revisions {
		from := w.at.Revisions[conn]
		if w.Again == nil || from == "" || from == to {
			continue
		}
		names, err := w.Again(from, to)
		if err != nil {
			return err
		}
		for _, name := range names {
			w.again[name] = w.at.Number + 1 // announcements number higher than those before
		}
	}
	return nil
}

// emit takes one batch of the source into the open transaction.
func (w *ingestWriter) emit(b stream.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return w.broken
	}
	if len(b.Records) == 0 && len(b.Schemas) == 0 && len(b.Void) == 0 && !w.tx.open && b.Position.Label == w.at.Label {
		if b.CaughtUp {
			w.caughtUp()
		}
		return nil
	}
	if err := w.begin(); err != nil {
		return w.fail(err)
	}
	for i := range b.Records {
		if err := w.take(&b.Records[i]); err != nil {
			return w.fail(err)
		}
	}
	w.noteShapes(b)
	now := w.Now()
	w.tx.took(b, now)
	if w.tx.full(now) {
		return w.fail(w.end())
	}
	return nil
}

// noteShapes lets the log know of new shapes and of snapshots begun again.
func (w *ingestWriter) noteShapes(b stream.Batch) {
	for _, s := range b.Schemas {
		// L1: names that no contract lists stay out of a log that never forgets;
		// the digest tells whether a shape is one that was there before.
		shape := hmac.New(sha256.New, w.routing)
		for _, f := range s.Fields {
			fmt.Fprintf(shape, "%q %s\n", f.Name, f.Type)
		}
		e := stream.StreamEvent{Event: stream.StreamShape, Source: w.Source, Stream: s.Stream, Columns: len(s.Fields), Shape: hex.EncodeToString(shape.Sum(nil))}
		if w.Unlisted != nil {
			e.Unlisted = w.Unlisted(s)
		}
		w.tx.entries = append(w.tx.entries, pendingEntry{stream.EntryStream, e})
		if w.Notice != nil {
			w.Notice(s)
		}
	}
	for _, v := range b.Void {
		w.tx.entries = append(w.tx.entries, pendingEntry{stream.EntrySnapshotVoid, stream.SnapshotVoid{
			Source: w.Source, Stream: v.Stream, Snapshot: v.Snapshot}})
	}
}

func (w *ingestWriter) fail(err error) error {
	if err != nil && w.broken == nil {
		w.broken = err
	}
	return err
}

func (w *ingestWriter) caughtUp() {
	if w.CaughtUp != nil {
		w.CaughtUp()
	}
}

// turn says that the source writes under a later period from now on, also while
// it gives nothing: the keys of those before can then be destroyed. No
// transaction is open.
func (w *ingestWriter) turn(ctx context.Context) error {
	if w.encrypter.due() == w.at.Period {
		return nil
	}
	if err := w.encrypter.renew(); err != nil {
		return err
	}
	if err := w.client.BeginTransaction(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	next := w.at
	next.Period, next.Worker = w.encrypter.current, w.audit.ledger.Worker()
	if _, err := w.audit.commit(ctx, func() error { return w.audit.writePosition(w.Source, next) }, w.audit.end); err != nil {
		return err
	}
	w.at = next
	return nil
}

// tick ends transactions that have grown old, or whose source has fallen silent.
func (w *ingestWriter) tick(ctx context.Context, cancel context.CancelCauseFunc) {
	t := time.NewTicker(ingestIdle)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		w.mu.Lock()
		var err error
		switch {
		case w.broken != nil:
		case !w.tx.open:
			err = w.fail(w.turn(ctx))
		case w.tx.stale(w.Now()):
			err = w.fail(w.end())
		}
		w.mu.Unlock()
		if err != nil {
			cancel(err)
			return
		}
	}
}

// finish commits what is in flight when the stage is told to stop.
func (w *ingestWriter) finish() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return w.broken
	}
	return w.fail(w.end())
}
