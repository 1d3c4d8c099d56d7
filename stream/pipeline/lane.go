package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/tree"
)

// lane masks the records of one partition number, one after the other. The raw
// topics of one number share a quarantine partition, so they share a lane.
type lane struct {
	w         *maskWorker
	partition int32
	decrypter *decrypter
	encrypter *encrypter // for quarantine
	salt      func() []byte
	leaves    tree.Leaves
	// parked holds the raw keys with a record in quarantine: what follows under
	// such a key follows it there, so that order per key holds. nil until read
	// from the quarantine topic.
	parked map[string]struct{}

	revision string
	routes   map[string]*routed
	former   []*routed // of revisions before it in the same transaction
	rec      stream.Record
	waiting  []waiting
	size     int       // bytes that wait
	open     []*routed // whose processors are to finish
	plain    []byte
	arena    []byte
	slab     slab
	began    int64  // of the transaction, ms
	short    []byte // revision, as records name it
}

// routed is a stream's route with this lane's own processor.
type routed struct {
	stream.Route
	processor stream.Processor // nil without a topic
	open      bool             // it delivered what it has not finished
}

func newLane(w *maskWorker, p int32) (*lane, error) {
	dec, err := newDecrypter(w.Keyring, 2*w.Cluster.Largest())
	if err != nil {
		return nil, err
	}
	enc, err := newEncrypter(w.Keyring, quarantinePeriod, w.Now)
	if err != nil {
		return nil, err
	}
	return &lane{w: w, partition: p, decrypter: dec, encrypter: enc, salt: newSalts()}, nil
}

// begin readies the lane for a transaction. What the last one produced is
// acknowledged, so its bytes may be overwritten.
func (l *lane) begin(ctx context.Context) error {
	l.finish() // what a transaction that failed has left
	l.forget()
	l.arena, l.began = l.arena[:0], l.w.Now().UnixMilli()
	if l.parked == nil {
		if err := l.loadParked(ctx); err != nil {
			return err
		}
	}
	return l.encrypter.renew()
}

