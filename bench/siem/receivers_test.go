package siem

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lethe/audit"
	"lethe/audit/audittest"
	"lethe/audit/siem"
	"lethe/audit/siem/format"
	"lethe/audit/siem/siemtest"
	"lethe/audit/siem/transport"
	"lethe/stream"
)

// together is how many events go out in a request, as the exporter sends them.
const together = 500

// receiver is one that a command of bench/peers runs.
type receiver struct {
	name, flag, format string
	settings           func(url string) transport.Settings
}

func receivers() []receiver {
	return []receiver{
		{"OTLP", "--otlp", "ocsf", func(url string) transport.Settings { return &transport.OTLP{URL: url} }},
		{"HEC", "--hec", "ecs", func(url string) transport.Settings {
			return &transport.HEC{URL: url, Token: stream.NewValue([]byte("00000000-0000-0000-0000-000000000000")), SourceType: "lethe"}
		}},
	}
}

func (r receiver) open(url string) (siem.Transport, error) {
	return r.settings(url).Open(siem.Env{Name: "bench", Workspace: "shop", Origin: siemtest.Origin, Format: formatOf(r.format), Log: slog.New(slog.DiscardHandler), Now: time.Now})
}

func formatOf(name string) siem.Format {
	return format.All()[slices.IndexFunc(format.All(), func(f siem.Format) bool { return f.Name == name })]
}

// start runs the receiver, and gives its URL.
func (r receiver) start(b *testing.B) string {
	b.Helper()
	bin := os.Getenv("LETHE_TEST_COLLECTOR")
	if bin == "" {
		b.Skip("LETHE_TEST_COLLECTOR names nothing: ./test.sh --servers does")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	cmd := exec.Command(bin, r.flag, addr, "--out", filepath.Join(b.TempDir(), "out"))
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for range 200 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return "http://" + addr
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.Fatal("the receiver does not answer")
	return ""
}

// logOf is a log of n entries, of every kind in turn.
func logOf(b *testing.B, n int) (dir string, v note.Verifier) {
	b.Helper()
	audit.RouteDriverLog(slog.New(slog.DiscardHandler))
	skey, _, err := audit.NewLogKey(siemtest.Origin)
	if err != nil {
		b.Fatal(err)
	}
	if v, err = audit.Verifier(skey); err != nil {
		b.Fatal(err)
	}
	entries, topic := siemtest.Entries(), audittest.Topic{}
	for i := range n {
		topic = append(topic, entries[i%len(entries)].JSON)
	}
	dir = b.TempDir()
	topic.Log(b, dir, skey)
	return dir, v
}

// place is a cursor that is kept nowhere.
type place struct{}

func (place) Load(context.Context) (int64, error) { return 0, nil }
func (place) Store(context.Context, int64) error  { return nil }

// BenchmarkSend has the exporter send a log to a real receiver: leaves read and held
// against the checkpoint, events made, written and sent, each request when the one before
// was acknowledged. An iteration is a request.
func BenchmarkSend(b *testing.B) {
	for _, r := range receivers() {
		b.Run(r.name, func(b *testing.B) {
			url := r.start(b)
			dir, v := logOf(b, b.N*together)
			x, err := siem.NewExporter(siem.Config{Dir: dir, Verifier: v, Cursor: place{}, Log: slog.New(slog.DiscardHandler), Now: time.Now,
				Destination: siem.Destination{Name: "bench", View: siemtest.View(), Format: formatOf(r.format), Open: func(context.Context) (siem.Transport, error) { return r.open(url) }}})
			if err != nil {
				b.Fatal(err)
			}
			ctx, stop := context.WithCancel(b.Context())
			ended := make(chan struct{})
			b.ResetTimer()
			go func() { defer close(ended); x.Run(ctx) }()
			err = x.Drained(ctx)
			b.StopTimer()
			if stop(); err != nil {
				b.Fatal(err)
			}
			<-ended
			b.ReportMetric(float64(x.Status().Sent)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkPost posts one such request again and again to the same receiver, made
// before: what a load tool does that sends over one connection.
func BenchmarkPost(b *testing.B) {
	for _, r := range receivers() {
		b.Run(r.name, func(b *testing.B) {
			var head http.Header
			var path string
			var body []byte
			record := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				head, path = q.Header.Clone(), q.URL.RequestURI()
				body, _ = io.ReadAll(q.Body)
			}))
			defer record.Close()
			// What it says of the answer does not matter here: the request was recorded.
			to, err := r.open(record.URL)
			if err != nil {
				b.Fatal(err)
			}
			defer to.Close(b.Context())
			var items []siem.Item
			f, events := formatOf(r.format), siemtest.Events(siemtest.View())
			for i := range together {
				e := events[i%len(events)]
				items = append(items, siem.Item{Event: e, Body: f.Append(nil, e)})
			}
			// What it says of the answer does not matter here: the request was recorded.
			_, _ = to.Send(b.Context(), items)
			url := r.start(b) + path
			b.ResetTimer()
			for range b.N {
				q, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				q.Header = head
				a, err := http.DefaultClient.Do(q)
				if err != nil {
					b.Fatal(err)
				}
				_, err = io.Copy(io.Discard, a.Body)
				if a.Body.Close(); err != nil || a.StatusCode != http.StatusOK {
					b.Fatalf("%v, %s", err, a.Status)
				}
			}
			b.ReportMetric(float64(b.N*together)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
