package pipeline

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// Limits of an ingest transaction.
const (
	ingestAge   = 50 * time.Millisecond
	ingestBytes = 4 << 20
	// A source that has caught up commits this soon: the cost of a transaction
	// is a few milliseconds.
	ingestIdle = 5 * time.Millisecond
)

// Ingest publishes one source into its raw topics.
type Ingest struct {
	Base
	Source string
	// Open opens the source; it is closed when the stage ends.
	Open func() (stream.Source, error)
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
	// Seen are those that were in force when this process read its files, which
	// it may replace. Any other is another machine's, and newer (L1).
	Seen map[string]string
	// CaughtUp is called after a commit once the source had nothing more; nil to
	// ignore.
	CaughtUp func()
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
	src, err := g.Open()
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer src.Close()
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
	marked    bool // the record at hand is of an undecided stream
	leaf      *stream.LeafHasher
	seal      seal
	broken    error
	tx        ingestTx
}

// ingestTx is the open transaction.
type ingestTx struct {
	open    bool
	began   time.Time
	touched time.Time // when the source last gave something
	bytes   int
	outputs outputs
	next    stream.Position
	in      int64
	changes int64
	streams map[string]stream.Int64
	newest  int64 // commit time of the newest change, ms
	arena   []byte
	entries []pendingEntry
	idle    bool // the source had nothing more
}

// lines are the streams' lines in the receipt, in the order of their names.
func (tx *ingestTx) lines() []stream.StreamCount {
	var out []stream.StreamCount
	for _, name := range slices.Sorted(maps.Keys(tx.streams)) {
		out = append(out, stream.StreamCount{Stream: name, In: tx.streams[name], Delivered: tx.streams[name]})
	}
	return out
}

type pendingEntry struct {
	kind string
	body any
}

