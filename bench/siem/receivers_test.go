package siem

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lethe/audit"
	"lethe/audit/siem"
	"lethe/audit/siem/format"
	"lethe/audit/siem/siemtest"
	"lethe/audit/siem/transport"
	"lethe/stream"
)

// together is how many events go out in a request, as the exporter sends them.
const together = 500

// receiver is a real one.
type receiver struct {
	name, format string
	start        func(b *testing.B) (at string)
	settings     func(at string) transport.Settings
	// arrived waits until the receiver has as many events, if it does not answer when it has
	// taken a request.
	arrived func(b *testing.B, n int)
}

// token is one of a collector of Splunk's events that asks for none.
const token = "00000000-0000-0000-0000-000000000000"

func receivers() []receiver {
	collector := func(flag string) func(b *testing.B) string {
		return func(b *testing.B) string {
			addr := siemtest.Address(b)
			siemtest.Collector(b, flag, addr, filepath.Join(b.TempDir(), "out"))
			siemtest.Listening(b, addr)
			return "http://" + addr
		}
	}
	var ca, out string
	return []receiver{
		{name: "OTLP", format: "ocsf", start: collector("--otlp"), settings: func(at string) transport.Settings { return &transport.OTLP{URL: at} }},
		{name: "HEC", format: "ecs", start: collector("--hec"), settings: func(at string) transport.Settings {
			return &transport.HEC{URL: at, Token: stream.NewValue([]byte(token)), SourceType: "lethe"}
		}},
		{name: "OpenSearch", format: "ecs", start: func(b *testing.B) string {
			port := 9240 + os.Getpid()%50
			siemtest.OpenSearch(b, b.TempDir(), port)
			return fmt.Sprintf("http://127.0.0.1:%d", port)
		}, settings: func(at string) transport.Settings {
			s := transport.New("elastic").(*transport.Elastic)
			s.URL = at
			return s
		}},
		{name: "rsyslog", format: "rfc5424", start: func(b *testing.B) string {
			addr, dir := siemtest.Address(b), b.TempDir()
			_, ca = siemtest.Certificate(b)
			out = filepath.Join(dir, "out")
			siemtest.Rsyslog(b, dir, addr, ca, out)
			siemtest.Listening(b, addr)
			return addr
		}, settings: func(at string) transport.Settings { return &transport.Syslog{Address: at, CA: ca} },
			arrived: func(b *testing.B, n int) { lines(b, out, n) }},
	}
}

// lines waits until a file has as many of them.
func lines(b *testing.B, path string, n int) {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	buf, has := make([]byte, 1<<20), 0
	for late := time.Now().Add(time.Minute); has < n; {
		got, err := f.Read(buf)
		has += bytes.Count(buf[:got], []byte("\n"))
		switch {
		case err == io.EOF && time.Now().Before(late):
			time.Sleep(time.Millisecond)
		case err != nil:
			b.Fatalf("%d of %d arrived: %v", has, n, err)
		}
	}
}

