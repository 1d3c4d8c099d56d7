package broker

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func deleteTo(t *testing.T, b *Broker, topic string, p int32, at int64) int64 {
	t.Helper()
	var os0 kadm.Offsets
	os0.Add(kadm.Offset{Topic: topic, Partition: p, At: at})
	got, err := admin(t, b).DeleteRecords(t.Context(), os0)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := got.Lookup(topic, p)
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	return r.LowWatermark
}

func numbers(from, to int) (all []string) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

// Trap 3.
func TestL2DeletedRecordsStayDeletedAndOffsetsGoOn(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 2})
	put(t, client(t, b), "a", 1, numbers(0, 10)...)
	deleteTo(t, b, "a", 1, 4)
	b = start(t, image(t, b))
	same(t, committed(t, b, "a", 1), numbers(4, 10)...)
	if low := deleteTo(t, b, "a", 1, -1); low != 9 {
		t.Fatalf("deleted to %d; one record must stay", low)
	}
	b = start(t, image(t, b))
	put(t, client(t, b), "a", 1, "10")
	b = start(t, image(t, b))
	same(t, committed(t, b, "a", 1), "9", "10")
	if _, err := admin(t, b).DeleteTopics(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := admin(t, b).CreateTopic(t.Context(), 2, 1, nil, "a"); err != nil {
		t.Fatal(err)
	}
	put(t, client(t, b), "a", 1, numbers(0, 12)...)
	b = start(t, image(t, b))
	same(t, committed(t, b, "a", 1), numbers(0, 12)...) // nothing of its namesake applies
}

// The wish is durable before kfake acts on it: a kill in between carries it out.
func TestL2ADeletionThatWasOnlyAskedForIsCarriedOut(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 1}, Topic{Name: "b", Partitions: 1})
	put(t, client(t, b), "a", 0, numbers(0, 10)...)
	put(t, client(t, b), "b", 0, "gone")
	var at kadm.Offsets
	at.Add(kadm.Offset{Topic: "b", At: 1, LeaderEpoch: -1})
	if err := admin(t, b).CommitAllOffsets(t.Context(), "g", at); err != nil {
		t.Fatal(err)
	}
	a, bID := b.cluster.TopicInfo("a").TopicID, b.cluster.TopicInfo("b").TopicID
	starts := map[string]map[int32]int64{topicID(a): {0: 7}}
	if err := b.hooks.ledger.record(starts, []string{topicID(bID)}); err != nil {
		t.Fatal(err)
	}
	dir := image(t, b)
	if err := os.RemoveAll((layout{dir}).partition("b", 0)); err != nil { // as far as kfake came
		t.Fatal(err)
	}
	b = start(t, dir)
	same(t, committed(t, b, "a", 0), numbers(7, 10)...)
	list, err := admin(t, b).ListTopics(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(list["b"].Err, kerr.UnknownTopicOrPartition) {
		t.Fatalf("topic b is there: %v", list["b"])
	}
	offsets, err := admin(t, b).FetchOffsets(t.Context(), "g")
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		t.Fatal(err)
	}
	if o, ok := offsets.Lookup("b", 0); ok && o.At >= 0 {
		t.Fatalf("the group stands at %d of a topic that is gone", o.At)
	}
}

func TestDeletedRecordsGiveTheDiskBack(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 1, Configs: map[string]string{"segment.bytes": "65536"}})
	cl := client(t, b, kgo.ProducerBatchCompression(kgo.NoCompression()))
	big := string(bytes.Repeat([]byte("x"), 10_000))
	for range 100 {
		put(t, cl, "a", 0, big)
	}
	dir := filepath.Dir(b.lock.f.Name())
	whole := used(t, dir)
	deleteTo(t, b, "a", 0, 90)
	if got := used(t, dir); got > whole/4 {
		t.Fatalf("%d bytes before, %d after", whole, got)
	}
	// And what kfake did not come to is given back by the next start.
	dir = image(t, b)
	b2 := start(t, image(t, b))
	if err := b2.hooks.ledger.record(map[string]map[int32]int64{topicID(b2.cluster.TopicInfo("a").TopicID): {0: 98}}, nil); err != nil {
		t.Fatal(err)
	}
	dir2 := image(t, b2)
	start(t, dir2)
	if was, got := used(t, dir), used(t, dir2); got >= was {
		t.Fatalf("%d bytes before the start, %d after", was, got)
	}
}

func used(t *testing.T, dir string) (n int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "data", "partitions", "*", "*.dat"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		n += info.Size()
	}
	return n
}

func TestARecordOfSixteenMiBGoesThrough(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 1})
	cl := client(t, b, kgo.ProducerBatchMaxBytes(MaxMessage), kgo.ProducerBatchCompression(kgo.NoCompression()))
	value := string(bytes.Repeat([]byte{0xa5}, MaxMessage-1024))
	put(t, cl, "a", 0, value)
	b = start(t, image(t, b))
	got := committed(t, b, "a", 0)
	if len(got) != 1 || got[0] != value {
		t.Fatal("it came back changed")
	}
}

// Trap 8.
func TestALargeBatchDoesNotStarveBesideABusyPartition(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 2})
	cl := client(t, b, kgo.ProducerBatchMaxBytes(MaxMessage), kgo.ProducerBatchCompression(kgo.NoCompression()))
	for range 2000 {
		put(t, cl, "a", 0, string(make([]byte, 900)))
	}
	put(t, cl, "a", 1, string(make([]byte, 200_000)))
	reader := client(t, b, kgo.FetchMaxPartitionBytes(1000), kgo.FetchMaxBytes(1<<18), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{
		"a": {0: kgo.NewOffset().AtStart(), 1: kgo.NewOffset().AtStart()},
	}))
	for small := 0; ; {
		fs := reader.PollFetches(t.Context())
		if err := fs.Err(); err != nil {
			t.Fatal(err)
		}
		var large bool
		fs.EachRecord(func(r *kgo.Record) {
			large = large || r.Partition == 1
			small++
		})
		if large {
			break
		}
		if small > 1000 {
			t.Fatalf("%d records of the busy partition went before", small)
		}
	}
}

func TestNobodyIsLetInBeforeTheGateIsOpen(t *testing.T) {
	g := newGate(0)
	ln, err := g.listen("tcp", "")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	cl, err := kgo.NewClient(kgo.SeedBrokers(g.addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	go cl.Ping(t.Context())
	came := make(chan string)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			came <- c.RemoteAddr().Network()
		}
	}()
	select {
	case <-came:
		t.Fatal("an outside client came in")
	case <-time.After(100 * time.Millisecond):
	}
	go g.dial(t.Context(), "", "")
	if from := <-came; from != "pipe" {
		t.Fatalf("%s came in first", from)
	}
	g.open()
	if from := <-came; from != "tcp" {
		t.Fatalf("%s came in", from)
	}
}
