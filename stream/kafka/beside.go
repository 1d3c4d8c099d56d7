package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// besideWithin is how long after they were found missing first offsets are
// committed: who begins on them elsewhere takes longer until it commits its own.
const besideWithin = time.Second

// errSlow says that first offsets may be missing no more.
var errSlow = errors.New("the broker took too long")

// startBeside commits the first offsets of a group that has members. Brokers take
// plain commits of members only, but those of a transaction of anybody. It has one
// transactional id for each group, so that of two processes the later one fences
// the other and sees what it committed.
func (c Cluster) startBeside(ctx context.Context, group string, missing func() (kadm.Offsets, error)) error {
	names := kversion.Stable()
	names.SetMaxKeyVersion(kmsg.TxnOffsetCommit.Int16(), 5) // the last in which topics go by name
	return patiently(ctx, func() error {
		// A producer for each attempt: the end of a transaction raises the epoch.
		cl, err := c.Client(kgo.TransactionalID(group+".first"), kgo.TransactionTimeout(10*time.Second), kgo.MaxVersions(names))
		if err != nil {
			return err
		}
		defer cl.Close()
		err = oneBeside(ctx, cl, group, missing)
		if errors.Is(err, errSlow) {
			return kerr.ConcurrentTransactions // to be tried again
		}
		return err
	})
}

func oneBeside(ctx context.Context, cl *kgo.Client, group string, missing func() (kadm.Offsets, error)) error {
	id, epoch, err := cl.ProducerID(ctx)
	if err != nil {
		return fmt.Errorf("producer: %w", err)
	}
	began := time.Now()
	offsets, err := missing()
	if err != nil || len(offsets) == 0 {
		return err
	}
	name, _ := cl.OptValue(kgo.TransactionalID).(string)
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = name, id, epoch, group
	added, err := add.RequestWith(ctx, cl)
	if err == nil {
		err = kerr.ErrorForCode(added.ErrorCode)
	}
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	err = commitBeside(ctx, cl, name, id, epoch, group, offsets)
	if err == nil && time.Since(began) > besideWithin {
		err = errSlow
	}
	end := kmsg.NewPtrEndTxnRequest()
	end.TransactionalID, end.ProducerID, end.ProducerEpoch, end.Commit = name, id, epoch, err == nil
	ended, eerr := end.RequestWith(ctx, cl)
	if eerr == nil {
		eerr = kerr.ErrorForCode(ended.ErrorCode)
	}
	if err != nil || eerr != nil {
		return errors.Join(err, eerr)
	}
	return visible(ctx, missing)
}

// commitBeside puts the offsets into the open transaction.
func commitBeside(ctx context.Context, cl *kgo.Client, name string, id int64, epoch int16, group string, offsets kadm.Offsets) error {
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Group, req.Generation = name, id, epoch, group, -1
	for topic, parts := range offsets {
		t := kmsg.NewTxnOffsetCommitRequestTopic()
		t.Topic = topic
		for n, o := range parts {
			p := kmsg.NewTxnOffsetCommitRequestTopicPartition()
			p.Partition, p.Offset, p.LeaderEpoch, p.Metadata = n, o.At, o.LeaderEpoch, kmsg.StringPtr(o.Metadata)
			t.Partitions = append(t.Partitions, p)
		}
		req.Topics = append(req.Topics, t)
	}
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return fmt.Errorf("%s/%d: %w", t.Topic, p.Partition, err)
			}
		}
	}
	return nil
}

// visible waits until the brokers have written the transaction's markers: only
// then others find the offsets.
func visible(ctx context.Context, missing func() (kadm.Offsets, error)) error {
	for {
		left, err := missing()
		if err != nil || len(left) == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
