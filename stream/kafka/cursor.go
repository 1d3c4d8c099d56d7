package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Cursor is where a reader of a topic's only partition stands, kept as the offset of a
// group that has no members: the reader reads something else that was made of the
// topic.
type Cursor struct {
	cl           *kgo.Client
	group, topic string
}

// Cursor opens a cursor, which is to be closed.
func (c Cluster) Cursor(group, topic string) (*Cursor, error) {
	cl, err := c.Client()
	return &Cursor{cl: cl, group: group, topic: topic}, err
}

// Load gives the offset that was stored last; 0 if none was, or if the brokers no longer
// know it.
func (c *Cursor) Load(ctx context.Context) (int64, error) {
	var at map[string]map[int32]Committed
	err := patiently(ctx, func() (err error) {
		at, err = Offsets(ctx, c.cl, c.group)
		return err
	})
	return at[c.topic][0].Offset, err
}

// Store makes an offset durable.
func (c *Cursor) Store(ctx context.Context, offset int64) error {
	var out kadm.Offsets
	out.Add(kadm.Offset{Topic: c.topic, At: offset, LeaderEpoch: -1})
	err := patiently(ctx, func() error { return kadm.NewClient(c.cl).CommitAllOffsets(ctx, c.group, out) })
	if errors.Is(err, kerr.UnknownMemberID) {
		err = errors.New("the group has members, and nobody else may have it")
	}
	if err != nil {
		return fmt.Errorf("group %s: commit offset: %w", c.group, err)
	}
	return nil
}

// Close frees the cursor.
func (c *Cursor) Close() { c.cl.Close() }
