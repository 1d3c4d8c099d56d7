package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"lethe/bench"
)

// target is what another system needed for the same 13 columns, measured
// elsewhere and not in this run: ratios need a peer in the same run.
const target = `Debezium PostgreSQL 3.7.0 in Kafka Connect 4.3.1, measured elsewhere with the same
13 columns and not in this run, to reach a topic (no second topic, no Parquet, no log):
  snapshot 49 µs CPU a row, streaming 77 µs CPU a row, brokers not counted
  commit to topic at 1,000/s: p50 450 ms, p99 942 ms by default;
                              p50 13.5 ms, p99 24 ms with poll.interval.ms=10`

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// line is a hop's figures.
func line(h bench.Hop) string {
	return fmt.Sprintf("%-10s %9d rows %7.1f µs CPU a row %9.0f rows per CPU s %8.0f rows/s %6d MB peak", h.Name, h.Rows,
		micros(h.Cost()), h.PerCPUSecond(), h.PerSecond(), h.Peak>>20)
}

func delayLine(l bench.Latency) string {
	return fmt.Sprintf("p50 %.1f ms  p90 %.1f ms  p99 %.1f ms  max %.1f ms  (%d changes)", millis(l.P50), millis(l.P90), millis(l.P99), millis(l.Max), l.N)
}

// report writes a result for people.
func report(out io.Writer, r bench.Result) {
	brokers := "broker embedded in the process, and counted"
	if r.Brokers != brokersEmbedded {
		brokers = "brokers at " + r.Brokers + ", not counted"
	}
	fmt.Fprintf(out, "PostgreSQL → topics → masked topics → Parquet, every receipt in the log; %d columns\n%d CPUs, %s, %s; %s; PostgreSQL not counted\n\n",
		r.Workload.Columns, r.Machine.CPUs, r.Machine.OS, r.Machine.Go, brokers)
	for _, h := range r.Hops {
		fmt.Fprintln(out, line(h))
	}
	fmt.Fprintf(out, "snapshot is hop after hop; streaming is inserts of another process in transactions of %d, all hops at once\n", writerBatch)
	if r.Latency != nil {
		fmt.Fprintf(out, "\ncommit to a reader of the masked topic at %d/s: %s\n", r.Workload.Rate, delayLine(*r.Latency))
	}
	fmt.Fprintf(out, "\nwhere the CPU time goes, µs a row\n")
	profileOf(r.Hops).text(out)
	for _, p := range r.Peers {
		fmt.Fprintf(out, "\n%s, in this run\n", p.Name)
		for _, h := range p.Hops {
			fmt.Fprintln(out, line(h))
		}
		for _, l := range p.Latency {
			fmt.Fprintf(out, "commit to topic at %d/s, %s: %s\n", r.Workload.Rate, l.Note, delayLine(l))
		}
		fmt.Fprintln(out, ratios(r.Hops, p.Hops))
	}
	fmt.Fprintf(out, "\n%s\n", target)
}

// ratios compares CPU time a row of the hops that both have.
func ratios(ours, theirs []bench.Hop) string {
	var parts []string
	for _, t := range theirs {
		for _, o := range ours {
			if o.Name == t.Name && t.CPU > 0 && o.Rows > 0 {
				parts = append(parts, fmt.Sprintf("%s %.2f", o.Name, micros(o.CPU)/float64(o.Rows)/(micros(t.CPU)/float64(t.Rows))))
			}
		}
	}
	return "CPU time of the whole way here, to Parquet, over the peer's to its topic: " + strings.Join(parts, ", ")
}
