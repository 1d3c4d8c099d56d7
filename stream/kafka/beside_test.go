package kafka_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream/kafka"
)

func TestL2AGroupWithMembersGetsFirstOffsetsOnANewTopicAndKeepsTheOthers(t *testing.T) {
	addr := os.Getenv("LETHE_TEST_KAFKA")
	if addr == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("LETHE_TEST_KAFKA names no broker: ./test.sh starts one")
		}
		t.Skip("LETHE_TEST_KAFKA names no broker: ./test.sh starts one")
	}
	c := kafka.Cluster{Brokers: []string{addr}, Log: slog.New(slog.DiscardHandler), Instance: "one"}
	group := fmt.Sprintf("lethe.beside%d.sink", time.Now().UnixNano())
	old, fresh := group+".old", group+".fresh"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	begin := func(topics ...string) {
		t.Helper()
		var all []kafka.Topic
		for _, name := range topics {
			all = append(all, kafka.Topic{Name: name, Partitions: 2})
		}
		if err := c.EnsureTopics(ctx, all); err != nil {
			t.Fatal(err)
		}
		note := func(topic string, partition int32, offset int64) (string, error) {
			return fmt.Sprint(topic, "/", partition, "/", offset), nil
		}
		if err := c.StartGroup(ctx, group, topics, note); err != nil {
			t.Fatal(err)
		}
	}
	begin(old)
	assigned := make(chan struct{}, 8)
	s, err := c.GroupSession(group, group+".txn", []string{old}, func(context.Context, *kgo.Client, map[string][]int32) { assigned <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	go s.PollFetches(ctx)
	select {
	case <-assigned:
	case <-ctx.Done():
		t.Fatal("the member was given no partition")
	}
	begin(old, fresh)
	begin(old, fresh)
	cl, err := c.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	at, err := kafka.Offsets(ctx, cl, group)
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range []string{old, fresh} {
		for p := range int32(2) {
			if got, want := at[topic][p], (kafka.Committed{Offset: 0, Metadata: fmt.Sprint(topic, "/", p, "/0")}); got != want {
				t.Errorf("%s/%d: %+v", topic, p, got)
			}
		}
	}
}
