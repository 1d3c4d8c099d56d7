package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
	"lethe/stream/kafka"
)

// DeletionJob is the name under which the deletion is leased and stands in the
// positions topic. No source can be called so: names have no slash.
const DeletionJob = "job/deletion"

// Deletion moves the start of raw topics up to what all connections committed,
// and destroys hourly keys that no raw record is left under. The evidence of
// deletion is the destroyed key (L4).
type Deletion struct {
	Base
	// Connections are those that read each raw topic.
	Connections map[string][]string
	Every       time.Duration
	// MaxAge is how old a raw record may become that a connection has not masked;
	// then it is told. Nothing is deleted because of it (L2). 0 for never.
	MaxAge time.Duration

	told sync.Map // waits that were told, by topic and connection
}

// Run deletes until ctx ends or something fails.
func (d *Deletion) Run(ctx context.Context) error {
	r, err := openRemover(ctx, d.Base, DeletionJob)
	if err != nil {
		return err
	}
	defer r.client.Close()
	w := &deleter{Deletion: d, remover: r}
	defer w.forgetAges()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(d.Every):
		}
		if err := w.round(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

type deleter struct {
	*Deletion
	*remover
	ages ages
}

// round deletes what every connection has committed, writes it down, and destroys
// the keys that nothing is left under.
func (w *deleter) round(ctx context.Context) error {
	at, err := w.committed(ctx)
	if err != nil || len(at) == 0 {
		return err
	}
	low := lowest(at)
	var topics []string
	for t := range w.Connections {
		topics = append(topics, t)
	}
	if err := w.measure(ctx, topics, low, at); err != nil {
		return err
	}
	reached, err := w.remove(ctx, low)
	if err != nil {
		return err
	}
	periods, err := w.destroyable(ctx, low)
	if err != nil {
		return err
	}
	old, err := w.outlived()
	if err != nil {
		return err
	}
	periods = append(periods, old...)
	if err := w.receipt(ctx, reached, periods); err != nil {
		return err
	}
	return w.destroy(periods)
}

// measure tells how much of each raw topic waits for a connection, and how long.
func (w *deleter) measure(ctx context.Context, topics []string, low map[place]int64, at map[reader]int64) error {
	ends := make(map[place]int64)
	for _, t := range topics {
		of, err := kafka.Ends(ctx, w.client, t)
		if err != nil {
			return err
		}
		var n int64
		for p, end := range of {
			ends[place{t, p}] = end
			n += end - low[place{t, p}]
		}
		w.Metrics.RawHeld.WithLabelValues(t).Set(float64(n))
	}
	return w.lookAtAges(ctx, at, ends)
}

// reader is a connection's mask stage on one raw partition.
type reader struct {
	connection string
	place
}

// committed gives the offset that each connection committed on each raw
// partition.
func (w *deleter) committed(ctx context.Context) (map[reader]int64, error) {
	out := make(map[reader]int64)
	for topic, connections := range w.Connections {
		for _, name := range connections {
			group := w.Topics.MaskGroup(name)
			at, err := kafka.Offsets(ctx, w.client, group)
			if err != nil {
				return nil, err
			}
			for p := range w.Partitions {
				c, ok := at[topic][p]
				if !ok {
					return nil, fmt.Errorf("group %s: no committed offset of %s/%d", group, topic, p)
				}
				out[reader{name, place{topic, p}}] = c.Offset
			}
		}
	}
	return out, nil
}

// lowest is the lowest offset that the connections of each raw partition
// committed.
func lowest(at map[reader]int64) map[place]int64 {
	low := make(map[place]int64)
	for r, offset := range at {
		if old, ok := low[r.place]; !ok || offset < old {
			low[r.place] = offset
		}
	}
	return low
}

// destroy makes true what the receipt says. A crash before it leaves keys that
// the next round finds again, says nothing new about, and destroys.
func (w *deleter) destroy(periods []string) error {
	for _, period := range periods {
		if err := w.Vault.Destroy(period); err != nil {
			return fmt.Errorf("destroy key of %s: %w", period, err)
		}
	}
	return nil
}

// destroyable lists the raw periods that are over and that no raw record is
// left under: all before the oldest that the first record of any partition
// names.
func (w *deleter) destroyable(ctx context.Context, low map[place]int64) ([]string, error) {
	all, err := w.Vault.Periods(purposeRaw)
	if err != nil {
		return nil, fmt.Errorf("periods of raw keys: %w", err)
	}
	// A transaction may still be open under the hour before.
	limit := rawPeriod(w.Now().Add(-10 * time.Minute))
	if len(all) == 0 || all[0] >= limit {
		return nil, nil
	}
	for p, from := range low {
		first, err := w.first(ctx, p, from)
		if err != nil {
			return nil, err
		}
		if first.period != "" && first.period < limit {
			limit = first.period
		}
	}
	var out []string
	for _, p := range all {
		if p < limit {
			out = append(out, p)
		}
	}
	return out, nil
}

// quarantineKept is how long quarantined records can be opened.
const quarantineKept = 30 * 24 * time.Hour

// outlived lists the quarantine periods whose time is over.
func (w *deleter) outlived() ([]string, error) {
	all, err := w.Vault.Periods(purposeQuarantine)
	if err != nil {
		return nil, fmt.Errorf("periods of quarantine keys: %w", err)
	}
	var out []string
	for _, p := range all {
		if p < quarantinePeriod(w.Now().Add(-quarantineKept)) {
			out = append(out, p)
		}
	}
	return out, nil
}

// rawHead is what is told of a raw record without opening it.
type rawHead struct {
	period string // of the key that its session is wrapped under
	time   time.Time
}

// first tells of the first data record of p from offset from on; the zero value
// if there is none.
func (w *deleter) first(ctx context.Context, p place, from int64) (found rawHead, err error) {
	stop := errors.New("found")
	err = w.Cluster.ReadRange(ctx, p.topic, p.partition, from, func(r *kgo.Record) error {
		h := header(r, stream.HeaderSession)
		if h == nil {
			return nil
		}
		var err error
		if found.period, err = headerPeriod(h); err != nil {
			return err
		}
		found.time = r.Timestamp
		return stop
	})
	if errors.Is(err, stop) {
		err = nil
	}
	return found, err
}
