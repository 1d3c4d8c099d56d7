package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
	"golang.org/x/sys/unix"
)

// envFull asks the test binary to be a broker whose disk is full.
const envFull = "LETHE_BROKER_FULL"

// runFull produces until a file may not grow any more, and reports how many
// records were acknowledged and that the broker said so.
func runFull() int {
	signal.Ignore(syscall.SIGXFSZ)
	limit := unix.Rlimit{Cur: 300_000, Max: 300_000}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		fmt.Println(err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	b, err := Start(ctx, Config{Dir: os.Getenv(envFull), Topics: []Topic{{Name: "a", Partitions: 3}}})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addrs()...), kgo.TransactionalID("x"),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	var acked atomic.Int64
	go func() {
		// The producer waits for a broker that never comes back.
		<-b.Failed()
		time.Sleep(100 * time.Millisecond) // for an answer that should not be
		fmt.Println("acknowledged", acked.Load())
		os.Exit(0)
	}()
	for ctx.Err() == nil {
		if err := cl.BeginTransaction(); err != nil {
			break
		}
		err := cl.ProduceSync(ctx, &kgo.Record{Topic: "a", Value: make([]byte, 1000)},
			&kgo.Record{Topic: "a", Partition: 1, Value: make([]byte, 800)},
			&kgo.Record{Topic: "a", Partition: 2}).FirstErr()
		if err != nil {
			break
		}
		if err := cl.EndTransaction(ctx, kgo.TryCommit); err != nil {
			break
		}
		acked.Add(1)
	}
	time.Sleep(5 * time.Second)
	fmt.Println("the broker went on")
	return 1
}

func TestL2L3AFailedWriteStopsTheBrokerBeforeItAnswers(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), envFull+"="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var acked int
	if _, err := fmt.Sscanf(string(out), "acknowledged %d", &acked); err != nil || acked < 100 {
		t.Fatalf("%v: %s", err, out)
	}
	b := start(t, dir) // on a disk with room again
	n := len(committed(t, b, "a", 0))
	// The last one may have been committed and not answered, never the reverse.
	if n != acked && n != acked+1 {
		t.Fatalf("%d acknowledged, %d there", acked, n)
	}
	for p := range int32(3) {
		if got := len(committed(t, b, "a", p)); got != n {
			t.Fatalf("partition %d has %d records, partition 0 has %d", p, got, n)
		}
	}
}

func TestL3AnEndTxnWithoutAnEpochOfItsOwnIsRefused(t *testing.T) {
	b := start(t, t.TempDir())
	req := kmsg.NewPtrEndTxnRequest()
	req.TransactionalID = "x"
	resp, err := req.RequestWith(t.Context(), client(t, b, kgo.MaxVersions(kversion.V3_0_0())))
	if err != nil {
		t.Fatal(err)
	}
	if resp.Version >= endTxnVersion || resp.ErrorCode != kerr.UnsupportedVersion.Code {
		t.Fatalf("version %d: error %d", resp.Version, resp.ErrorCode)
	}
}

func TestRequestsAfterCloseAreRefusedAndCloseIsRepeatable(t *testing.T) {
	b := start(t, t.TempDir(), Topic{Name: "a", Partitions: 1})
	put(t, client(t, b), "a", 0, "v")
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := client(t, b).Ping(ctx); err == nil {
		t.Fatal("a closed broker answers")
	}
}