// loadParked reads which keys are in quarantine.
func (l *lane) loadParked(ctx context.Context) error {
	parked := make(map[string]struct{})
	err := l.w.Cluster.ReadRange(ctx, l.w.Quarantine, l.partition, 0, func(r *kgo.Record) error {
		if r.Key != nil {
			parked[string(r.Key)] = struct{}{}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("quarantined keys: %w", err)
	}
	l.parked = parked
	return nil
}

// work masks the shares of the lane's number in order.
func (l *lane) work(ctx context.Context, shares []*share) error {
	if err := l.begin(ctx); err != nil {
		return err
	}
	defer l.leaves.Flush()
	for _, s := range shares {
		if err := l.mask(s); err != nil {
			return err
		}
		if err := l.count(s); err != nil {
			return err
		}
	}
	return nil
}

// mask works through s, whose records all fall under s.revision.
func (l *lane) mask(s *share) error {
	if err := l.use(s.revision); err != nil {
		return err
	}
	for _, r := range s.records {
		if header(r, stream.HeaderControl) != nil {
			continue
		}
		if err := l.one(s, r); err != nil {
			return fmt.Errorf("%s/%d at %d: %w", s.topic, s.partition, r.Offset, err)
		}
	}
	l.settle(s)
	return nil
}

// use makes the routes of a revision those of the lane.
func (l *lane) use(revision string) error {
	if l.routes != nil && l.revision == revision {
		return nil
	}
	if _, err := l.w.revision(revision); err != nil {
		return err
	}
	for _, to := range l.routes {
		l.former = append(l.former, to)
	}
	l.revision, l.short, l.routes = revision, []byte(shortRevision(revision)), make(map[string]*routed)
	return nil
}

// holds asks the processors of the transaction whether it may be committed.
func (l *lane) holds(within time.Duration) error {
	var errs []error
	for _, to := range l.routes {
		l.former = append(l.former, to)
	}
	for _, to := range l.former {
		if to.processor != nil {
			errs = append(errs, to.processor.Holds(within))
		}
	}
	l.former = l.former[:0]
	return errors.Join(errs...)
}

// lookup finds the route of a stream; nil for one that nobody decided on.
func (l *lane) lookup(name string) (*routed, error) {
	if r := l.routes[name]; r != nil {
		return r, nil
	}
	rev, err := l.w.revision(l.revision)
	if err != nil {
		return nil, err
	}
	route, ok := rev.Route(name)
	if !ok {
		return nil, nil
	}
	to := &routed{Route: route}
	if route.Topic != "" {
		if to.processor, err = route.NewProcessor(); err != nil {
			return nil, fmt.Errorf("stream %s: %w", name, err)
		}
	}
	l.routes[name] = to
	return to, nil
}

// one decrypts a raw record and sends it where it belongs.
func (l *lane) one(s *share, r *kgo.Record) error {
	s.in++
	s.bytes += int64(len(r.Value))
	var err error
	l.plain, err = l.decrypter.decrypt(l.plain[:0], outsideOf(r), header(r, stream.HeaderSession), r.Value, &l.rec)
	switch {
	case errors.Is(err, stream.ErrDestroyed):
		s.shredded++
		c := s.stream("") // its name is gone with the key
		c.In++
		c.Shredded++
		return nil
	case errors.Is(err, errCipher):
		s.stream("").In++
		l.quarantine(s, r, &stream.Rejection{Reason: stream.ReasonCiphertext})
		return nil
	case err != nil:
		return err
	}
	if l.rec.Kind != stream.KindTruncate || r.Partition == 0 {
		s.changes++
	}
	s.newest = max(s.newest, l.rec.Time)
	c := s.stream(l.rec.Stream)
	c.In++
	return l.send(s, r, c)
}

// send puts the decrypted record into its masked topic, into quarantine or
// nowhere, and counts it so.
func (l *lane) send(s *share, r *kgo.Record, c *tally) error {
	to, err := l.lookup(l.rec.Stream)
	switch {
	case err != nil:
		return err
	case to == nil || l.rec.Undecided:
		l.quarantine(s, r, &stream.Rejection{Reason: stream.ReasonNoContract})
	case l.isParked(r.Key):
		l.quarantine(s, r, &stream.Rejection{Reason: stream.ReasonParked})
	case l.rec.Kind == stream.KindOversize:
		l.quarantine(s, r, &stream.Rejection{Reason: stream.ReasonTooLarge})
	case to.Topic == "":
		s.filtered++
		c.Filtered++
	default:
		return l.process(s, r, c, to)
	}
	return nil
}

func (l *lane) isParked(key []byte) bool {
	if key == nil {
		return false
	}
	_, ok := l.parked[string(key)]
	return ok
}

// quarantine sends the record as it was read, encrypted under the quarantine's
// keys, with why and where (L1).
func (l *lane) quarantine(s *share, r *kgo.Record, why *stream.Rejection) {
	topic := l.w.Quarantine
	out := s.outputs.to(topic, l.partition)
	rec := l.rec
	if why.Reason == stream.ReasonCiphertext {
		rec = stream.Record{Value: r.Value}
	}
	from := len(l.arena)
	seq, salt := header(r, stream.HeaderSeq), l.salt()
	l.arena = l.encrypter.encrypt(l.arena, outside{out.place, r.Key, seq}, &rec)
	value := l.arena[from:len(l.arena):len(l.arena)]
	l.leaves.Add(&out.leaves, salt, r.Key, value, seq, nil)
	l.produce(&kgo.Record{Topic: topic, Partition: l.partition, Key: r.Key, Value: value, Headers: []kgo.RecordHeader{
		{Key: stream.HeaderSeq, Value: seq}, {Key: stream.HeaderSalt, Value: salt}, {Key: stream.HeaderSession, Value: l.encrypter.header},
		{Key: stream.HeaderReason, Value: []byte(why.Reason)}, {Key: stream.HeaderStream, Value: []byte(rec.Stream)},
		{Key: stream.HeaderField, Value: []byte(why.Field)}}}, out.done)
	s.stream(rec.Stream).quarantined(why)
	if r.Key != nil {
		l.parked[string(r.Key)] = struct{}{}
	}
}

// count takes what the processors counted into s, and clears it.
func (l *lane) count(s *share) error {
	for name, to := range l.routes {
		c := s.streams[name]
		if c == nil || to.processor == nil {
			continue
		}
		to.processor.Counts(func(f stream.FieldCount, n int64) {
			addOne(c.detail.Fields, f.Field, f.Operator, stream.Int64(n))
		})
		to.processor.Quality(&c.detail.Quality)
		about := stream.Concerned{Stream: name}
		if err := to.processor.Subjects(&about); err != nil {
			return fmt.Errorf("stream %s: %w", name, err)
		}
		if about.Records > 0 {
			s.concerned = append(s.concerned, about)
		}
	}
	return nil
}

// shortRevision is how records name the revision that masked them.
func shortRevision(id string) string { return id[:min(16, len(id))] }
