package broker

import (
	"context"
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

func TestASecondStartOnADirectoryIsRefused(t *testing.T) {
	dir := t.TempDir()
	b, err := Start(t.Context(), Config{Dir: dir, Topics: []Topic{{Name: "a", Partitions: 3}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), Config{Dir: dir})
	var f *stream.Fault
	if !errors.As(err, &f) || f.Exit != stream.ExitEnvironment {
		t.Fatalf("got %v", err)
	}
	t.Log(err)
	cl, _ := kgo.NewClient(kgo.SeedBrokers(b.Addrs()...), kgo.DefaultProduceTopic("a"))
	if err := cl.ProduceSync(context.Background(), kgo.StringRecord("x")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	cl.Close()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b, err = Start(t.Context(), Config{Dir: dir, Topics: []Topic{{Name: "a", Partitions: 3}}})
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
}
