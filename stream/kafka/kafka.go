// Package kafka speaks to brokers for the stages: clients with the settings
// that exactly-once needs, topics created explicitly, groups that begin where
// they must.
//
// Its words are Kafka's. It knows no receipt, no policy and no encryption.
//
// Promises it upholds, with what is below:
//
//	L2 once         a lost offset is an error
//	L3 together     a group's session commits offsets with what it produces
//	L7 unprintable  the client's log lines hold no bodies of requests
//
// What is not obvious, and holds for the embedded broker and Apache Kafka alike:
//
//   - Consumers never reset an offset. A group gets its first offsets by
//     [Cluster.StartGroup] before its members join, so that a lost offset is an
//     error and not a silent start from somewhere (L2).
//   - Fetches are read committed and larger than the largest batch; a smaller
//     limit starves partitions.
//   - Partitions are chosen by the stages, never by a client's hash.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// Cluster is where the brokers are and how to speak to them.
type Cluster struct {
	Brokers        []string
	MaxRecord      int           // largest record in bytes; 16 MiB if 0
	SessionTimeout time.Duration // after which a dead member's partitions move; 10 s if 0
	// Instance makes group members static (KIP-345): a member of that name that
	// is started again takes its partitions over at once, without waiting until
	// the one that was killed has timed out. "" for members that just come and go.
	Instance string
	Log      *slog.Logger
}

// Topic is a topic to be created.
type Topic struct {
	Name       string
	Partitions int32
	Compact    bool
}

// Largest is the size in bytes up to which records pass.
func (c Cluster) Largest() int {
	if c.MaxRecord == 0 {
		return 16 << 20
	}
	return c.MaxRecord
}

func (c Cluster) maxRecord() int32 { return int32(c.Largest()) }

// Timeout is after how long a member that is silent loses its partitions.
func (c Cluster) Timeout() time.Duration {
	if c.SessionTimeout == 0 {
		return 10 * time.Second
	}
	return c.SessionTimeout
}

// Options are what every client of the cluster has in common.
func (c Cluster) Options() []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.ClientID("lethe"),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchMaxBytes(c.maxRecord()),
		kgo.ProducerBatchCompression(kgo.Lz4Compression(), kgo.NoCompression()),
		kgo.ProducerLinger(0),
		kgo.MaxBufferedRecords(1 << 20),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxBytes(c.maxRecord() + 1<<20),
		kgo.FetchMaxPartitionBytes(c.maxRecord() + 1<<20),
		kgo.BrokerMaxReadBytes(2*c.maxRecord() + 64<<20),
		kgo.FetchMaxWait(250 * time.Millisecond),
		kgo.MetadataMinAge(250 * time.Millisecond),
		kgo.RetryTimeout(30 * time.Second),
		// A producer whose broker is gone must end, so that the stage can be
		// opened anew at the last commit.
		kgo.RecordDeliveryTimeout(60 * time.Second),
		kgo.WithLogger(logger{c.Log}),
	}
}

// Client opens a plain client with further options.
func (c Cluster) Client(more ...kgo.Opt) (*kgo.Client, error) {
	cl, err := kgo.NewClient(append(c.Options(), more...)...)
	if err != nil {
		return nil, fmt.Errorf("kafka client: %w", err)
	}
	return cl, nil
}

// Producer opens a producer with a transactional id. Its first transaction
// fences every older producer of that id. It does not compress: what it writes
// is mostly ciphertext, which does not get smaller.
func (c Cluster) Producer(id string) (*kgo.Client, error) {
	return c.Client(kgo.TransactionalID(id), kgo.TransactionTimeout(10*time.Second), kgo.ProducerBatchCompression(kgo.NoCompression()))
}

// Member are the options of a member of a group.
func (c Cluster) Member(group string) []kgo.Opt {
	opts := []kgo.Opt{kgo.ConsumerGroup(group), kgo.SessionTimeout(c.Timeout()), kgo.HeartbeatInterval(c.Timeout() / 5)}
	if c.Instance != "" {
		opts = append(opts, kgo.InstanceID(c.Instance))
	}
	return opts
}

