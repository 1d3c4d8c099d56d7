package bench

import (
	"math"
	"slices"
	"time"
)

// Latency is a distribution of delays.
type Latency struct {
	Note string        `json:"note,omitempty"` // the setting that it was taken under
	N    int           `json:"n"`
	P50  time.Duration `json:"p50_ns"`
	P90  time.Duration `json:"p90_ns"`
	P99  time.Duration `json:"p99_ns"`
	Max  time.Duration `json:"max_ns"`
}

// Delays sums up delays. It sorts them.
func Delays(all []time.Duration) Latency {
	slices.Sort(all)
	return Latency{N: len(all), P50: Percentile(all, 50), P90: Percentile(all, 90), P99: Percentile(all, 99), Max: Percentile(all, 100)}
}

// Percentile is the smallest of the sorted delays that at least p percent of
// them do not exceed (nearest rank); 0 if there are none.
func Percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}
