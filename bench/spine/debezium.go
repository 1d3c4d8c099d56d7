package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"lethe/bench"
	"lethe/stream"
	"lethe/stream/kafka"
)

// debezium is Kafka Connect with Debezium as a process, on the same table and
// brokers. It goes as far as a topic; its records are masked as far as its own
// means go, and it commits nothing together.
type debezium struct {
	cluster kafka.Cluster
	db      *database
	work    string
	rest    string
	cmd     *exec.Cmd
	ended   chan struct{} // closed when the process has
	sent    int64         // records that the topic must hold by now
	config  map[string]string
}

// measure runs the workload on Debezium.
func (d *debezium) measure(ctx context.Context, m *meter, load bench.Workload) (bench.Peer, error) {
	p := bench.Peer{Name: "Debezium PostgreSQL 3.7.0 in Kafka Connect 4.3.1"}
	write := appendTo(ctx, d.db.url, load.Rows)
	h, err := d.hop(ctx, m, "snapshot", load.Rows, func() error { return d.configure(ctx, "500") })
	if err != nil {
		return p, err
	}
	p.Hops = append(p.Hops, h)
	if load.Changes == 0 {
		return p, nil
	}
	if err := d.settle(ctx, write); err != nil {
		return p, err
	}
	var w *writer
	h, err = d.hop(ctx, m, "streaming", load.Changes, func() error {
		w, err = write(load.Changes, writerBatch, 0)
		return err
	})
	if err != nil {
		return p, err
	}
	if p.Hops = append(p.Hops, h); load.Seconds == 0 {
		return p, w.wait()
	}
	for _, poll := range []string{"500", "10"} {
		if err := errors.Join(w.wait(), d.configure(ctx, poll), d.settle(ctx, write)); err != nil {
			return p, err
		}
		r := begin(ctx)
		l, err := delays(ctx, d.cluster, d.topic(), load, r, write)
		r.stop()
		if err != nil {
			return p, err
		}
		l.Note = "poll.interval.ms=" + poll
		p.Latency = append(p.Latency, l)
		d.sent += int64(l.N + warmUp*load.Rate)
	}
	return p, nil
}

// settle sends one change through, so that the connector follows the source.
func (d *debezium) settle(ctx context.Context, write appender) error {
	w, err := write(1, 1, 0)
	if err != nil {
		return err
	}
	d.sent++
	return errors.Join(d.await(ctx, d.sent), w.wait())
}

// start runs the process and waits until it answers.
func (d *debezium) start(ctx context.Context, peers, brokers string) error {
	if err := os.MkdirAll(d.work, 0o700); err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	d.rest = l.Addr().String()
	_, port, _ := net.SplitHostPort(d.rest)
	l.Close()
	script := filepath.Join(peers, "debezium", "connect.sh")
	conf, err := os.ReadFile(filepath.Join(peers, "debezium", "connector.json"))
	if err != nil {
		return &stream.Fault{Code: "bench.peer", Path: script, Msg: "the peer is not there", Hint: "run it from the repository's root, or name the folder: --peers bench/peers"}
	}
	if err := json.Unmarshal(conf, &d.config); err != nil {
		return fmt.Errorf("peer: connector.json: %w", err)
	}
	d.cmd = exec.CommandContext(ctx, script, d.work, brokers, port)
	d.cmd.Stderr = os.Stderr
	d.cmd.Cancel = func() error { return d.cmd.Process.Signal(syscall.SIGTERM) }
	if err := d.cmd.Start(); err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	d.ended = make(chan struct{})
	go func() { d.cmd.Wait(); close(d.ended) }()
	return d.poll(ctx, 10*time.Minute, func() (bool, error) {
		return d.call(ctx, http.MethodGet, "/connectors", nil) == nil, nil
	})
}

// configure makes the connector, or begins it anew with other settings.
func (d *debezium) configure(ctx context.Context, poll string) error {
	c, err := pgconn.ParseConfig(d.db.url)
	if err != nil {
		return errors.New("peer: the database's URL cannot be read")
	}
	for k, v := range map[string]string{"database.hostname": c.Host, "database.port": strconv.Itoa(int(c.Port)), "database.user": c.User,
		"database.password": c.Password, "database.dbname": c.Database, "topic.prefix": d.db.name, "slot.name": d.db.name,
		"publication.name": d.db.name, "poll.interval.ms": poll, "name": d.db.name} {
		d.config[k] = v
	}
	body, err := json.Marshal(d.config)
	if err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	return d.call(ctx, http.MethodPut, "/connectors/"+d.db.name+"/config", body)
}

// call asks the REST interface. Answers are not shown: they repeat the
// configuration, password included (L7).
func (d *debezium) call(ctx context.Context, method, path string, body []byte) error {
	q, err := http.NewRequestWithContext(ctx, method, "http://"+d.rest+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	io.Copy(io.Discard, r.Body)
	r.Body.Close()
	if r.StatusCode >= 300 {
		return fmt.Errorf("peer: %s %s: %s", method, path, r.Status)
	}
	return nil
}

func (d *debezium) topic() string { return d.db.name + ".public.customer" }

// await waits until the topic holds n records.
func (d *debezium) await(ctx context.Context, n int64) error {
	cl, err := d.cluster.Client()
	if err != nil {
		return err
	}
	defer cl.Close()
	return d.poll(ctx, time.Hour, func() (bool, error) {
		ends, err := kafka.Ends(ctx, cl, d.topic())
		var sum int64
		for _, end := range ends[d.topic()] {
			sum += end
		}
		// The topic is made with its first record.
		return err == nil && sum >= n, nil
	})
}

// poll asks until the answer is yes, the process ends or time is up.
func (d *debezium) poll(ctx context.Context, most time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("peer: %w", ctx.Err())
		case <-d.ended:
			return fmt.Errorf("peer: Kafka Connect ended; with --profile DIR its log stays in %s", d.work)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// hop measures Connect's process from begin on until rows more are in the
// topic.
func (d *debezium) hop(ctx context.Context, m *meter, name string, rows int64, begin func() error) (bench.Hop, error) {
	before, _, err := bench.Process(d.cmd.Process.Pid)
	if err != nil {
		return bench.Hop{}, err
	}
	at := time.Now()
	if err := begin(); err != nil {
		return bench.Hop{}, err
	}
	if err := d.await(ctx, d.sent+rows); err != nil {
		return bench.Hop{}, err
	}
	wall := time.Since(at)
	after, peak, err := bench.Process(d.cmd.Process.Pid)
	h := bench.Hop{Name: name, Rows: rows, Wall: wall, CPU: after - before, Peak: peak}
	d.sent += rows
	m.say("debezium %s", line(h))
	return h, err
}

// stop ends the process and deletes its topic.
func (d *debezium) stop(ctx context.Context) error {
	d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.ended:
	case <-time.After(20 * time.Second):
		d.cmd.Process.Kill()
		<-d.ended
	}
	return deleteTopics(ctx, d.cluster, d.db.name)
}
