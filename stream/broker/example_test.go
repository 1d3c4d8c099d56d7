package broker_test

import (
	"context"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream/broker"
)

func ExampleStart() {
	dir, err := os.MkdirTemp("", "broker")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	b, err := broker.Start(ctx, broker.Config{Dir: dir, Topics: []broker.Topic{{Name: "orders", Partitions: 8}}})
	if err != nil {
		panic(err)
	}
	defer b.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addrs()...), kgo.TransactionalID("example"))
	if err != nil {
		panic(err)
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		panic(err)
	}
	client.Produce(ctx, &kgo.Record{Topic: "orders", Key: []byte("k"), Value: []byte("v")}, nil)
	if err := client.Flush(ctx); err != nil {
		panic(err)
	}
	fmt.Println(client.EndTransaction(ctx, kgo.TryCommit))
	// Output: <nil>
}
