package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
	"lethe/connectors"
	"lethe/connectors/parquet"
	"lethe/connectors/postgres"
	"lethe/masking/keyring/file"
	"lethe/stream"
	"lethe/stream/broker"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

// partitions of each topic with data: the default of a folder.
const partitions = 8

// world is a workspace on one table, its rooms joined as `lethe run` joins
// them.
type world struct {
	dir      string
	url      string
	log      *slog.Logger
	keys     *file.Keyring
	worker   ed25519.PrivateKey
	broker   *broker.Broker // nil on brokers of others
	base     pipeline.Base
	revision *revision
	class    stream.Class
	follower *audit.Follower
	runs     atomic.Int64
}

// open readies a world in an empty directory: keys, broker, policy, topics,
// groups, the enrolled worker, the log.
func open(ctx context.Context, dir, url, brokers string, policy []byte, log *slog.Logger) (_ *world, err error) {
	w := &world{dir: dir, url: url, log: log}
	defer func() {
		if err != nil {
			w.close(context.WithoutCancel(ctx))
		}
	}()
	if err := w.openKeys(); err != nil {
		return nil, err
	}
	if err := w.connect(ctx, brokers); err != nil {
		return nil, err
	}
	src, err := w.source()
	if err != nil {
		return nil, err
	}
	p, err := compile(ctx, src, policy, w.base.Topics.Workspace)
	if err = errors.Join(err, src.Close()); err != nil {
		return nil, err
	}
	if w.revision, err = newRevision(p, w.keys); err != nil {
		return nil, err
	}
	w.class = w.revision.stream.Class
	if err := w.prepareTopics(ctx); err != nil {
		return nil, err
	}
	return w, w.openLog(ctx)
}

func (w *world) openKeys() error {
	dir := filepath.Join(w.dir, "keys")
	err := file.Create(dir)
	if err == nil {
		w.keys, err = file.Open(dir)
	}
	if err == nil {
		w.worker, err = w.keys.SigningKey("worker")
	}
	return err
}

func (w *world) connect(ctx context.Context, brokers string) error {
	addrs := strings.Split(brokers, ",")
	if brokers == "" {
		var err error
		if w.broker, err = broker.Start(ctx, broker.Config{Dir: filepath.Join(w.dir, "broker"), Log: w.log, MaxMessageBytes: 17 << 20}); err != nil {
			return err
		}
		addrs = w.broker.Addrs()
	}
	w.base = pipeline.Base{
		Cluster: kafka.Cluster{Brokers: addrs, Log: w.log}, Topics: stream.Topics{Workspace: "bench-" + strings.ToLower(rand.Text()[:8])},
		Partitions: partitions, Keyring: w.keys, Ledger: w.ledger, Build: strings.Repeat("0", 64), Log: w.log,
		Metrics: pipeline.NewMetrics(prometheus.NewRegistry()), Now: time.Now,
	}
	return w.base.Cluster.Ping(ctx, 10*time.Second)
}

func (w *world) ledger() (stream.Ledger, error) {
	run := strconv.FormatInt(time.Now().UnixNano(), 36) + "-" + strconv.FormatInt(w.runs.Add(1), 36)
	return audit.NewLedger(audit.WorkerID(w.worker.Public().(ed25519.PublicKey)), w.worker, run)
}

func (w *world) raw() string     { return w.base.Topics.Raw(w.class, source) }
func (w *world) masked() string  { return w.revision.stream.Topic }
func (w *world) refused() string { return w.base.Topics.Quarantine(w.class.Label(), connection) }

