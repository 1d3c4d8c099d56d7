package broker

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func compacted(name string) Topic {
	return Topic{Name: name, Partitions: 1, Configs: map[string]string{"cleanup.policy": "compact"}}
}

func putKey(t *testing.T, cl *kgo.Client, topic, key, value string) {
	t.Helper()
	r := &kgo.Record{Topic: topic, Key: []byte(key), Value: []byte(value)}
	if value == "" {
		r.Value = nil
		r.Timestamp = time.Now().Add(-25 * time.Hour)
	}
	if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// state reads a compacted topic as its readers do: the last value by key.
func state(t *testing.T, b *Broker, topic string) (map[string]string, int64, int) {
	t.Helper()
	ends, err := admin(t, b).ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	end, _ := ends.Lookup(topic, 0)
	cl := client(t, b, kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
	got, n := make(map[string]string), 0
	for at := int64(0); at < end.Offset; {
		fs := cl.PollFetches(t.Context())
		if err := fs.Err(); err != nil {
			t.Fatal(err)
		}
		fs.EachRecord(func(r *kgo.Record) {
			at = r.Offset + 1
			switch {
			case r.Attrs.IsControl():
				return
			case r.Value == nil:
				delete(got, string(r.Key))
			default:
				got[string(r.Key)] = string(r.Value)
			}
			n++
		})
	}
	return got, end.Offset, n
}

func TestL2ACompactedTopicKeepsTheLastCommittedValueOfEachKey(t *testing.T) {
	b := start(t, t.TempDir(), compacted("a"))
	plain, txn := client(t, b), client(t, b, kgo.TransactionalID("x"))
	want := map[string]string{"old": "1"}
	putKey(t, plain, "a", "old", "1")
	for i := range 200 {
		begin(t, txn)
		key, value := fmt.Sprint("k", i%5), fmt.Sprint("v", i)
		putKey(t, txn, "a", key, value)
		commit := i%3 > 0
		end(t, txn, kgo.TransactionEndTry(commit))
		if commit {
			want[key] = value
		}
	}
	putKey(t, plain, "a", "erased", "secret-of-erased")
	putKey(t, plain, "a", "erased", "")
	begin(t, txn)
	putKey(t, txn, "a", "k0", "aborted by recovery")
	_, last, many := state0(t, b, "a", want)
	dir := image(t, b)
	if !bytes.Contains(segmentBytesOf(t, dir, "a"), []byte("secret-of-erased")) {
		t.Fatal("the value was never on disk in the clear; the test proves nothing")
	}
	for i := range 3 {
		b = start(t, dir)
		got, at, n := state(t, b, "a")
		if !maps.Equal(got, want) {
			t.Fatalf("start %d: %v, want %v", i, got, want)
		}
		if at != last+1 { // the marker of the transaction that was open
			t.Fatalf("start %d: offsets end at %d, were at %d", i, at, last)
		}
		if n >= many/4 {
			t.Fatalf("start %d: %d records of %d are left", i, n, many)
		}
		if raw := segmentBytesOf(t, dir, "a"); bytes.Contains(raw, []byte("secret-of-erased")) {
			t.Fatalf("start %d: an erased value is on disk", i)
		}
		dir = image(t, b)
	}
	putKey(t, client(t, b), "a", "k0", "new")
	want["k0"] = "new"
	b = start(t, image(t, b))
	if got, _, _ := state(t, b, "a"); !maps.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
}

// state0 is state while a transaction is open: only committed ones count.
func state0(t *testing.T, b *Broker, topic string, want map[string]string) (map[string]string, int64, int) {
	t.Helper()
	ends, err := admin(t, b).ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	end, _ := ends.Lookup(topic, 0)
	return want, end.Offset, len(committed(t, b, topic, 0))
}

func segmentBytesOf(t *testing.T, dir, topic string) (all []byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(layout{dir}.partition(topic, 0), "*.dat"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, raw...)
	}
	return all
}

func TestL2ACompactionKilledBetweenItsStepsLosesNothing(t *testing.T) {
	b := start(t, t.TempDir(), compacted("a"))
	cl := client(t, b)
	for i := range 50 {
		putKey(t, cl, "a", fmt.Sprint("k", i%3), fmt.Sprint(i))
	}
	want, _, _ := state(t, b, "a")
	before := image(t, b)
	b2 := start(t, image(t, b))
	after := image(t, b2)
	part := partitionName("a", 0)
	for name, stage := range map[string]func(l layout) error{
		"half built": func(l layout) error {
			return os.CopyFS(filepath.Join(l.rewritten(), part), os.DirFS(filepath.Dir(layout{before}.meta())))
		},
		"first rename done": func(l layout) error {
			if err := os.CopyFS(filepath.Join(l.rewritten(), part), os.DirFS(layout{after}.partition("a", 0))); err != nil {
				return err
			}
			return os.Rename(l.partition("a", 0), filepath.Join(l.rewritten(), part+".old"))
		},
		"both renames done": func(l layout) error {
			if err := os.MkdirAll(l.rewritten(), 0o700); err != nil {
				return err
			}
			if err := os.Rename(l.partition("a", 0), filepath.Join(l.rewritten(), part+".old")); err != nil {
				return err
			}
			return os.CopyFS(l.partition("a", 0), os.DirFS(layout{after}.partition("a", 0)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(before)); err != nil {
				t.Fatal(err)
			}
			if err := stage(layout{dir}); err != nil {
				t.Fatal(err)
			}
			if got, at, _ := state(t, start(t, dir), "a"); !maps.Equal(got, want) || at != 50 {
				t.Fatalf("%v up to %d, want %v up to 50", got, at, want)
			}
		})
	}
}

func TestACompactedTopicStaysShortWhileTheBrokerRuns(t *testing.T) {
	b, err := Start(t.Context(), Config{Dir: t.TempDir(), Topics: []Topic{compacted("a")}, Shorten: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	cl := client(t, b, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	want := map[string]string{"rare": "0"}
	putKey(t, cl, "a", "rare", "0")
	deadline := time.Now().Add(20 * time.Second)
	for n := 0; ; n++ {
		for i := range 1000 {
			key, value := fmt.Sprint("k", i%4), fmt.Sprint(n, "-", i)
			want[key] = value
			cl.Produce(t.Context(), &kgo.Record{Topic: "a", Key: []byte(key), Value: []byte(value)}, nil)
		}
		if n == 15 {
			want["rare"] = "1"
			putKey(t, cl, "a", "rare", "1") // it held the head at offset 0
		}
		if err := cl.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if info := b.cluster.PartitionInfo("a", 0); info.LogStartOffset > 15_000 {
			break
		} else if n < 15 && info.LogStartOffset > 0 {
			t.Fatalf("the last record of a key was deleted: start %d", info.LogStartOffset)
		}
		if time.Now().After(deadline) {
			t.Fatal("it only grows")
		}
	}
	if got, _, _ := state(t, b, "a"); !maps.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
}
