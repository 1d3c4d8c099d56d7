package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// markersWithin bounds the wait for the markers of a transaction. It is only a
// matter of time, so whoever waited longer goes on.
const markersWithin = 20 * time.Millisecond

// AwaitMarkers waits until the brokers have written the markers of cl's last
// transaction. EndTxn is answered before that, and a first record that
// comes meanwhile is refused inside the broker and tried again after 20 ms (its
// add.partitions.to.txn.retry.backoff.ms, KIP-890): to ask takes less than one.
// Nothing depends on the answer, so where there is none it returns at once.
func AwaitMarkers(ctx context.Context, cl *kgo.Client) {
	id, _ := cl.OptValue(kgo.TransactionalID).(string)
	ctx, cancel := context.WithTimeout(ctx, markersWithin)
	defer cancel()
	for {
		all, err := kadm.NewClient(cl).DescribeTransactions(ctx, id)
		if err != nil {
			return
		}
		switch all[id].State {
		case "PrepareCommit", "PrepareAbort":
		default:
			return
		}
	}
}
