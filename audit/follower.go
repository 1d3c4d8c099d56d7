package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// ErrOrder says that a feed gave an offset that is not after the one before.
var ErrOrder = errors.New("offset is not after the one before")

// Feed is the audit topic as a follower reads it.
type Feed interface {
	// Read calls emit for every committed entry from offset from on, in offset
	// order, until ctx ends or emit returns an error, which it returns. The
	// bytes may be reused once emit returns. Read is called once at a time.
	Read(ctx context.Context, from int64, emit func(offset int64, entry []byte) error) error
}

// Config is what a follower works with. Every field up to Now is needed.
type Config struct {
	Dir    string      // of the log; made if it is not there
	Signer note.Signer // of the newest shard's checkpoints; its name is the shard's origin
	Feed   Feed
	Name   string // of this follower, for its term's object
	Now    func() time.Time
	// Witnesses is a policy (C2SP tlog-policy) with the witnesses' addresses: no checkpoint
	// is published that its quorum has not cosigned. Nil for none. Entries are appended
	// meanwhile.
	Witnesses []byte
	// Appended hears of each batch once it is in the log; it delays the next one.
	Appended func(Batch)
	// Rotation is what it takes to go on under another key; nil for a log of one shard.
	Rotation *Rotation
}

// Rotation gives a follower the keys of the shards that a log goes on in.
type Rotation struct {
	Key string // verifier key of Config.Signer
	// Next gives the signer of a verifier key that a close entry names.
	Next func(vkey string) (note.Signer, error)
	// Began hears that the shard of a verifier key has its first checkpoint: the key
	// of the one before signs nothing any more. It is called again after a crash.
	Began func(vkey string) error
}

// Batch is what a follower appended at once.
type Batch struct {
	Began   time.Time // when its entries were there
	Entries int
	Bytes   int64 // of the entries, as they stood on the audit topic
}

// Status says how far a follower is, for metrics.
type Status struct {
	Term         int64
	Office       bool      // it may append: it took office, has not left it, and no later term began
	AppendedAt   time.Time // when it last appended; when it took office if it has not
	Size         uint64    // leaves integrated, those of older shards among them
	Bytes        uint64    // of their bundles and the tiles over them
	Offset       int64     // audit offset of the last of them; -1 for none
	Published    uint64    // leaves under the checkpoint
	CheckpointAt time.Time // when the checkpoint was last written
	Witnesses    []WitnessStatus
	// NoQuorum tells since when witnesses are asked whose policy is not met; zero if it is.
	NoQuorum time.Time
}

// Follower appends the entries of the audit topic to the log, each once and in
// order. Status and Await may be called at any time, by anyone.
type Follower struct {
	cfg       Config
	witnesses *witnesses // nil for none
	// Of the shard that it resumes with.
	signer note.Signer
	key    string // verifier key; "" for a log of one shard

	mu     sync.Mutex
	status Status  // all but what shard, office and witnesses know
	shard  *open   // nil before Follow runs
	office *office // nil unless Follow runs
}

// NewFollower returns a follower that does nothing yet.
func NewFollower(cfg Config) (*Follower, error) {
	if cfg.Dir == "" || cfg.Signer == nil || cfg.Feed == nil || cfg.Name == "" || cfg.Now == nil {
		return nil, errors.New("follower: directory, signer, feed, name and clock are needed")
	}
	w, err := readWitnesses(cfg.Witnesses, cfg.Now)
	if err != nil {
		return nil, fmt.Errorf("follower: %w", err)
	}
	f := &Follower{cfg: cfg, signer: cfg.Signer, witnesses: w, status: Status{Offset: -1}}
	if cfg.Rotation != nil {
		f.key = cfg.Rotation.Key
	}
	return f, nil
}

// How entries are gathered: while one batch is written, the next fills up.
const (
	batchMax = 1024
	linger   = 20 * time.Millisecond
)

type item struct {
	offset  int64
	size    int // of the entry
	leaf    []byte
	closing bool // it may end a shard
}

