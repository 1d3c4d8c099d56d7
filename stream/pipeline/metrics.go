package pipeline

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the stages' Prometheus metrics. Labels hold names of
// configuration, codes and operators, never a value (L7).
type Metrics struct {
	Records     *prometheus.CounterVec   // stage, name: data records in
	Bytes       *prometheus.CounterVec   // stage, name: bytes in
	Out         *prometheus.CounterVec   // stage, name: records written, tombstones included
	Lag         *prometheus.GaugeVec     // stage, name: seconds that the stage is behind the source's commit
	Behind      *prometheus.GaugeVec     // stage, name: offsets from the first record not yet read
	Transaction *prometheus.HistogramVec // stage: seconds from begin to commit
	Aborted     *prometheus.CounterVec   // stage, name
	Quarantined *prometheus.CounterVec   // connection, reason
	Fields      *prometheus.CounterVec   // connection, operator
	Quality     Quality                  // what rows were like
	Shredded    *prometheus.CounterVec   // connection: records whose key was destroyed unread
	Forged      *prometheus.CounterVec   // topic: records refused that no key of the workspace vouches for
	RawHeld     *prometheus.GaugeVec     // topic: raw records not yet deleted
	Trimmed     *prometheus.CounterVec   // topic: offsets deleted after their time
	RawAge      *prometheus.GaugeVec     // topic, connection: seconds since the oldest raw record it has to mask
	RawOverdue  *prometheus.GaugeVec     // topic, connection: 1 if that is longer than raw_max_age
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "lethe", Name: name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "lethe", Name: name, Help: help}, labels)
		reg.MustRegister(g)
		return g
	}
	tx := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "lethe", Name: "transaction_seconds",
		Help: "From the begin of a transaction to its commit; for log, of a batch until it is in the log.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 16)}, []string{"stage"})
	reg.MustRegister(tx)
	return &Metrics{
		Records:     counter("records_total", "Data records that a stage has taken in.", "stage", "name"),
		Bytes:       counter("bytes_total", "Bytes of the records that a stage has taken in.", "stage", "name"),
		Out:         counter("records_out_total", "Records that a stage has written, tombstones included.", "stage", "name"),
		Lag:         gauge("lag_seconds", "From a change's commit at the source to its commit by a stage. While records wait, the age of the oldest that the stage has not committed: for mask since it was ingested, for sink since the source's commit. For log the age of the oldest audit entry that is not in the log; 0 for none.", "stage", "name"),
		Behind:      gauge("lag_offsets", "Offsets from the first record that a stage has not committed to the end, transaction markers between them included; 0 once all records are read. For log those of the audit topic behind the last entry in the log. Ingest has none, since it reads no topic: lethe_lag_seconds tells how late it commits, and a source its own distance, such as lethe_postgres_slot_lag_bytes.", "stage", "name"),
		Transaction: tx,
		Aborted:     counter("transactions_aborted_total", "Transactions that ended without a commit and were done again.", "stage", "name"),
		Quarantined: counter("quarantined_total", "Records sent to quarantine.", "connection", "reason"),
		Fields:      counter("fields_total", "Values that an operator was applied to.", "connection", "operator"),
		Quality:     newQuality(counter, gauge),
		Shredded:    counter("shredded_total", "Raw records whose key was destroyed before they were masked.", "connection"),
		Forged:      counter("forged_total", "Control records that were refused, since somebody without the workspace's keys wrote them or wrote an old one again, and positions that nobody with the keys wrote, or that were written again. Each connection counts its own.", "topic"),
		RawHeld:     gauge("raw_offsets_held", "Offsets of raw topics not deleted yet.", "topic"),
		Trimmed:     counter("trimmed_offsets_total", "Offsets deleted after the time that lethe.yaml keeps them (keep).", "topic"),
		RawAge:      gauge("raw_oldest_seconds", "Age of the oldest raw record that a connection has still to mask; 0 for none.", "topic", "connection"),
		RawOverdue:  gauge("raw_overdue", "1 if raw records wait for a connection for longer than raw_max_age.", "topic", "connection"),
	}
}

// StageLog labels the metrics of the audit log's follower, which is none of the
// stages here: it reads the audit topic, and its batches are no transactions.
const StageLog = "log"

// LogJob is what logs and answers call the follower.
const LogJob = "audit log"

// Logged tells of a batch that is in the log: how many entries, their bytes, and
// when it began. A log that grows is in no failure.
func (b Base) Logged(entries int, bytes int64, began time.Time) {
	n := int64(entries)
	b.measure(done{stage: StageLog, name: b.Topics.Workspace, began: began, in: n, out: n, bytes: bytes})
}

// done is what a stage did in one transaction.
type done struct {
	stage, name string // labels
	began       time.Time
	in, out     int64 // records
	bytes       int64 // of in
	newest      int64 // when the source committed the newest change, ms; 0 if unknown
}

// committed tells of a committed transaction. A stage that commits is in no
// failure.
func (b Base) committed(stage, name string, began time.Time) {
	b.Failures.mended(stageName(stage, name))
	b.Metrics.Transaction.WithLabelValues(stage).Observe(b.Now().Sub(began).Seconds())
}

// measure tells of a committed transaction and of what it did.
func (b Base) measure(d done) {
	b.committed(d.stage, d.name, d.began)
	m := b.Metrics
	m.Records.WithLabelValues(d.stage, d.name).Add(float64(d.in))
	m.Bytes.WithLabelValues(d.stage, d.name).Add(float64(d.bytes))
	m.Out.WithLabelValues(d.stage, d.name).Add(float64(d.out))
	if d.newest > 0 {
		m.Lag.WithLabelValues(d.stage, d.name).Set(b.Now().Sub(time.UnixMilli(d.newest)).Seconds())
	}
}