// GroupSession opens a group session that consumes topics and commits what it
// produces together with its offsets (L3). moved is called with partitions that
// were given to the member or taken from it. Partitions of one number go to one
// member across topics, since they share outputs.
func (c Cluster) GroupSession(group, id string, topics []string, moved func(context.Context, *kgo.Client, map[string][]int32)) (*kgo.GroupTransactSession, error) {
	s, err := kgo.NewGroupTransactSession(append(append(c.Options(), c.Member(group)...),
		kgo.ConsumeTopics(topics...),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.TransactionalID(id),
		kgo.TransactionTimeout(20*time.Second),
		// The client counts a delivery timeout from the record's time, which for
		// masked records is the source's commit: behind by more than the timeout,
		// they would never be produced. Flushes have a deadline instead.
		kgo.RecordDeliveryTimeout(0),
		kgo.RebalanceTimeout(30*time.Second),
		kgo.Balancers(kgo.RangeBalancer()),
		kgo.OnPartitionsAssigned(moved), kgo.OnPartitionsRevoked(moved), kgo.OnPartitionsLost(moved),
	)...)
	if err != nil {
		return nil, fmt.Errorf("kafka session %s: %w", group, err)
	}
	return s, nil
}

// Ping waits until a broker answers, for at most wait.
func (c Cluster) Ping(ctx context.Context, wait time.Duration) error {
	cl, err := c.Client()
	if err != nil {
		return err
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		err := cl.Ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return &stream.Fault{Code: "kafka.unreachable", Path: fmt.Sprint(c.Brokers), Exit: stream.ExitEnvironment,
				Msg:  "no broker answered within " + wait.String(),
				Hint: "start the brokers, or write `kafka: embedded` in lethe.yaml"}
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// EnsureTopics creates the topics that do not exist, with as many replicas as
// the cluster's default gives, and checks the partition counts of the others.
func (c Cluster) EnsureTopics(ctx context.Context, topics []Topic) error {
	cl, err := c.Client()
	if err != nil {
		return err
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	names := make([]string, len(topics))
	for i, t := range topics {
		if err := c.ensureTopic(ctx, adm, t); err != nil {
			return err
		}
		names[i] = t.Name
	}
	return awaitTopics(ctx, adm, names)
}

// awaitTopics waits until the topics have leaders: a creation is answered before
// brokers know of it, and who produces first would be told that there is no such
// topic.
func awaitTopics(ctx context.Context, adm *kadm.Client, names []string) error {
	err := patiently(ctx, func() error {
		ts, err := adm.ListTopics(ctx, names...)
		if err != nil {
			return err
		}
		for _, t := range ts.Sorted() {
			errs := []error{t.Err}
			for _, p := range t.Partitions {
				errs = append(errs, p.Err)
			}
			for _, err := range errs {
				if err != nil {
					return fmt.Errorf("topic %s: %w", t.Topic, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("await new topics: %w", err)
	}
	return nil
}

func (c Cluster) ensureTopic(ctx context.Context, adm *kadm.Client, t Topic) error {
	if len(t.Name) > stream.MaxTopicName {
		return &stream.Fault{Code: "kafka.topic_name", Path: t.Name, Msg: fmt.Sprintf("topic name has %d characters, Kafka takes %d", len(t.Name), stream.MaxTopicName),
			Hint: "shorten the workspace, source or connection name"}
	}
	size := fmt.Sprint(c.maxRecord())
	forever := "-1"
	conf := map[string]*string{"max.message.bytes": &size, "retention.ms": &forever, "retention.bytes": &forever}
	if t.Compact {
		compact := "compact"
		conf = map[string]*string{"max.message.bytes": &size, "cleanup.policy": &compact}
	}
	err := patiently(ctx, func() error {
		r, err := adm.CreateTopic(ctx, t.Partitions, -1, conf, t.Name)
		if err == nil {
			err = r.Err
		}
		return err
	})
	switch {
	case errors.Is(err, kerr.TopicAlreadyExists):
		return checkPartitions(ctx, adm, t)
	case err != nil:
		return fmt.Errorf("topic %s: create: %w", t.Name, err)
	}
	return nil
}

func checkPartitions(ctx context.Context, adm *kadm.Client, t Topic) error {
	ts, err := adm.ListTopics(ctx, t.Name)
	if err != nil {
		return fmt.Errorf("topic %s: list: %w", t.Name, err)
	}
	if have := len(ts[t.Name].Partitions); have != int(t.Partitions) {
		return &stream.Fault{Code: "kafka.partitions", Path: t.Name,
			Msg:  fmt.Sprintf("topic has %d partitions, lethe.yaml says %d: order per key would break", have, t.Partitions),
			Hint: fmt.Sprintf("write `partitions: %d` in lethe.yaml, or use another workspace name", have)}
	}
	return nil
}