func (g *Ingest) open(ctx context.Context) (*ingestWriter, error) {
	client, err := g.Cluster.Producer(g.Topics.IngestID(g.Source))
	if err != nil {
		return nil, err
	}
	w := &ingestWriter{Ingest: g, client: client, leaf: stream.NewLeafHasher(), salt: newSalts(), undecided: make(map[string]bool)}
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
	at, err := w.position(ctx, w.Source)
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
		if w.state, err = w.seal.Open(at.State); err != nil {
			return fmt.Errorf("position: %w", err)
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
	w.tx.changes += int64(b.Changes)
	w.tx.next = stream.Position{Label: b.Position.Label, State: append([]byte(nil), b.Position.State...)}
	w.tx.idle, w.tx.touched = b.CaughtUp, w.Now()
	w.noteShapes(b)
	age := w.Now().Sub(w.tx.began)
	if w.tx.bytes >= ingestBytes || age >= ingestAge || b.CaughtUp && age >= ingestIdle {
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
		w.tx.entries = append(w.tx.entries, pendingEntry{stream.EntryStream, stream.StreamEvent{
			Event: stream.StreamShape, Source: w.Source, Stream: s.Stream, Columns: len(s.Fields), Shape: hex.EncodeToString(shape.Sum(nil))}})
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

func (w *ingestWriter) begin() error {
	if w.tx.open {
		return nil
	}
	if err := w.client.BeginTransaction(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	w.tx = ingestTx{open: true, began: w.Now(), streams: make(map[string]stream.Int64), arena: w.tx.arena[:0]}
	if err := w.encrypter.renew(); err != nil {
		return err
	}
	return w.control()
}

// control writes a control record into every raw partition for each connection
// whose policy revision changed: all workers switch at the same offset. A topic
// that is new to the source is told those of all, so that none of its records
// falls under whatever revision a worker happens to have. It stands before the
// transaction's data, so that data offsets stay contiguous.
func (w *ingestWriter) control() error {
	for conn, rev := range w.Revisions {
		body, err := json.Marshal(stream.PolicyChange{Connection: conn, Revision: rev})
		if err != nil {
			return err
		}
		for _, topic := range w.RawTopics {
			if w.at.Revisions[conn] == rev && slices.Contains(w.at.Topics, topic) {
				continue
			}
			for p := range w.Partitions {
				w.audit.produce(&kgo.Record{Topic: topic, Partition: p, Value: body,
					Headers: []kgo.RecordHeader{{Key: stream.HeaderControl, Value: []byte(stream.ControlPolicy)}}})
			}
		}
	}
	return nil
}

// end commits the open transaction: flush, so that offsets are known; receipt
// and position; commit; then the source may forget.
func (w *ingestWriter) end() error {
	if !w.tx.open {
		return nil
	}
	var next positionRecord
	var part *stream.Part
	// L3: records, receipt and position, or none of them.
	_, err := w.audit.commit(context.Background(), func() (err error) {
		next, part, err = w.describe()
		return err
	}, w.audit.end)
	if err != nil {
		return err
	}
	w.settled(next, part)
	if w.tx.idle {
		w.caughtUp()
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitWithin)
	defer cancel()
	return w.source.Commit(ctx, w.tx.next)
}

func (w *ingestWriter) caughtUp() {
	if w.CaughtUp != nil {
		w.CaughtUp()
	}
}

func (w *ingestWriter) describe() (positionRecord, *stream.Part, error) {
	if !w.owned {
		if err := w.audit.takeOver(stream.Chain{Stage: stream.StageIngest, Source: w.Source, Topic: w.Source, Head: w.head.Hash, From: w.head.To}); err != nil {
			return positionRecord{}, nil, err
		}
	}
	for _, e := range w.tx.entries {
		if err := w.audit.entry(e.kind, e.body); err != nil {
			return positionRecord{}, nil, err
		}
	}
	next := positionRecord{Label: w.tx.next.Label, State: w.seal.Seal(w.tx.next.State), Revisions: w.Revisions, Topics: w.RawTopics,
		Undecided: slices.Sorted(maps.Keys(w.undecided)), Period: w.encrypter.current,
		Worker: w.audit.ledger.Worker(), Heads: heads{}}
	if err := w.tx.outputs.check(); err != nil {
		return positionRecord{}, nil, err
	}
	var part *stream.Part
	newHead := w.head
	if w.tx.in > 0 {
		part = &stream.Part{Topic: w.Source, Prev: w.head.Hash, From: w.head.To, To: next.Label,
			In: stream.Int64(w.tx.in), Changes: stream.Int64(w.tx.changes), Out: w.tx.outputs.receipts()}
		h, err := stream.HashPart(*part)
		if err != nil {
			return positionRecord{}, nil, err
		}
		newHead = head{h, next.Label}
		r := stream.Receipt{Stage: stream.StageIngest, Source: w.Source, Keys: w.encrypter.current, Streams: w.tx.lines(), Parts: []stream.Part{*part}}
		if err := w.audit.receipts(r, nil); err != nil {
			return positionRecord{}, nil, err
		}
	}
	next.Heads[w.Source] = newHead
	return next, part, w.audit.writePosition(w.Source, next)
}

func (w *ingestWriter) settled(next positionRecord, part *stream.Part) {
	w.at, w.head, w.owned, w.tx.open = next, next.Heads[w.Source], true, false
	w.announced.Store(true)
	d := done{stage: stream.StageIngest, name: w.Source, began: w.tx.began, in: w.tx.in, bytes: int64(w.tx.bytes), newest: w.tx.newest}
	if part != nil {
		for _, o := range part.Out {
			d.out += int64(o.N)
		}
	}
	w.measure(d)
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
		now := w.Now()
		switch {
		case w.broken != nil:
		case !w.tx.open:
			err = w.fail(w.turn(ctx))
		case now.Sub(w.tx.touched) >= ingestIdle || now.Sub(w.tx.began) >= ingestAge:
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
