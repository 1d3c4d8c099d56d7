package broker

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
)

// MaxMessage is the largest batch that a topic takes unless Config says otherwise.
const MaxMessage = 16 << 20

// Config says where the broker keeps its files and what it starts with.
type Config struct {
	Dir             string       // created if absent; one process at a time
	Log             *slog.Logger // nil discards
	Topics          []Topic      // exist before the first client is let in
	MaxMessageBytes int          // 0 means MaxMessage
	Sync            bool         // fsync every write: survives power loss, not only a killed process
	Port            int          // 0 lets the system choose
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
	log     *slog.Logger
	closing sync.Once
}

// Start recovers dir offline, starts the broker behind a shut gate, creates
// the topics and opens the gate. The context bounds the start only.
func Start(ctx context.Context, cfg Config) (*Broker, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if cfg.MaxMessageBytes == 0 {
		cfg.MaxMessageBytes = MaxMessage
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("broker directory: %w", err)
	}
	cfg.Dir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("broker directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	b := &Broker{lock: lock, log: cfg.Log}
	if err := b.start(ctx, cfg); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Broker) start(ctx context.Context, cfg Config) error {
	b.gate = newGate(cfg.Port)
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ListenFn(b.gate.listen),
		kfake.DataDir(filepath.Join(cfg.Dir, "data")),
		kfake.BrokerConfigs(map[string]string{
			"message.max.bytes": fmt.Sprint(cfg.MaxMessageBytes),
		}),
	}
	if cfg.Sync {
		opts = append(opts, kfake.SyncWrites())
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		return fmt.Errorf("embedded broker: %w", err)
	}
	b.cluster = cluster
	if err := b.prepare(ctx, cfg.Topics); err != nil {
		return err
	}
	b.gate.open()
	return nil
}

// Addrs returns where clients connect: 127.0.0.1 and the port.
func (b *Broker) Addrs() []string { return []string{b.gate.addr()} }

// Close stops the broker cleanly and gives the directory free. Close clients
// first: what they have open is aborted.
func (b *Broker) Close() error {
	var err error
	b.closing.Do(func() {
		if b.gate != nil {
			b.gate.open()
		}
		if b.cluster != nil {
			b.cluster.Close()
		}
		err = b.lock.release()
	})
	return err
}
