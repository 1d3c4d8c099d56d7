package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"lethe/bench"
	"lethe/stream"
)

// name is what the figures of this command are filed under.
const name = "spine"

// figures measures on the embedded broker, then on Apache Kafka beside the peer,
// and writes both into the file that --figures names.
func figures(ctx context.Context, o options, progress io.Writer) error {
	if err := bench.HasFigures(o.figures, name); err != nil {
		return err
	}
	busy := bench.Load()
	alone := o
	alone.kafka, alone.peer = "", ""
	embedded, err := run(ctx, alone, progress)
	if err != nil {
		return err
	}
	o.peer = peerDebezium
	beside, err := run(ctx, o, progress)
	if err != nil {
		return err
	}
	return bench.WriteFigures(o.figures, name, tables(embedded, beside, busy))
}

// tables are the figures of one command in Markdown.
func tables(embedded, beside bench.Result, busy string) string {
	var b strings.Builder
	m, w := embedded.Machine, embedded.Workload
	fmt.Fprintf(&b, "%d CPUs, %s, %s, load %s when it began; %d rows, %d changes, %d s of %d changes/s.\n", m.CPUs, m.OS, m.Go, busy, w.Rows, w.Changes, w.Seconds, w.Rate)
	for _, r := range []bench.Result{embedded, beside} {
		title := "on the embedded broker, which is counted"
		if r.Brokers != brokersEmbedded {
			title = "on Apache Kafka, which is not counted"
		}
		fmt.Fprintf(&b, "\n| %s | CPU a row | rows per CPU s | rows/s | peak |\n|---|---|---|---|---|\n", title)
		for _, h := range r.Hops {
			fmt.Fprintln(&b, tableRow(h.Name, h))
		}
		for _, p := range r.Peers {
			for _, h := range p.Hops {
				fmt.Fprintln(&b, tableRow(p.Name+", "+h.Name+" to a topic", h))
			}
		}
		profileOf(r.Hops).markdown(&b, "where the CPU time goes, µs a row")
		if r.Latency != nil {
			fmt.Fprintf(&b, "\nDelay to a reader of the masked topic: %s.\n", delayLine(*r.Latency))
		}
		for _, p := range r.Peers {
			for _, l := range p.Latency {
				fmt.Fprintf(&b, "%s to a reader of its topic, %s: %s.\n", p.Name, l.Note, delayLine(l))
			}
			fmt.Fprintf(&b, "%s.\n", ratios(r.Hops, p.Hops))
		}
	}
	return b.String()
}

func tableRow(name string, h bench.Hop) string {
	return fmt.Sprintf("| %s | %.1f µs | %.0f | %.0f | %d MB |", name, micros(h.Cost()), h.PerCPUSecond(), h.PerSecond(), h.Peak>>20)
}

// forFigures are the faults of flags that --figures cannot work with.
func forFigures(o options) error {
	var errs []error
	if o.kafka == "" {
		errs = append(errs, &stream.Fault{Code: "bench.figures", Path: "--figures", Msg: "figures are taken on Apache Kafka too", Hint: "write --kafka HOST:PORT; ./test.sh --servers starts a broker"})
	}
	if o.json {
		errs = append(errs, &stream.Fault{Code: "bench.figures", Path: "--json", Msg: "figures are written into the file", Hint: "leave it out"})
	}
	return errors.Join(errs...)
}
