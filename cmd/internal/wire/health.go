package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"lethe/audit"
	"lethe/stream"
)

// gauges are the metrics of the log and of connectors.
type gauges struct {
	reg prometheus.Registerer
	mu  sync.Mutex
	by  map[string]*prometheus.GaugeVec
}

func newGauges(reg *prometheus.Registry, f *audit.Follower, now func() time.Time, witnessed bool) *gauges {
	gauge := func(name, help string, value func(audit.Status) float64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "lethe", Name: name, Help: help},
			func() float64 { return value(f.Status()) }))
	}
	gauge("log_entries", "Entries integrated into the audit log.", func(s audit.Status) float64 { return float64(s.Size) })
	gauge("log_bytes", "Size of the audit log: its entries and the tiles over them, without partial ones that fuller ones replaced.", func(s audit.Status) float64 { return float64(s.Bytes) })
	gauge("log_published_entries", "Entries under the log's checkpoint.", func(s audit.Status) float64 { return float64(s.Published) })
	began := now()
	since := func(t time.Time) float64 {
		if t.IsZero() {
			t = began
		}
		return now().Sub(t).Seconds()
	}
	gauge("log_checkpoint_age_seconds", "Age of the log's checkpoint; where there is none, of this process.", func(s audit.Status) float64 { return since(s.CheckpointAt) })
	gauge("log_unpublished_entries", "Entries in the log that are not under its checkpoint.", func(s audit.Status) float64 { return float64(s.Size - min(s.Size, s.Published)) })
	gauge("log_office", "1 if this process writes the audit log: it took office, and no later term began.", func(s audit.Status) float64 { return flag(s.Office) })
	gauge("log_term", "Number of the follower's term; 0 before it took office.", func(s audit.Status) float64 { return float64(s.Term) })
	gauge("log_append_age_seconds", "Time since the follower appended; since it took office if it has not.", func(s audit.Status) float64 { return since(s.AppendedAt) })
	if witnessed {
		gauge("log_quorum_missing_seconds", "For how long witnesses have been asked whose policy is not met: no checkpoint is published; 0 if it is met.", func(s audit.Status) float64 {
			if s.NoQuorum.IsZero() {
				return 0
			}
			return since(s.NoQuorum)
		})
		reg.MustRegister(witnessMetrics{f, since})
	}
	gauge("log_audit_offset", "Offset of the last entry integrated.", func(s audit.Status) float64 { return float64(s.Offset) })
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &gauges{reg: reg, by: make(map[string]*prometheus.GaugeVec)}
}

func flag(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// connector gives the gauges of one source or sink.
func (g *gauges) connector(of string) func(name, help string) func(float64) {
	return func(name, help string) func(float64) {
		g.mu.Lock()
		defer g.mu.Unlock()
		v := g.by[name]
		if v == nil {
			v = prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "lethe", Name: name, Help: help}, []string{"of"})
			g.reg.MustRegister(v)
			g.by[name] = v
		}
		return v.WithLabelValues(of).Set
	}
}

// total adds up a counter's values; stage limits it to series of that stage.
func total(c *prometheus.CounterVec, stage string) int64 {
	var sum float64
	for _, m := range series(c) {
		if stage == "" || label(m, "stage") == stage {
			sum += m.GetCounter().GetValue()
		}
	}
	return int64(sum)
}

// series are the values of a metric.
func series(c prometheus.Collector) []*dto.Metric {
	ch := make(chan prometheus.Metric, 64)
	go func() {
		c.Collect(ch)
		close(ch)
	}()
	var out []*dto.Metric
	for m := range ch {
		d := new(dto.Metric)
		if m.Write(d) == nil {
			out = append(out, d)
		}
	}
	return out
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// Serve answers /metrics, /healthz and /readyz on addr until ctx ends. There is
// no pprof: a profile of a process that holds clear values is a way out (L7).
func (w *Workspace) Serve(ctx context.Context, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return &stream.Fault{Code: "run.listen", Path: "metrics: " + addr, Msg: err.Error(), Hint: "choose another address for metrics in lethe.yaml", Exit: stream.ExitEnvironment}
	}
	srv := &http.Server{Handler: w.answers(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		srv.Shutdown(context.WithoutCancel(ctx))
	}()
	w.log.Info("metrics", "address", l.Addr().String())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

// answers are those of the process to whoever watches it.
func (w *Workspace) answers() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(r http.ResponseWriter, _ *http.Request) { fmt.Fprintln(r, "ok") })
	mux.HandleFunc("GET /readyz", func(r http.ResponseWriter, q *http.Request) {
		if err := w.ready(q.Context()); err != nil {
			http.Error(r, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(r, "ready")
		// No reason to be restarted, so the answer stays 200.
		for _, m := range series(w.base.Metrics.RawOverdue) {
			if m.GetGauge().GetValue() > 0 {
				fmt.Fprintf(r, "overdue: records of %s wait for connection %s for longer than raw_max_age\n", label(m, "topic"), label(m, "connection"))
			}
		}
		for _, line := range slices.Concat(w.feeds.lines(), unwitnessed(w.follower.Status(), w.base.Now())) {
			fmt.Fprintln(r, line)
		}
	})
	return mux
}

// ready says why the process does no work, or what part of it fails.
func (w *Workspace) ready(ctx context.Context) error {
	if err := w.base.Cluster.Ping(ctx, 2*time.Second); err != nil {
		return errors.New("no broker answers")
	}
	var lines []string
	switch s := w.follower.Status(); {
	case s.Term == 0:
		return errors.New("the audit log has no follower yet")
	case !s.Office:
		lines = append(lines, fmt.Sprintf("audit log: this process no longer writes it (its term was %d): it stopped, or another process began a later term", s.Term))
	}
	for _, f := range w.base.Failures.Now(w.base.Now()) {
		lines = append(lines, fmt.Sprintf("%s: failing since %s, %d times in a row; look for \"stage\":%q in what lethe run logs: it says why",
			f.Stage, f.Since.UTC().Format(time.RFC3339), f.Times, f.Stage))
	}
	if len(lines) > 0 {
		return errors.New(strings.Join(lines, "\n"))
	}
	return nil
}
