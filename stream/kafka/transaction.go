package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// markersWithin bounds the wait for the markers of a transaction.
const markersWithin = 20 * time.Millisecond

// AwaitPartitions waits until a client knows the partitions of a topic that it has
// produced to. It sends the first records of a topic before it keeps that, and a
// transaction of which it knows no partition it aborts without an error, though it is
// told to commit (L2).
func AwaitPartitions(ctx context.Context, cl *kgo.Client, topic string) error {
	for {
		leader, _, err := cl.PartitionLeader(topic, 0)
		if err == nil && leader >= 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("topic %s: partitions: %w", topic, errors.Join(err, ctx.Err()))
		case <-time.After(time.Millisecond):
		}
	}
}

// AwaitMarkers waits until the brokers have written the markers of cl's last
// transaction, or a moment. EndTxn is answered before they are, and a first
// record that comes meanwhile is refused inside the broker and tried again after
// 20 ms (its add.partitions.to.txn.retry.backoff.ms, KIP-890): to ask takes one.
// Nothing depends on the answer.
func AwaitMarkers(cl *kgo.Client) {
	id, _ := cl.OptValue(kgo.TransactionalID).(string)
	began, done := time.Now(), make(chan struct{})
	go func() {
		defer close(done)
		for time.Since(began) < markersWithin {
			// A request that is given up closes its connection, and the heartbeats of
			// the group use it too: so the answer is not waited for instead.
			all, err := kadm.NewClient(cl).DescribeTransactions(context.Background(), id)
			if s := all[id].State; err != nil || s != "PrepareCommit" && s != "PrepareAbort" {
				return
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(markersWithin):
	}
}
