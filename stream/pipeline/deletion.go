package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
//
// Who holds records and keys is what the brokers know of the workspace: every
// group of a mask stage, every source that has said where it stands, and every
// raw topic. One machine's lethe.yaml may not name them all (L2).
type Deletion struct {
	Base
	// Sources are those that this process reads.
	Sources []string
	// Connections are those of this process that read each raw topic.
	Connections map[string][]string
	// GivenUp are names of sources and connections that no process reads any
	// more, and that hold nothing.
	GivenUp []string
	Every   time.Duration
	// MaxAge is how old a raw record may become that a connection has not masked;
	// then it is told. Nothing is deleted because of it (L2). 0 for never.
	MaxAge time.Duration
	// Window is how long raw records and their keys are kept after they were written,
	// although every connection has masked them: for an audit by sampling. 0 for no longer.
	Window time.Duration

	told sync.Map // waits that were told, by topic and connection
}

// Run deletes until ctx ends or something fails.
func (d *Deletion) Run(ctx context.Context) error {
	r, err := openRemover(ctx, d.Base, DeletionJob)
	if err != nil {
		return err
	}
	defer r.client.Close()
	w := &deleter{Deletion: d, remover: r, heads: make(map[spot]rawHead), holders: d.holders()}
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
	*holders
	rounds int
	heads  map[spot]rawHead // first records that were read
}

// spot is an offset of a partition.
type spot struct {
	place
	offset int64
}

// lookEvery is in how many rounds once the first raw records are looked at: a
// look reads one of every partition that somebody has not finished.
const lookEvery = 15

// round deletes what every connection has committed, writes it down, and destroys
// the keys that nothing is left under.
func (w *deleter) round(ctx context.Context) error {
	look := w.rounds%lookEvery == 0
	w.rounds++
	if look {
		if err := w.listRaw(ctx); err != nil {
			return err
		}
	}
	at, err := w.committed(ctx, w.client)
	if err != nil || len(at) == 0 {
		return err
	}
	low := lowest(at)
	topics := topicsOf(low)
	if err := w.measure(ctx, topics, low); err != nil {
		return err
	}
	if err := w.inWindow(ctx, topics, low); err != nil {
		return err
	}
	starts, err := kafka.Starts(ctx, w.client, topics...)
	if err != nil {
		return err
	}
	reached, err := w.remove(ctx, starts, low)
	if err != nil {
		return err
	}
	var periods []string
	if look {
		maps.DeleteFunc(w.heads, func(s spot, _ rawHead) bool { return s.offset < low[s.place] })
		if err := w.lookAtAges(ctx, at); err != nil {
			return err
		}
		if periods, err = w.over(ctx, low); err != nil {
			return err
		}
	}
	if err := w.receipt(ctx, reached, periods); err != nil {
		return err
	}
	return w.destroy(periods)
}

// inWindow lowers the offsets to where the challenge window begins.
func (w *deleter) inWindow(ctx context.Context, topics []string, low map[place]int64) error {
	if w.Window == 0 {
		return nil
	}
	young, err := kafka.OffsetsAt(ctx, w.client, w.Now().Add(-w.Window), topics...)
	if err != nil {
		return err
	}
	for p, offset := range low {
		low[p] = min(offset, young[p.topic][p.partition])
	}
	return nil
}

// over lists the periods whose keys are to be destroyed.
func (w *deleter) over(ctx context.Context, low map[place]int64) ([]string, error) {
	if err := w.readPeriods(ctx); err != nil {
		return nil, err
	}
	raw, err := w.destroyable(ctx, low)
	if err != nil {
		return nil, err
	}
	quarantine, err := w.outlived()
	return append(raw, quarantine...), err
}

// measure tells how much of each raw topic waits for a connection.
func (w *deleter) measure(ctx context.Context, topics []string, low map[place]int64) error {
	ends, err := kafka.Ends(ctx, w.client, topics...)
	if err != nil {
		return err
	}
	for t, parts := range ends {
		var n int64
		for p, end := range parts {
			n += end - low[place{t, p}]
		}
		w.Metrics.RawHeld.WithLabelValues(t).Set(float64(n))
	}
	return nil
}

// reader is a connection's mask stage on one raw partition.
type reader struct {
	connection string
	place
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

func topicsOf(at map[place]int64) []string {
	topics := make(map[string]bool)
	for p := range at {
		topics[p.topic] = true
	}
	return slices.Collect(maps.Keys(topics))
}

// destroy makes true what the receipt says. A crash before it leaves keys that
// the next round finds again, says nothing new about, and destroys.
func (w *deleter) destroy(periods []string) error {
	for _, period := range periods {
		if err := w.Keyring.Destroy(period); err != nil {
			return fmt.Errorf("destroy key of %s: %w", period, err)
		}
	}
	return nil
}

// destroyable lists the raw periods that no raw record is left under and none
// will come to lie under: those before the period that every source says it
// writes under, and before the one that the first record of each partition
// names, since a source never goes back to an earlier one. No clock is asked:
// one that is ahead would destroy keys of records that nobody has read (L2).
func (w *deleter) destroyable(ctx context.Context, low map[place]int64) ([]string, error) {
	all, err := w.Keyring.Periods(purposeRaw)
	if err != nil {
		return nil, fmt.Errorf("periods of raw keys: %w", err)
	}
	w.tellHeld(all)
	limit := w.writing(w.writers())
	if len(all) == 0 || all[0] >= limit {
		return nil, nil
	}
	for p := range w.places() {
		first, err := w.first(ctx, spot{p, low[p]})
		if err != nil {
			return nil, err
		}
		if first.period != "" && first.period < limit {
			limit = first.period
		}
	}
	return before(all, limit), nil
}

// before gives the periods before limit.
func before(periods []string, limit string) []string {
	n, _ := slices.BinarySearch(periods, limit)
	return periods[:n]
}

// QuarantineKept is how long quarantined records can be opened.
const QuarantineKept = 30 * 24 * time.Hour

// outlived lists the quarantine periods whose time is over by this clock and by
// those of the sources: one that is ahead destroys nothing before its time.
func (w *deleter) outlived() ([]string, error) {
	all, err := w.Keyring.Periods(purposeQuarantine)
	if err != nil {
		return nil, fmt.Errorf("periods of quarantine keys: %w", err)
	}
	hour, err := rawPeriodTime(w.writing(w.Sources))
	if len(all) == 0 || err != nil {
		return nil, nil // no source has said anything yet
	}
	now := w.Now()
	if said := hour.Add(time.Hour); said.Before(now) {
		now = said
	}
	return before(all, quarantinePeriod(now.Add(-QuarantineKept))), nil
}

// rawHead is what is told of a raw record without opening it.
type rawHead struct {
	period string // of the key that its session is wrapped under
	time   time.Time
}

// first tells of the first data record from s on; the zero value if there is
// none. What was found is not read again while s is asked for.
func (w *deleter) first(ctx context.Context, s spot) (found rawHead, err error) {
	if h, ok := w.heads[s]; ok {
		return h, nil
	}
	stop := errors.New("found")
	err = w.Cluster.ReadRange(ctx, s.topic, s.partition, s.offset, func(r *kgo.Record) error {
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
		w.heads[s], err = found, nil
	}
	return found, err
}
