package pipeline

import (
	"context"
	"time"

	"lethe/stream/kafka"
)

// Watch is a consumer group whose distance from the end is a metric.
type Watch struct {
	Stage, Name string // labels
	Group       string
	Topics      []string
}

// WatchLag sets the metric of offsets not yet read until ctx ends. Transaction
// markers count, so an idle stage may show a few.
func (b Base) WatchLag(ctx context.Context, every time.Duration, watches []Watch) error {
	cl, err := b.Cluster.Client()
	if err != nil {
		return err
	}
	defer cl.Close()
	for {
		for _, w := range watches {
			at, err := kafka.Offsets(ctx, cl, w.Group)
			if err != nil {
				break // the stages themselves tell of a broker that is gone
			}
			var behind int64
			for _, t := range w.Topics {
				ends, err := kafka.Ends(ctx, cl, t)
				if err != nil {
					break
				}
				for p, end := range ends {
					behind += max(0, end-at[t][p].Offset)
				}
			}
			b.Metrics.Behind.WithLabelValues(w.Stage, w.Name).Set(float64(behind))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}
