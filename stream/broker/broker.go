package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// MaxMessage is the largest batch that a topic takes unless Config says otherwise.
const MaxMessage = 16 << 20

// segmentBytes is after how many bytes a partition begins a new file: what
// DeleteRecords gives back to the disk it gives in whole files.
const segmentBytes = 8 << 20

// years is a time in kfake's settings that has no "never" and overflows soon.
type years int

const century years = 100

func (y years) minutes() string { return strconv.Itoa(int(y) * 365 * 24 * 60) }
func (y years) ms() string      { return strconv.Itoa(int(y) * 365 * 24 * 60 * 60 * 1000) }

// Config says where the broker keeps its files and what it starts with.
type Config struct {
	Dir             string        // created if absent; one process at a time
	Log             *slog.Logger  // nil discards
	Topics          []Topic       // exist before the first client is let in
	MaxMessageBytes int           // 0 means MaxMessage
	Sync            bool          // fsync every write: survives power loss, not only a killed process
	Port            int           // 0 lets the system choose
	Shorten         time.Duration // how often compacted topics are looked at; 0 means a minute
}

// Topic is one that exists from the start. One that is there already keeps
// its partitions; its Configs are set to these.
type Topic struct {
	Name       string
	Partitions int32
	Configs    map[string]string
}

// Broker is a running embedded broker.
type Broker struct {
	cluster *kfake.Cluster
	gate    *gate
	lock    *dirLock
	intents *intentFile
	hooks   *hooks
	inside  *kgo.Client // comes through the gate while it is shut
	log     *slog.Logger
	found   Recovered

	stopShorten context.CancelFunc
	shortened   chan struct{} // closed when nothing of ours runs any more

	failing sync.Once
	failed  chan struct{}
	failure error // written before failed is closed
	closing sync.Once
}

// ErrClosed answers requests that reach a broker that is being closed.
var ErrClosed = errors.New("embedded broker is closed")

// Start recovers the directory offline, starts the broker behind a shut gate,
// creates the topics and opens the gate. The context bounds the start only. A
// directory that another process holds is a *stream.Fault with
// stream.ExitEnvironment.
func Start(ctx context.Context, cfg Config) (*Broker, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxMessageBytes == 0 {
		cfg.MaxMessageBytes = MaxMessage
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("broker directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("broker directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	b := &Broker{lock: lock, log: cfg.Log, failed: make(chan struct{})}
	if err := b.start(ctx, layout{dir}, cfg); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Broker) start(ctx context.Context, l layout, cfg Config) error {
	var err error
	if b.found, err = recoverDir(ctx, l, disk{sync: cfg.Sync}); err != nil {
		return err
	}
	if b.intents, err = openIntents(l.intent(), cfg.Sync); err != nil {
		return fmt.Errorf("transaction intent: %w", err)
	}
	ledger, err := openLedger(l.ledger())
	if err != nil {
		return err
	}
	b.gate = newGate(cfg.Port)
	b.hooks = &hooks{
		intents: b.intents, ledger: ledger, fail: b.fail,
		staged: make(map[int64]*stagedOffsets), byTopic: make(map[[16]byte]string),
	}
	if b.cluster, err = kfake.NewCluster(b.options(l, cfg)...); err != nil {
		return fmt.Errorf("embedded broker: %w", err)
	}
	// The loop has read them; left behind, they would speak of this life.
	if err := (disk{}).remove(l.sequences()); err != nil {
		return err
	}
	b.hooks.install(b.cluster)
	if b.inside, err = kgo.NewClient(kgo.SeedBrokers(b.gate.addr()), kgo.Dialer(b.gate.dial)); err != nil {
		return fmt.Errorf("broker client: %w", err)
	}
	if err := ensureTopics(ctx, b.inside, cfg.Topics); err != nil {
		return err
	}
	b.gate.open()
	b.goShorten(cfg.Shorten)
	return nil
}

func (b *Broker) goShorten(every time.Duration) {
	if every == 0 {
		every = time.Minute
	}
	var ctx context.Context
	ctx, b.stopShorten = context.WithCancel(context.Background())
	b.shortened = make(chan struct{})
	go func() {
		defer close(b.shortened)
		b.keepShort(ctx, every)
	}()
}

func (b *Broker) options(l layout, cfg Config) []kfake.Opt {
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ListenFn(b.gate.listen),
		kfake.DataDir(l.data()),
		kfake.WithLogger(&watch{log: cfg.Log, fail: b.fail}),
		kfake.BrokerConfigs(map[string]string{
			"message.max.bytes": strconv.Itoa(cfg.MaxMessageBytes),
			"log.segment.bytes": strconv.Itoa(segmentBytes),
			// kfake compacts by removing the old files before it writes
			// the new ones, and takes open transactions for committed;
			// the same timer applies retention to every topic (trap 9).
			"log.cleaner.backoff.ms": century.ms(),
			// A group that is paused keeps its place.
			"offsets.retention.minutes": century.minutes(),
			// As long as kfake can count; then a producer starts over.
			"transactional.id.expiration.ms": strconv.Itoa(math.MaxInt32),
		}),
	}
	if cfg.Sync {
		opts = append(opts, kfake.SyncWrites())
	}
	return opts
}

// fail stops the broker because something could not be written: no answer
// leaves any more, and the next Start recovers what is on disk.
func (b *Broker) fail(err error) {
	b.failing.Do(func() {
		b.failure = err
		b.hooks.stop(err)
		b.gate.sever()
		close(b.failed)
		b.log.Error("embedded broker stopped", "err", err)
	})
}

// Addrs returns where clients connect: 127.0.0.1 and the port.
func (b *Broker) Addrs() []string { return []string{b.gate.addr()} }

// Recovered returns what Start found and did.
func (b *Broker) Recovered() Recovered { return b.found }

// Failed is closed when a write failed and the broker stopped itself; Close
// returns why. Whoever runs the broker ends then, and starts again.
func (b *Broker) Failed() <-chan struct{} { return b.failed }

// Close stops the broker cleanly and gives the directory free. Close clients
// first: what they have open is aborted at the next start.
func (b *Broker) Close() error {
	var err error
	b.closing.Do(func() {
		if b.stopShorten != nil {
			b.stopShorten()
			<-b.shortened
		}
		if b.hooks != nil {
			b.hooks.stop(ErrClosed)
		}
		if b.gate != nil {
			b.drain()
		}
		if b.inside != nil {
			b.inside.Close()
		}
		if b.cluster != nil {
			b.cluster.Close()
		}
		if b.intents != nil {
			err = b.intents.close()
		}
		select {
		case <-b.failed:
			err = errors.Join(err, b.failure)
		default:
		}
		err = errors.Join(err, b.lock.release())
	})
	return err
}

// drain waits until the request that kfake is handling is done: kfake would
// save its state in the middle of it (trap 11). A request of ours queues behind.
func (b *Broker) drain() {
	if b.inside == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = b.inside.Ping(ctx) // after a failure the gate is shut to us too
}
