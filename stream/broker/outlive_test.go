package broker

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// envServe asks the test binary to serve a directory at a port.
const (
	envServe = "LETHE_BROKER_SERVE"
	envPort  = "LETHE_BROKER_PORT"
)

func serve() int {
	port, err := strconv.Atoi(os.Getenv(envPort))
	if err == nil {
		_, err = Start(context.Background(), Config{Dir: os.Getenv(envServe), Port: port, Topics: []Topic{{Name: "a", Partitions: lanes}}})
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	select {}
}

// A client of another process lives on when the broker is killed: what it
// sends again must not be there twice.
func TestL2AnIdempotentProducerOutlivesTheBrokerWithoutLossOrDouble(t *testing.T) {
	dir := t.TempDir()
	b := start(t, dir)
	_, port, err := net.SplitHostPort(b.Addrs()[0])
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	run := func() *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), envServe+"="+dir, envPort+"="+port)
		cmd.Stdout = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	server := run()
	cl, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:"+port), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.UnknownTopicRetries(100), kgo.MetadataMinAge(20*time.Millisecond), kgo.ProducerLinger(0))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	var failed atomic.Int64
	stop := make(chan struct{})
	sent := make(chan int)
	go func() {
		n := 0
		defer func() { sent <- n }()
		for ; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			for p := range int32(lanes) {
				cl.Produce(context.Background(), &kgo.Record{Topic: "a", Partition: p, Value: []byte(strconv.Itoa(n))}, func(_ *kgo.Record, err error) {
					if err != nil {
						failed.Add(1)
					}
				})
			}
			if n%20 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}()
	for range 8 {
		time.Sleep(150 * time.Millisecond)
		server.Process.Kill()
		server.Wait()
		server = run()
	}
	close(stop)
	n := <-sent
	if err := cl.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Process.Kill()
	server.Wait()
	if failed.Load() > 0 {
		t.Fatalf("%d records failed", failed.Load())
	}
	b = start(t, dir)
	for p := range int32(lanes) {
		same(t, committed(t, b, "a", p), numbers(0, n)...)
	}
	t.Logf("%d records through 9 kills", n*lanes)
}