func (w *world) prepareTopics(ctx context.Context) error {
	t := w.base.Topics
	var topics []kafka.Topic
	for _, name := range []string{w.raw(), w.refused(), w.masked(), t.Leaves()} {
		topics = append(topics, kafka.Topic{Name: name, Partitions: partitions})
	}
	topics = append(topics, kafka.Topic{Name: t.Positions(), Partitions: partitions, Compact: true},
		kafka.Topic{Name: t.Audit(), Partitions: 1}, kafka.Topic{Name: t.Details(), Partitions: 1}, kafka.Topic{Name: t.Subjects(), Partitions: 1})
	if err := w.base.Cluster.EnsureTopics(ctx, topics); err != nil {
		return err
	}
	if err := w.base.StartGroup(ctx, t.MaskGroup(connection), []string{w.raw()}); err != nil {
		return err
	}
	return w.base.StartGroup(ctx, t.SinkGroup(connection), []string{w.masked()})
}

func (w *world) openLog(ctx context.Context) error {
	skey, _, err := audit.NewLogKey("lethe/bench")
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return errors.New("log key: not a signer key")
	}
	own, err := audit.LogLedger(skey, "log")
	if err != nil {
		return err
	}
	pub := w.worker.Public().(ed25519.PublicKey)
	enrol, err := audit.Enrol(own, audit.WorkerID(pub), pub, time.Now())
	if err != nil {
		return err
	}
	if err := w.base.Cluster.Append(ctx, w.base.Topics.ActorID("bench"), w.base.Topics.Audit(), [][]byte{enrol}, nil); err != nil {
		return err
	}
	w.follower, err = audit.NewFollower(audit.Config{Dir: filepath.Join(w.dir, "log"), Signer: signer, Name: "bench",
		Feed: feed{w.base.Cluster, w.base.Topics.Audit()}, Now: time.Now})
	return err
}

// feed is the audit topic as the follower reads it.
type feed struct {
	cluster kafka.Cluster
	topic   string
}

// Read implements audit.Feed.
func (f feed) Read(ctx context.Context, from int64, emit func(int64, []byte) error) error {
	return f.cluster.Tail(ctx, f.topic, from, emit)
}

func (w *world) env(name string) (connectors.Env, error) {
	seal, err := pipeline.NewSeal(w.keys, "connector-"+name)
	return connectors.Env{Workspace: w.base.Topics.Workspace, Name: name, StateDir: filepath.Join(w.dir, name), Seal: seal,
		Secret: w.keys.Secret, Log: w.log, Gauge: func(string, string) func(float64) { return func(float64) {} }, Now: time.Now}, err
}

func (w *world) source() (stream.Source, error) {
	env, err := w.env(source)
	if err != nil {
		return nil, err
	}
	c := postgres.Connector()
	return c.OpenSource(env, filled(c.Source, connectors.Config{"url": stream.NewValue([]byte(w.url)), "streams": []string{"public.customer"}}))
}

func (w *world) sink() (stream.Sink, error) {
	env, err := w.env("lake")
	if err != nil {
		return nil, err
	}
	c := parquet.Connector()
	return c.OpenSink(env, filled(c.Sink, connectors.Config{"url": filepath.Join(w.dir, "lake"), "region": "TH"}))
}

// done is how many records a stage has committed.
func (w *world) done(stage string) int64 {
	name := connection
	if stage == stream.StageIngest {
		name = source
	}
	var m dto.Metric
	if err := w.base.Metrics.Records.WithLabelValues(stage, name).Write(&m); err != nil {
		return 0
	}
	return int64(m.GetCounter().GetValue())
}

// quarantined is how many records were refused; the policy refuses none.
func (w *world) quarantined() int64 {
	ch := make(chan prometheus.Metric, 64)
	go func() {
		w.base.Metrics.Quarantined.Collect(ch)
		close(ch)
	}()
	var sum float64
	for x := range ch {
		var m dto.Metric
		if x.Write(&m) == nil {
			sum += m.GetCounter().GetValue()
		}
	}
	return int64(sum)
}

// close stops the embedded broker, or deletes the topics on brokers of others.
func (w *world) close(ctx context.Context) error {
	if w.broker != nil {
		return w.broker.Close()
	}
	if len(w.base.Cluster.Brokers) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := deleteTopics(ctx, w.base.Cluster, "lethe."+w.base.Topics.Workspace+"."); err != nil {
		return fmt.Errorf("delete topics: %w", err)
	}
	return nil
}