// Follow takes office and appends until ctx ends or the feed does; then it waits
// until everything it was given is under a checkpoint, and returns nil. It
// returns an error wrapping [ErrHeld] if another process follows, [ErrDeposed]
// once a later term began, and the feed's own error. After an error what was
// appended is known only to the log: call Follow again, which resumes from the
// last integrated leaf (L2, L4).
func (f *Follower) Follow(ctx context.Context) error {
	office, err := takeOffice(f.cfg.Dir)
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	defer office.leave()
	// The tree's own work outlives ctx: a batch that began is finished.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	shard, err := f.resume(work)
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	if err := office.begin(Term{Follower: f.cfg.Name, Size: shard.before + shard.size, Offset: shard.offset}, f.cfg.Now()); err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	f.mu.Lock()
	f.status.Term, f.status.AppendedAt, f.office = office.term, f.cfg.Now(), office
	f.mu.Unlock()
	defer f.retire()
	f.tell(shard)
	if shard, err = f.closed(work, shard, office); err == nil {
		shard, err = f.pump(ctx, work, shard, office)
	}
	if closing := shard.published(work, f.cfg.Now); closing != nil {
		err = errors.Join(err, closing)
	}
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	return nil
}

// retire notes that it is in office no more.
func (f *Follower) retire() {
	f.mu.Lock()
	f.office = nil
	f.mu.Unlock()
}

// tell has Status speak of a shard as it is now.
func (f *Follower) tell(s *open) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status.Size, f.status.Bytes, f.status.Offset, f.shard = s.before+s.size, s.bytesBefore+s.bytes(), s.offset, s
}

// pump moves entries from the feed into the log, and gives the shard that it has come to.
func (f *Follower) pump(ctx, work context.Context, s *open, o *office) (*open, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := make(chan item, batchMax)
	fed := make(chan error, 1)
	last := s.offset
	go func() {
		defer close(in)
		fed <- f.cfg.Feed.Read(ctx, last+1, func(offset int64, entry []byte) error {
			if offset <= last {
				return fmt.Errorf("audit offset %d after %d: %w", offset, last, ErrOrder)
			}
			last = offset
			select {
			case in <- item{offset, len(entry), leaf(offset, entry), mayClose(entry)}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	var failed error
	for failed == nil {
		batch := gather(in)
		if len(batch) == 0 {
			break
		}
		for len(batch) > 0 && failed == nil {
			n, closing := s.upTo(batch)
			if failed = f.add(work, s, o, batch[:n]); failed == nil && closing != nil {
				s, failed = f.goOn(work, s, o, closing)
			}
			batch = batch[n:]
		}
	}
	stopped := ctx.Err() != nil
	cancel()
	for range in {
		// The feed waits for room: let it see that ctx ended.
	}
	if err := <-fed; failed == nil && err != nil && !stopped {
		return s, fmt.Errorf("feed: %w", err)
	}
	return s, failed
}

// gather waits for an entry and takes those that come right after it; nothing
// once the feed has ended.
func gather(in <-chan item) []item {
	first, ok := <-in
	if !ok {
		return nil
	}
	batch := append(make([]item, 0, batchMax), first)
	late := time.NewTimer(linger)
	defer late.Stop()
	for len(batch) < batchMax {
		select {
		case it, ok := <-in:
			if !ok {
				return batch
			}
			batch = append(batch, it)
		case <-late.C:
			return batch
		}
	}
	return batch
}

// add appends one batch, unless a later term began.
func (f *Follower) add(ctx context.Context, s *open, o *office, batch []item) error {
	if err := o.holds(); err != nil {
		return err
	}
	done := Batch{Began: f.cfg.Now(), Entries: len(batch)}
	leaves := make([][]byte, len(batch))
	for i, it := range batch {
		leaves[i] = it.leaf
		done.Bytes += int64(it.size)
	}
	if err := s.append(ctx, leaves); err != nil {
		return fmt.Errorf("append %d entries from audit offset %d: %w", len(batch), batch[0].offset, err)
	}
	s.offset = batch[len(batch)-1].offset
	f.tell(s)
	f.mu.Lock()
	f.status.AppendedAt = f.cfg.Now()
	f.mu.Unlock()
	if f.cfg.Appended != nil {
		f.cfg.Appended(done)
	}
	return nil
}

// Status says how far the log is.
func (f *Follower) Status() Status {
	f.mu.Lock()
	s, shard, o := f.status, f.shard, f.office
	f.mu.Unlock()
	s.Office = o != nil && o.holds() == nil
	s.Witnesses, s.NoQuorum = f.witnesses.status()
	if shard != nil {
		s.Published, s.CheckpointAt = shard.checkpoint()
		s.Published += shard.before
	}
	return s
}

// Await returns once the entry at that audit offset, or one after it, is under a
// published checkpoint, or with ctx's error.
func (f *Follower) Await(ctx context.Context, offset int64) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	want := uint64(0)
	for {
		s := f.Status()
		if want == 0 && s.Offset >= offset {
			want = s.Size
		}
		if want > 0 && s.Published >= want {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("await audit offset %d: %w", offset, ctx.Err())
		case <-tick.C:
		}
	}
}
