package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"lethe/audit/siem"
	"lethe/stream"
)

// Kafka produces events to a topic, of the workspace's own brokers unless others are
// named. The key is the event's id. A batch counts as sent once all replicas in sync
// have it; a batch that comes again has the same keys.
type Kafka struct {
	Topic    string       `yaml:"topic,required"`
	Brokers  []string     `yaml:"brokers"`
	TLS      bool         `yaml:"tls"`
	CA       string       `yaml:"ca"`
	User     string       `yaml:"user"` // SASL, SCRAM-SHA-512
	Password stream.Value `yaml:"password"`
}

// Check implements Settings.
func (k *Kafka) Check(fault func(key, msg, hint string)) {
	if strings.HasPrefix(k.Topic, "lethe.") {
		fault("topic", "topics of this name are Lethe's own", "write topic: audit-events")
	}
	for _, b := range k.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			fault("brokers", "a broker is not host:port", "write brokers: [kafka.internal:9093]")
		}
	}
	if (k.User == "") != (len(k.Password.Reveal()) == 0) {
		fault("user", "a user and a password go together", "write user: and password:")
	}
	if len(k.Brokers) == 0 && (k.TLS || k.User != "") {
		fault("brokers", "how to reach brokers is told, and not which", "write brokers: [kafka.internal:9093]")
	}
}

// Paths implements Settings.
func (k *Kafka) Paths() []*string { return []*string{&k.CA} }

// Open implements Settings.
func (k *Kafka) Open(env siem.Env) (siem.Transport, error) {
	brokers := k.Brokers
	if len(brokers) == 0 {
		brokers = env.Brokers
	}
	opts := []kgo.Opt{kgo.SeedBrokers(brokers...), kgo.ClientID("lethe-siem"), kgo.RequiredAcks(kgo.AllISRAcks()), kgo.ProducerBatchCompression(kgo.ZstdCompression(), kgo.NoCompression()),
		kgo.DefaultProduceTopic(k.Topic)}
	if k.TLS || k.CA != "" {
		conf, err := clientTLS(k.CA, "", "")
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.Dialer((&tls.Dialer{Config: conf}).DialContext))
	}
	if k.User != "" {
		opts = append(opts, kgo.SASL(scram.Auth{User: k.User, Pass: string(k.Password.Reveal())}.AsSha512Mechanism()))
	}
	cl, err := kgo.NewClient(opts...)
	return &kafka{cl: cl, env: env, topic: k.Topic, typ: []byte(env.Format.ContentType)}, err
}

type kafka struct {
	cl    *kgo.Client
	env   siem.Env
	topic string
	typ   []byte
	there bool
}

// Send implements siem.Transport.
func (t *kafka) Send(ctx context.Context, batch []siem.Item) (siem.Sent, error) {
	if !t.there {
		_, err := kadm.NewClient(t.cl).CreateTopic(ctx, -1, -1, nil, t.topic)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) && !errors.Is(err, kerr.TopicAuthorizationFailed) && !errors.Is(err, kerr.ClusterAuthorizationFailed) {
			return siem.Sent{}, fmt.Errorf("kafka: topic: %w", err)
		}
		t.there = true
	}
	records, now := make([]*kgo.Record, len(batch)), t.env.Now()
	for i, e := range batch {
		at := e.Event.Time
		if at.After(now) {
			at = now // Kafka refuses what is an hour ahead of its clock, and nothing after it would be sent
		}
		records[i] = &kgo.Record{Key: []byte(e.Event.ID), Value: e.Body, Timestamp: at, Headers: []kgo.RecordHeader{{Key: "content-type", Value: t.typ}}}
	}
	if err := t.cl.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return siem.Sent{}, fmt.Errorf("kafka: %w", err)
	}
	return siem.Sent{}, nil
}

// Close implements siem.Transport.
func (t *kafka) Close(context.Context) error { t.cl.Close(); return nil }
