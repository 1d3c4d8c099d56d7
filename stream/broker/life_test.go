package broker

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
)

// The environment of a life.
const (
	envLife = "LETHE_BROKER_LIFE" // directory
	envBare = "LETHE_BROKER_BARE" // kfake alone, the control
	envSync = "LETHE_BROKER_SYNC"
	envAim  = "LETHE_BROKER_AIM" // when it kills itself: see aim
)

// What a life ends with when it is not killed.
const (
	lifeDone     = 0
	lifeBroken   = 7 // a record was lost, doubled or out of order
	lifeTroubled = 8 // anything else
)

const lanes = 8

var errBroken = errors.New("broken")

const outOfPlace = " holds "

// life is one process that holds the broker and its clients: a producer that
// writes 0, 1, 2, … to each partition of "in", and a session that copies them
// to "out", each in transactions of its own.
type life struct {
	dir   string
	seeds []string
	acked *os.File // the next number per partition that a commit acknowledged
	last  bool     // copy what is there and stop
}

func liveUntilKilled() int {
	err := (&life{dir: os.Getenv(envLife), last: os.Getenv(envAim) == "never"}).run(context.Background())
	if err == nil {
		return lifeDone
	}
	fmt.Fprintln(os.Stderr, err)
	if errors.Is(err, errBroken) {
		return lifeBroken
	}
	return lifeTroubled
}

func (l *life) run(ctx context.Context) error {
	armed := aim(l.dir)
	cluster, stop, err := l.start(ctx)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer stop()
	armed(cluster)
	if f := strings.Fields(os.Getenv(envAim)); f[0] == "stop" {
		// Not a kill: a clean stop in the middle of everything. What the
		// clients say of it does not matter; the next life looks.
		d, err := time.ParseDuration(f[1])
		if err != nil {
			return err
		}
		go l.work(ctx)
		time.Sleep(d)
		stop()
		die()
	}
	return l.work(ctx)
}

// work checks what the lives before left, and goes on with it.
func (l *life) work(ctx context.Context) (err error) {
	if l.acked, err = os.OpenFile(filepath.Join(l.dir, "acked"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	next, err := l.check(ctx, "in")
	if err != nil {
		return err
	}
	if err := errors.Join(l.checkAcked(next), l.checkAt(ctx, next)); err != nil {
		return err
	}
	if _, err := l.check(ctx, "out"); err != nil {
		return err
	}
	if l.last {
		return l.finish(ctx, next)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.produce(ctx, next) })
	g.Go(func() error { return l.copy(ctx, nil) })
	return g.Wait()
}

// start runs the broker, or kfake as it is.
func (l *life) start(ctx context.Context) (*kfake.Cluster, func(), error) {
	topics := []Topic{{Name: "in", Partitions: lanes}, {Name: "out", Partitions: lanes},
		{Name: "at", Partitions: 1, Configs: map[string]string{"cleanup.policy": "compact"}}}
	if !bare() {
		b, err := Start(ctx, Config{Dir: l.dir, Topics: topics, Sync: os.Getenv(envSync) != "", Log: slog.New(deadly{})})
		if err != nil {
			return nil, nil, err
		}
		l.seeds = b.Addrs()
		r := b.Recovered()
		fmt.Println("recovered", r.Committed, r.Aborted, r.Offsets)
		return b.cluster, func() { b.Close() }, nil
	}
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DataDir(filepath.Join(l.dir, "data")), kfake.WithLogger(deadly{}))
	if err != nil {
		return nil, nil, err
	}
	l.seeds = c.ListenAddrs()
	for _, t := range topics {
		if err := c.CreateTopic(t.Name, t.Partitions, t.Configs); err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return nil, nil, err
		}
	}
	return c, c.Close, nil
}

