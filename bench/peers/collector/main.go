// Command collector receives logs by OTLP and by Splunk's HTTP event collector, with
// the receivers of the OpenTelemetry Collector, and appends a line of JSON for each
// record to a file before it is acknowledged.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"log"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/ackextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/splunkhecreceiver"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
)

// host gives receivers the extension that keeps acknowledgements.
type host struct {
	extensions map[component.ID]component.Component
}

func (h host) GetExtensions() map[component.ID]component.Component { return h.extensions }

// sink appends records to a file.
type sink struct {
	mu  sync.Mutex
	out *os.File
}

func (s *sink) take(_ context.Context, logs plog.Logs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := bufio.NewWriter(s.out)
	enc := json.NewEncoder(w)
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				err := enc.Encode(map[string]any{"resource": resource.Resource().Attributes().AsRaw(), "attributes": record.Attributes().AsRaw(),
					"body": record.Body().AsRaw(), "time": record.Timestamp().AsTime(), "severity": record.SeverityNumber()})
				if err != nil {
					return err
				}
			}
		}
	}
	return w.Flush()
}

func main() {
	hec := flag.String("hec", "", "address of the Splunk HTTP event collector")
	otlp := flag.String("otlp", "", "address of OTLP over HTTP")
	out := flag.String("out", "", "file to append to")
	flag.Parse()
	f, err := os.OpenFile(*out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	check(err)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	next, err := consumer.NewLogs((&sink{out: f}).take)
	check(err)
	acks := component.MustNewID("ack")
	h := host{extensions: map[component.ID]component.Component{}}
	ack := ackextension.NewFactory()
	kept, err := ack.Create(ctx, extension.Settings{ID: acks, TelemetrySettings: componenttest.NewNopTelemetrySettings()}, ack.CreateDefaultConfig())
	check(err)
	check(kept.Start(ctx, h))
	h.extensions[acks] = kept
	if *hec != "" {
		start(ctx, h, next, splunkhecreceiver.NewFactory(), map[string]any{"endpoint": *hec, "ack": map[string]any{"extension": "ack"}})
	}
	if *otlp != "" {
		start(ctx, h, next, otlpreceiver.NewFactory(), map[string]any{"protocols": map[string]any{"http": map[string]any{"endpoint": *otlp}}})
	}
	<-ctx.Done()
}

func start(ctx context.Context, h component.Host, next consumer.Logs, f receiver.Factory, settings map[string]any) {
	cfg := f.CreateDefaultConfig()
	check(confmap.NewFromStringMap(settings).Unmarshal(cfg))
	r, err := f.CreateLogs(ctx, receiver.Settings{ID: component.NewID(f.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}, cfg, next)
	check(err)
	check(r.Start(ctx, h))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
