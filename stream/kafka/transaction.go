package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// markersWithin bounds the wait for the markers of a transaction.
const markersWithin = 20 * time.Millisecond

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
