package wire

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lethe/audit"
	"lethe/stream/pipeline"
)

// witnessMetrics are the metrics of each witness of the policy.
type witnessMetrics struct {
	of    *audit.Follower
	since func(time.Time) float64 // seconds; since the process began for the zero time
}

// Describe implements prometheus.Collector.
func (m witnessMetrics) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, ch) }

// Collect implements prometheus.Collector.
func (m witnessMetrics) Collect(ch chan<- prometheus.Metric) {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("lethe_log_witness_"+name, help, []string{"witness"}, nil)
	}
	failing := desc("failing", "1 if the witness's last answer was another than a cosignature, or none.")
	age := desc("cosigned_age_seconds", "Time since the witness last cosigned; since the process began if it has not.")
	for _, w := range m.of.Status().Witnesses {
		ch <- prometheus.MustNewConstMetric(failing, prometheus.GaugeValue, flag(!w.Failing.IsZero()), w.Name)
		ch <- prometheus.MustNewConstMetric(age, prometheus.GaugeValue, m.since(w.Cosigned), w.Name)
	}
}

// failingMetrics tell of stages that fail, as /readyz does.
type failingMetrics struct {
	of  *pipeline.Failures
	now func() time.Time
}

// Describe implements prometheus.Collector.
func (failingMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- failingDesc()
}

// Collect implements prometheus.Collector.
func (m failingMetrics) Collect(ch chan<- prometheus.Metric) {
	now := m.now()
	for _, f := range m.of.Now(now) {
		ch <- prometheus.MustNewConstMetric(failingDesc(), prometheus.GaugeValue, now.Sub(f.Since).Seconds(), f.Stage)
	}
}

func failingDesc() *prometheus.Desc {
	return prometheus.NewDesc("lethe_failing_seconds", "For how long a stage has failed without a commit in between; there is no series for one that does not fail.", []string{"of"}, nil)
}

// quorumWithin is how long witnesses may take before people are told. They are asked
// every few seconds while entries wait, and once a minute in any case.
const quorumWithin = 2 * time.Minute

// unwitnessed tells that witnesses keep a checkpoint from being published, and which do
// not cosign: no reason to be restarted.
func unwitnessed(s audit.Status, now time.Time) (out []string) {
	if s.NoQuorum.IsZero() || now.Sub(s.NoQuorum) < quorumWithin {
		return nil
	}
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	out = append(out, fmt.Sprintf("witnesses: their quorum is missing since %s, %d entries wait for a checkpoint", stamp(s.NoQuorum), s.Size-min(s.Size, s.Published)))
	for _, w := range s.Witnesses {
		switch {
		case w.Failing.IsZero():
		case w.Cosigned.IsZero():
			out = append(out, fmt.Sprintf("witness %s: has not cosigned since this process began, last tried %s", w.Name, stamp(w.Failed)))
		default:
			out = append(out, fmt.Sprintf("witness %s: cosigned last %s, fails since %s, last tried %s", w.Name, stamp(w.Cosigned), stamp(w.Failing), stamp(w.Failed)))
		}
	}
	return out
}