func (r receiver) open(b *testing.B, at string) siem.Transport {
	b.Helper()
	t, err := r.settings(at).Open(siem.Env{Name: "bench", Workspace: "shop", Origin: siemtest.Origin, Format: formatOf(r.format), Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	return t
}

func formatOf(name string) siem.Format {
	return format.All()[slices.IndexFunc(format.All(), func(f siem.Format) bool { return f.Name == name })]
}

// load is the nth request's events, each with an id of its own.
func (r receiver) load(n int) []siem.Item {
	f, events := formatOf(r.format), siemtest.EventsOf(siemtest.View(), siemtest.AsRuns())
	var out []siem.Item
	for i := range together {
		e := *events[(n*together+i)%len(events)]
		sum := sha256.Sum256(fmt.Append(nil, n*together+i)) // as ids are: in no order
		e.ID = hex.EncodeToString(sum[:16])
		out = append(out, siem.Item{Event: &e, Body: f.Append(nil, &e)})
	}
	return out
}

// warm sends a first load, with which a receiver is set up.
func (r receiver) warm(b *testing.B, at string) {
	b.Helper()
	to := r.open(b, at)
	if _, err := to.Send(b.Context(), r.load(1<<20)); err != nil {
		b.Fatal(err)
	}
	if err := to.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSend has the exporter send a log to a real receiver: leaves read and held
// against the checkpoint, events made, written and sent, each request when the one before
// was acknowledged. An iteration is a request.
func BenchmarkSend(b *testing.B) {
	audit.RouteDriverLog(slog.New(slog.DiscardHandler))
	for _, r := range receivers() {
		b.Run(r.name, func(b *testing.B) {
			at := r.start(b)
			r.warm(b, at)
			dir, v := siemtest.Log(b, siemtest.AsRuns(), b.N*together)
			x, err := siem.NewExporter(siem.Config{Dir: dir, Verifier: v, Cursor: new(siemtest.Place), Log: slog.New(slog.DiscardHandler), Now: time.Now,
				Destination: siem.Destination{Name: "bench", View: siemtest.View(), Format: formatOf(r.format), Open: func(context.Context) (siem.Transport, error) { return r.open(b, at), nil }}})
			if err != nil {
				b.Fatal(err)
			}
			ctx, stop := context.WithCancel(b.Context())
			ended := make(chan struct{})
			b.ResetTimer()
			go func() { defer close(ended); x.Run(ctx) }()
			err = x.Drained(ctx)
			r.arrive(b)
			b.StopTimer()
			if stop(); err != nil {
				b.Fatal(err)
			}
			<-ended
			b.ReportMetric(float64(x.Status().Sent)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// arrive waits until the receiver has what was sent in b, and to warm it.
func (r receiver) arrive(b *testing.B) {
	if r.arrived != nil {
		r.arrived(b, (b.N+1)*together)
	}
}

// BenchmarkBare gives the same receiver such requests again, made before, over one
// connection: the fastest that any load tool could be which waits for answers.
func BenchmarkBare(b *testing.B) {
	for _, r := range receivers() {
		b.Run(r.name, func(b *testing.B) {
			at := r.start(b)
			r.warm(b, at)
			bare := posts
			if r.name == "rsyslog" {
				bare = writes
			}
			send := bare(b, r, at)
			b.ResetTimer()
			for n := range b.N {
				if err := send(n); err != nil {
					b.Fatal(err)
				}
			}
			r.arrive(b)
			b.ReportMetric(float64(b.N*together)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// posted are the requests of n loads, to a receiver at an address.
func posted(b *testing.B, r receiver, at string, n int) (requests []*http.Request, bodies [][]byte) {
	record := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method != http.MethodPost {
			io.WriteString(w, "{}")
			return
		}
		body, _ := io.ReadAll(q.Body)
		to, _ := http.NewRequest(q.Method, at+q.URL.RequestURI(), nil)
		to.Header = q.Header.Clone()
		requests, bodies = append(requests, to), append(bodies, body)
	}))
	defer record.Close()
	to := r.open(b, record.URL)
	defer to.Close(b.Context())
	for i := range n {
		_, _ = to.Send(b.Context(), r.load(i)) // What it says of the answer does not matter: the request was recorded.
	}
	return requests, bodies
}

// posts makes the requests of all loads, and sends them to the receiver one by one.
func posts(b *testing.B, r receiver, at string) func(n int) error {
	requests, bodies := posted(b, r, at, b.N)
	return func(n int) error {
		q := requests[n].WithContext(b.Context())
		q.Body, q.ContentLength = io.NopCloser(bytes.NewReader(bodies[n])), int64(len(bodies[n]))
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			return err
		}
		defer a.Body.Close()
		if _, err := io.Copy(io.Discard, a.Body); err != nil {
			return err
		}
		if a.StatusCode != http.StatusOK {
			return fmt.Errorf("answered with %s", a.Status)
		}
		return nil
	}
}

// writes sends each load as counted messages over TLS.
func writes(b *testing.B, r receiver, at string) func(n int) error {
	conn, err := tls.Dial("tcp", at, &tls.Config{InsecureSkipVerify: true}) // the receiver is the one started here
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	var loads [][]byte
	for n := range b.N {
		var load []byte
		for _, i := range r.load(n) {
			load = append(append(strconv.AppendInt(load, int64(len(i.Body)), 10), ' '), i.Body...)
		}
		loads = append(loads, load)
	}
	return func(n int) error {
		_, err := conn.Write(loads[n])
		return err
	}
}

// BenchmarkLoadTool has telemetrygen, OpenTelemetry's own load tool, send log records to
// its own receiver, as large as the exporter's, as many in a request, by one worker: all
// of it in the body, or with as many attributes as the exporter's have.
func BenchmarkLoadTool(b *testing.B) {
	r := receivers()[0]
	bin := filepath.Join(b.TempDir(), "telemetrygen")
	build := exec.Command("go", "build", "-C", "../peers/telemetrygen", "-o", bin, "github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	_, bodies := posted(b, r, "", 1)
	record, body := len(bodies[0])/together, 0
	for _, i := range r.load(0) {
		body += len(i.Body)
	}
	body /= together
	const attributes, enclosed = 10, 20 // so many bytes are an attribute's without its value
	alike := []string{"--body", strings.Repeat("x", body)}
	for i := range attributes {
		alike = append(alike, "--telemetry-attributes", fmt.Sprintf(`lethe.bench.%02d="%s"`, i, strings.Repeat("x", (record-body)/attributes-enclosed)))
	}
	for _, c := range []struct {
		name  string
		flags []string
	}{{"body", []string{"--body", strings.Repeat("x", record)}}, {"attributes", alike}} {
		b.Run(r.name+"/"+c.name, func(b *testing.B) {
			at := r.start(b)
			b.ResetTimer()
			cmd := exec.CommandContext(b.Context(), bin, append([]string{"logs", "--otlp-http", "--otlp-insecure", "--otlp-endpoint", at[len("http://"):], "--rate", "0",
				"--workers", "1", "--batch-size", strconv.Itoa(together), "--logs", strconv.Itoa(b.N * together)}, c.flags...)...)
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			b.ReportMetric(float64(b.N*together)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
