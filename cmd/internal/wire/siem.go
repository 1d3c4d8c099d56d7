package wire

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lethe/audit/siem"
	"lethe/audit/siem/transport"
	"lethe/stream"
	"lethe/stream/kafka"
	"lethe/stream/pipeline"
)

// codeDamaged is of the fault of a log that was changed.
const codeDamaged = "run.log_damaged"

// drainWithin is how long the end of a run waits for receivers of audit events.
const drainWithin = 10 * time.Second

// feeds are the exporters of audit events, one for each destination. They run where the
// log is written, for nobody else has all of it.
type feeds struct {
	exporters []*siem.Exporter
	cursors   []*kafka.Cursor
	running   sync.WaitGroup

	mu   sync.Mutex
	stop context.CancelFunc // nil while they do not run
}

// openFeeds readies the destinations of audit events.
func (w *Workspace) openFeeds() error {
	for _, d := range w.folder.SIEM {
		key, err := w.keys.Secret("siem-" + d.Name)
		if err != nil {
			return fmt.Errorf("siem %s: %w", d.Name, err)
		}
		cursor, err := w.base.Cluster.Cursor(w.base.Topics.SIEMGroup(d.Name), w.base.Topics.Audit())
		if err != nil {
			return fmt.Errorf("siem %s: %w", d.Name, err)
		}
		w.feeds.cursors = append(w.feeds.cursors, cursor)
		env := siem.Env{Name: d.Name, Brokers: w.base.Cluster.Brokers, Workspace: w.folder.Workspace, Origin: w.verifier.Name(), Format: d.Format, Log: w.log.With("destination", d.Name), Now: w.base.Now}
		conf := siem.Config{Dir: w.folder.Log, Verifier: w.verifier, Cursor: cursor, Log: w.log, Now: w.base.Now, Behind: w.behind,
			Destination: siem.Destination{Name: d.Name, View: siem.View{Fields: d.Fields, Key: key}, Format: d.Format, Least: d.Least,
				Open: func(context.Context) (siem.Transport, error) { return d.Settings.Open(env) }}}
		if p, ok := d.Settings.(transport.Paced); ok {
			conf.Poll, conf.Destination.Most, conf.Destination.Bytes = p.Pace()
		}
		x, err := siem.NewExporter(conf)
		if err != nil {
			return fmt.Errorf("siem %s: %w", d.Name, err)
		}
		w.feeds.exporters = append(w.feeds.exporters, x)
	}
	if len(w.feeds.exporters) > 0 {
		w.registry.MustRegister(newFeedMetrics(&w.feeds, w.base.Now))
	}
	return nil
}

// behind tells since when entries wait for a checkpoint.
func (w *Workspace) behind() time.Time {
	for _, f := range w.base.Failures.Now(w.base.Now()) {
		if f.Stage == pipeline.LogJob {
			return f.Since
		}
	}
	if s := w.follower.Status(); s.Size > s.Published {
		return s.CheckpointAt
	}
	return time.Time{}
}

// start runs the exporters until halt is called; they outlive the run, whose last
// entries they carry too.
func (f *feeds) start(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ctx, f.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, x := range f.exporters {
		f.running.Go(func() { x.Run(ctx) })
	}
}

// halt ends the exporters.
func (f *feeds) halt() {
	f.mu.Lock()
	stop := f.stop
	f.mu.Unlock()
	if stop != nil {
		stop()
	}
	f.running.Wait()
}

// each calls do for every exporter at once, for as long as the end of a run may take.
func (f *feeds) each(ctx context.Context, do func(context.Context, *siem.Exporter)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
	defer cancel()
	var all sync.WaitGroup
	for _, x := range f.exporters {
		all.Go(func() { do(ctx, x) })
	}
	all.Wait()
}

// drainFeeds gives the receivers some time to take what is in the log.
func (w *Workspace) drainFeeds(ctx context.Context) {
	w.feeds.mu.Lock()
	running := w.feeds.stop != nil
	w.feeds.mu.Unlock()
	if !running {
		return
	}
	w.feeds.each(ctx, func(ctx context.Context, x *siem.Exporter) {
		if err := x.Drained(ctx); err != nil {
			w.log.Warn("audit events wait: the next run sends them", "destination", x.Status().Name, "error", err.Error())
		}
	})
}

// warn tells the receivers that a run ends since the log was changed: else they would
// hear nothing, and not know why.
func (f *feeds) warn(ctx context.Context, cause error) {
	if fault := new(stream.Fault); !errors.As(cause, &fault) || fault.Code != codeDamaged {
		return
	}
	f.each(ctx, func(ctx context.Context, x *siem.Exporter) { x.Warn(ctx, siem.LogDamaged, siem.Critical) })
}

func (f *feeds) close() {
	for _, c := range f.cursors {
		c.Close()
	}
}

// lines tell of destinations whose events wait, for who asks whether the process is
// ready: no reason to be restarted.
func (f *feeds) lines() (out []string) {
	for _, x := range f.exporters {
		if s := x.Status(); !s.Since.IsZero() {
			out = append(out, fmt.Sprintf("siem %s: failing since %s, %d events wait; look for \"destination\":%q in what lethe run logs: it says why",
				s.Name, s.Since.UTC().Format(time.RFC3339), s.Waiting, s.Name))
		}
	}
	return out
}

// feedMetrics are the metrics of the exporters.
type feedMetrics struct {
	of                                              *feeds
	now                                             func() time.Time
	waiting, lag, sent, duplicates, refused, failed *prometheus.Desc
}

func newFeedMetrics(of *feeds, now func() time.Time) *feedMetrics {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("lethe_siem_"+name, help, []string{"destination"}, nil)
	}
	return &feedMetrics{of: of, now: now,
		waiting:    desc("waiting", "Entries under the log's checkpoint that a destination does not have."),
		lag:        desc("lag_seconds", "How long the oldest of them has waited here; 0 for none."),
		sent:       desc("sent_total", "Events that a destination has taken."),
		duplicates: desc("duplicates_total", "Events among them that it said it had already."),
		refused:    desc("refused_total", "Events that it will never take."),
		failed:     desc("failed_total", "Times that sending to it failed and was tried again.")}
}

// Describe implements prometheus.Collector.
func (m *feedMetrics) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, ch) }

// Collect implements prometheus.Collector.
func (m *feedMetrics) Collect(ch chan<- prometheus.Metric) {
	for _, x := range m.of.exporters {
		s := x.Status()
		lag := 0.0
		if !s.Oldest.IsZero() {
			lag = m.now().Sub(s.Oldest).Seconds()
		}
		gauge := func(d *prometheus.Desc, v float64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, s.Name)
		}
		total := func(d *prometheus.Desc, n int64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), s.Name)
		}
		gauge(m.waiting, float64(s.Waiting))
		gauge(m.lag, lag)
		total(m.sent, s.Sent)
		total(m.duplicates, s.Duplicates)
		total(m.refused, s.Refused)
		total(m.failed, s.Failed)
	}
}