func (l *life) client(opts ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(opts, kgo.SeedBrokers(l.seeds...), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
}

func bare() bool { return os.Getenv(envBare) != "" }

func (l *life) patience() time.Duration {
	if bare() {
		return time.Second
	}
	return 20 * time.Second
}

// check reads topic: each partition must hold 0, 1, 2, … It returns what comes
// next.
func (l *life) check(ctx context.Context, topic string) (next [lanes]uint64, err error) {
	err = l.read(ctx, topic, func(r *kgo.Record) error {
		if got := binary.BigEndian.Uint64(r.Value); got != next[r.Partition] {
			return fmt.Errorf("%w: %s/%d offset %d%s%d after %d", errBroken,
				topic, r.Partition, r.Offset, outOfPlace, got, int64(next[r.Partition])-1)
		}
		next[r.Partition]++
		return nil
	})
	return next, err
}

// read calls fn with what a read-committed reader sees of topic.
func (l *life) read(ctx context.Context, topic string, fn func(*kgo.Record) error) error {
	cl, err := l.client()
	if err != nil {
		return err
	}
	defer cl.Close()
	ends, err := kadm.NewClient(cl).ListCommittedOffsets(ctx, topic)
	if err != nil {
		return err
	}
	parts := make(map[int32]kgo.Offset)
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			parts[o.Partition] = kgo.NewOffset().AtStart()
		}
	})
	if len(parts) == 0 {
		return nil
	}
	reader, err := l.client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: parts}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(), kgo.FetchMaxWait(50*time.Millisecond))
	if err != nil {
		return err
	}
	defer reader.Close()
	for len(parts) > 0 {
		idle, cancel := context.WithTimeout(ctx, l.patience())
		fs := reader.PollFetches(idle)
		cancel()
		if bare() && errors.Is(fs.Err(), context.DeadlineExceeded) {
			break // kfake's own replay aborts without markers: no record says where the end is
		}
		if err := fs.Err(); err != nil {
			return fmt.Errorf("%w: %s stuck with %d partitions left: %v", errBroken, topic, len(parts), err)
		}
		for it := fs.RecordIter(); !it.Done(); {
			r := it.Next()
			if end, _ := ends.Lookup(topic, r.Partition); r.Offset+1 >= end.Offset {
				delete(parts, r.Partition)
			}
			if r.Attrs.IsControl() {
				continue
			}
			if err := fn(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkAcked holds what the log has against what was acknowledged.
func (l *life) checkAcked(next [lanes]uint64) error {
	var raw [8 * lanes]byte
	if n, _ := l.acked.ReadAt(raw[:], 0); n < len(raw) {
		return nil
	}
	for p := range next {
		if want := binary.BigEndian.Uint64(raw[8*p:]); next[p] < want {
			return fmt.Errorf("%w: in/%d ends at %d, acknowledged %d", errBroken, p, next[p], want)
		}
	}
	return nil
}

func pack(next [lanes]uint64) (raw []byte) {
	for _, n := range next {
		raw = binary.BigEndian.AppendUint64(raw, n)
	}
	return raw
}

// checkAt holds the records against the compacted topic, whose last record was
// written in the transaction of the last of them (L3).
func (l *life) checkAt(ctx context.Context, next [lanes]uint64) error {
	var last []byte
	err := l.read(ctx, "at", func(r *kgo.Record) error {
		last = r.Value
		return nil
	})
	if err != nil {
		return err
	}
	if last == nil {
		last = pack([lanes]uint64{})
	}
	if !bytes.Equal(last, pack(next)) {
		return fmt.Errorf("%w: in ends at %v, its position says %x", errBroken, next, last)
	}
	return nil
}

// produce writes on from next in transactions; one in five it aborts itself.
func (l *life) produce(ctx context.Context, next [lanes]uint64) error {
	cl, err := l.client(kgo.TransactionalID("producer"), kgo.DefaultProduceTopic("in"))
	if err != nil {
		return err
	}
	defer cl.Close()
	for ctx.Err() == nil {
		if err := cl.BeginTransaction(); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		after := next
		for p := range int32(lanes) {
			for range rand.IntN(20) {
				cl.Produce(ctx, &kgo.Record{Partition: p, Value: binary.BigEndian.AppendUint64(nil, after[p])}, nil)
				after[p]++
			}
		}
		cl.Produce(ctx, &kgo.Record{Topic: "at", Key: []byte("producer"), Value: pack(after)}, nil)
		if err := cl.Flush(ctx); err != nil {
			return fmt.Errorf("flush: %w", err)
		}
		commit := rand.IntN(5) > 0
		if err := cl.EndTransaction(ctx, kgo.TransactionEndTry(commit)); err != nil {
			return fmt.Errorf("end: %w", err)
		}
		if !commit {
			continue
		}
		next = after
		if _, err := l.acked.WriteAt(pack(next), 0); err != nil {
			return err
		}
	}
	return nil
}

// copy moves records from in to out until each partition reached until.
func (l *life) copy(ctx context.Context, until *[lanes]uint64) error {
	if err := l.firstOffsets(ctx); err != nil {
		return err
	}
	s, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(l.seeds...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.TransactionalID("copier"),
		kgo.ConsumerGroup("copiers"), kgo.ConsumeTopics("in"), kgo.DefaultProduceTopic("out"),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(20*time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		fs := s.PollRecords(ctx, 500)
		if err := fs.Err(); err != nil {
			return fmt.Errorf("%w: poll: %v", errBroken, err)
		}
		if err := s.Begin(); err != nil {
			return fmt.Errorf("begin copy: %w", err)
		}
		done := until != nil
		fs.EachRecord(func(r *kgo.Record) {
			s.Produce(ctx, &kgo.Record{Partition: r.Partition, Value: r.Value}, nil)
		})
		committed, err := s.End(ctx, kgo.TryCommit)
		if err != nil {
			return fmt.Errorf("end copy: %w", err)
		}
		if !committed || until == nil {
			continue
		}
		at, err := l.check(ctx, "out")
		if err != nil {
			return err
		}
		for p := range at {
			done = done && at[p] >= until[p]
		}
		if done {
			return nil
		}
	}
}

// firstOffsets lets the group begin at 0; an offset that is lost later is an
// error, never a silent start.
func (l *life) firstOffsets(ctx context.Context) error {
	began := filepath.Join(l.dir, "began")
	if _, err := os.Stat(began); err == nil {
		return nil
	}
	cl, err := l.client()
	if err != nil {
		return err
	}
	defer cl.Close()
	var os0 kadm.Offsets
	for p := range int32(lanes) {
		os0.Add(kadm.Offset{Topic: "in", Partition: p, LeaderEpoch: -1})
	}
	adm := kadm.NewClient(cl)
	if have, err := adm.FetchOffsets(ctx, "copiers"); err != nil || len(have) == 0 {
		if err := adm.CommitAllOffsets(ctx, "copiers", os0); err != nil {
			return err
		}
	}
	return os.WriteFile(began, nil, 0o600)
}

// finish copies the rest and compares.
func (l *life) finish(ctx context.Context, in [lanes]uint64) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	out, err := l.check(ctx, "out")
	if err != nil {
		return err
	}
	if out != in {
		if err := l.copy(ctx, &in); err != nil {
			return err
		}
		if out, err = l.check(ctx, "out"); err != nil {
			return err
		}
	}
	if out != in {
		return fmt.Errorf("%w: in %v, out %v", errBroken, in, out)
	}
	var sum uint64
	for _, n := range out {
		sum += n
	}
	fmt.Println("copied", sum)
	return nil
}
