// Package bench measures what Lethe claims, with the command that reproduces
// each figure, and says what was measured: wall time, CPU time of the process
// under test, peak memory, and where the time went.
//
// Its words are those of measurement: a [Workload] is what was asked for, a
// [Result] what came of it. CPU figures come first, since wall time depends on
// who else uses the machine. It holds no promise about data. It never imports
// cmd, and nobody imports it: commands lie in its sub-folders, peers in
// peers/ with modules of their own.
package bench

import "time"

// Workload is what is measured.
type Workload struct {
	Rows    int64 `json:"rows"`    // there when the snapshot begins
	Changes int64 `json:"changes"` // inserts while all hops run
	Rate    int   `json:"rate"`    // changes a second while latency is measured
	Seconds int   `json:"seconds"` // for so long
	Columns int   `json:"columns"`
}

// Result is what came of a workload.
type Result struct {
	Workload Workload `json:"workload"`
	Machine  Machine  `json:"machine"`
	Brokers  string   `json:"brokers"` // embedded, or where they are
	Hops     []Hop    `json:"hops"`
	Latency  *Latency `json:"latency,omitempty"`
	Peers    []Peer   `json:"peers,omitempty"`
}

// Machine is where it was measured.
type Machine struct {
	CPUs int    `json:"cpus"`
	OS   string `json:"os"`
	Go   string `json:"go"`
}

// Hop is one stage, or several at once, and what its records cost.
type Hop struct {
	Name string        `json:"name"`
	Rows int64         `json:"rows"`
	Wall time.Duration `json:"wall_ns"`
	CPU  time.Duration `json:"cpu_ns"`
	Peak int64         `json:"peak_rss_bytes"`
	// Shares says where the CPU time went, largest first; nil if not profiled.
	Shares []Share `json:"shares,omitempty"`
}

// PerSecond is rows per second of wall time.
func (h Hop) PerSecond() float64 { return rate(h.Rows, h.Wall) }

// PerCPUSecond is rows per second of CPU time.
func (h Hop) PerCPUSecond() float64 { return rate(h.Rows, h.CPU) }

// Cost is CPU time per row.
func (h Hop) Cost() time.Duration {
	if h.Rows == 0 {
		return 0
	}
	return h.CPU / time.Duration(h.Rows)
}

func rate(n int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// Sum is the cost of rows that pass one hop after the other: times added up,
// the highest peak.
func Sum(name string, hops []Hop) Hop {
	all := Hop{Name: name}
	for _, h := range hops {
		all.Rows = max(all.Rows, h.Rows)
		all.Wall += h.Wall
		all.CPU += h.CPU
		all.Peak = max(all.Peak, h.Peak)
	}
	return all
}

// Peer is another system under the same workload in the same run.
type Peer struct {
	Name    string    `json:"name"`
	Hops    []Hop     `json:"hops"`
	Latency []Latency `json:"latency,omitempty"`
}
