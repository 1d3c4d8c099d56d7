package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"lethe/bench"
)

// TestMain lets the test binary be the writer, as the command is its own.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == writerVerb {
		os.Exit(command(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func TestTheSpineIsMeasuredFromEndToEnd(t *testing.T) {
	server := os.Getenv("LETHE_TEST_POSTGRES")
	switch {
	case server == "" && os.Getenv("CI") != "":
		t.Fatal("LETHE_TEST_POSTGRES is not set, and this is CI")
	case server == "":
		t.Skip("LETHE_TEST_POSTGRES is not set: it holds the URL of a superuser on a PostgreSQL with wal_level=logical")
	}
	var out, progress bytes.Buffer
	code := command(t.Context(), []string{"--postgres", server, "--rows", "1000", "--changes", "500", "--rate", "100", "--seconds", "1", "--json"}, nil, &out, &progress)
	if code != 0 {
		t.Fatalf("exit %d:\n%s", code, progress.String())
	}
	var r bench.Result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, h := range r.Hops {
		names = append(names, h.Name)
		if h.Rows == 0 || h.CPU <= 0 || h.Wall <= 0 || h.Peak <= 0 {
			t.Errorf("hop without figures: %+v", h)
		}
	}
	if got := strings.Join(names, " "); got != "ingest mask sink snapshot streaming" {
		t.Errorf("hops %s", got)
	}
	if r.Latency == nil || r.Latency.N != 100 || r.Latency.P50 <= 0 || r.Latency.P50 > r.Latency.Max {
		t.Errorf("delays %+v", r.Latency)
	}
	var text bytes.Buffer
	report(&text, r)
	for _, want := range []string{"not in this run", "commit to a reader", "where the CPU time goes"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, text.String())
		}
	}
}

func TestAPeerStandsBesideWithTheRatioOfCPUTime(t *testing.T) {
	hop := bench.Hop{Name: "snapshot", Rows: 1000, Wall: time.Second, CPU: 30 * time.Millisecond}
	theirs := hop
	theirs.CPU = 120 * time.Millisecond
	var out bytes.Buffer
	report(&out, bench.Result{Brokers: "host:9092", Hops: []bench.Hop{hop},
		Peers: []bench.Peer{{Name: "Peer", Hops: []bench.Hop{theirs}, Latency: []bench.Latency{{Note: "poll=10"}}}}})
	for _, want := range []string{"brokers at host:9092, not counted", "Peer, in this run", "poll=10", "snapshot 0.25"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, out.String())
		}
	}
}

func TestWhatIsMissingIsSaidWithWhatToType(t *testing.T) {
	for args, want := range map[string]string{"": "postgres://", "--postgres nowhere": "postgres://", "--postgres x --rows 0": "--help", "--postgres x --peer debezium": "--kafka"} {
		var complaints bytes.Buffer
		if code := command(t.Context(), strings.Fields(args), nil, nil, &complaints); code != 2 || !strings.Contains(complaints.String(), want) {
			t.Errorf("%q: exit %d, said %q", args, code, complaints.String())
		}
	}
}

func TestL7NoValueOfARowStandsInAnErrorAboutIt(t *testing.T) {
	if at, err := moment([]byte(`{"after":{"updated_at":"2026-01-31T10:00:00.5Z","city":"c"}}`), "updated_at"); err != nil || !at.Equal(time.Date(2026, 1, 31, 10, 0, 0, 5e8, time.UTC)) {
		t.Errorf("read %v: %v", at, err)
	}
	for _, bad := range []string{`{}`, `{"updated_at":"somchai`, `{"updated_at":"somchai"}`} {
		if _, err := moment([]byte(bad), "updated_at"); err == nil || strings.Contains(err.Error(), "somchai") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestFiguresAreWrittenWhereTheReadmeHasThem(t *testing.T) {
	if err := bench.HasFigures("../README.md", name); err != nil {
		t.Error(err)
	}
	hop := bench.Hop{Name: "snapshot", Rows: 1000, CPU: 27600 * time.Microsecond, Wall: time.Second, Peak: 820 << 20,
		Shares: []bench.Share{{Group: "masking", CPU: 9 * time.Millisecond}, {Group: "zstd", CPU: 10500 * time.Microsecond}}}
	delay := bench.Latency{N: 10, P50: time.Millisecond}
	embedded := bench.Result{Brokers: brokersEmbedded, Hops: []bench.Hop{hop}, Latency: &delay}
	theirs := bench.Hop{Name: "snapshot", Rows: 1000, CPU: 55200 * time.Microsecond, Wall: time.Second}
	beside := bench.Result{Brokers: "host:9092", Hops: []bench.Hop{hop}, Peers: []bench.Peer{{Name: "Debezium", Hops: []bench.Hop{theirs}, Latency: []bench.Latency{delay}}}}
	text := tables(embedded, beside, "0.10")
	for _, want := range []string{"| CPU a row | rows per CPU s | rows/s |", "| snapshot | 27.6 µs | 36232 | 1000 | 820 MB |", "| Debezium, snapshot to a topic | 55.2 µs | 18116 |",
		"| where the CPU time goes, µs a row | snapshot |\n|---|---|\n| zstd | 10.50 |\n| masking | 9.00 |\n", "snapshot 0.50", "load 0.10", "p50 1.0 ms"} {
		if !strings.Contains(text, want) {
			t.Errorf("the figures do not say %q:\n%s", want, text)
		}
	}
	var said bytes.Buffer
	if code := command(t.Context(), []string{"--postgres", "postgres://x@localhost/x", "--figures", "x"}, nil, &said, &said); code != 2 || !strings.Contains(said.String(), "--kafka") {
		t.Errorf("exit %d: %s", code, said.String())
	}
}
