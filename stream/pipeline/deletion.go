package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
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
	w, err := d.open(ctx)
	if err != nil {
		return err
	}
	defer w.client.Close()
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
	client *kgo.Client
	scribe *scribe
	at     standing
	owned  map[string]bool // chains that this run has taken over; after a failed commit the run ends
	parts  []stream.Part   // of the transaction being built
	ages   ages
}

func (d *Deletion) open(ctx context.Context) (*deleter, error) {
	client, err := d.Cluster.Producer(d.Topics.IngestID(DeletionJob))
	if err != nil {
		return nil, err
	}
	w := &deleter{Deletion: d, client: client, owned: make(map[string]bool)}
	if _, _, err = client.ProducerID(ctx); err == nil {
		err = w.prepare(ctx)
	}
	if err != nil {
		client.Close()
		return nil, err
	}
	return w, nil
}

func (w *deleter) prepare(ctx context.Context) error {
	ledger, err := w.Ledger()
	if err != nil {
		return err
	}
	w.scribe = &scribe{Base: w.Base, ledger: ledger, produce: func(r *kgo.Record, done func(*kgo.Record, error)) {
		w.client.Produce(context.Background(), r, done)
	}}
	at, err := w.standing(ctx, DeletionJob)
	if err != nil {
		return err
	}
	if at != nil {
		w.at = *at
	}
	if w.at.Heads == nil {
		w.at.Heads = heads{}
	}
	return nil
}

// round deletes what every connection has committed. Deleting comes first and
// the receipt after: a crash between the two leaves the start moved, and the
// next round's receipt covers it, since a part goes from the last receipt's end
// to the start as it is.
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
	starts, err := kafka.Starts(ctx, w.client, topics...)
	if err != nil {
		return err
	}
	del := make(kadm.Offsets)
	for p, to := range low {
		if to > starts[p.topic][p.partition] {
			del.Add(kadm.Offset{Topic: p.topic, Partition: p.partition, At: to})
		}
	}
	if err := w.measure(ctx, topics, low, at); err != nil {
		return err
	}
	if len(del) > 0 {
		got, err := kadm.NewClient(w.client).DeleteRecords(ctx, del)
		if err == nil {
			err = got.Error()
		}
		if err != nil {
			return fmt.Errorf("delete raw records: %w", err)
		}
	}
	return w.receipt(ctx, low)
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

// receipt writes down what was deleted and which keys were destroyed since the
// last one.
func (w *deleter) receipt(ctx context.Context, low map[place]int64) error {
	next := standing{Label: w.time(), Heads: heads{}, Worker: w.scribe.ledger.Worker()}
	for k, v := range w.at.Heads {
		next.Heads[k] = v
	}
	w.parts = nil
	var chains []stream.Chain
	for p, to := range low {
		part := stream.Part{Topic: p.topic, Partition: p.partition, To: strconv.FormatInt(to, 10), Evidence: "log-start"}
		if err := w.add(next.Heads, &chains, p.topic+"/"+strconv.Itoa(int(p.partition)), part); err != nil {
			return err
		}
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
	for _, period := range periods {
		purpose, _, _ := strings.Cut(period, "/")
		part := stream.Part{Topic: "keys/" + purpose, To: period, Evidence: "key-destroyed"}
		if err := w.add(next.Heads, &chains, part.Topic, part); err != nil {
			return err
		}
	}
	if len(w.parts) > 0 {
		if err := w.commit(ctx, next, chains); err != nil {
			return err
		}
	}
	return w.destroy(periods)
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

// add chains part to its input's chain, unless it says nothing new.
func (w *deleter) add(to heads, chains *[]stream.Chain, input string, part stream.Part) error {
	h := to[input]
	if h.To == part.To || h == (head{}) && part.To == "0" || part.Evidence == "key-destroyed" && part.To < h.To {
		return nil
	}
	if h.To == "" && part.Evidence == "log-start" {
		h.To = "0"
	}
	if !w.owned[input] {
		w.owned[input] = true
		event := stream.ChainOwner
		if h.Hash == (stream.Hash{}) {
			event = stream.ChainStart
		}
		*chains = append(*chains, stream.Chain{Event: event, Stage: stream.StageDelete, Topic: part.Topic, Partition: part.Partition,
			Worker: w.scribe.ledger.Worker(), Head: h.Hash, From: h.To})
	}
	part.Prev, part.From = h.Hash, h.To
	hash, err := stream.HashPart(part)
	if err != nil {
		return err
	}
	to[input] = head{hash, part.To}
	w.parts = append(w.parts, part)
	return nil
}

func (w *deleter) commit(ctx context.Context, next standing, chains []stream.Chain) error {
	if err := w.client.BeginTransaction(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	for _, c := range chains {
		if err := w.scribe.entry(stream.EntryChain, c); err != nil {
			return err
		}
	}
	if err := w.scribe.receipts(stream.Receipt{Stage: stream.StageDelete, Parts: w.parts}, nil); err != nil {
		return err
	}
	if err := w.scribe.standing(DeletionJob, next); err != nil {
		return err
	}
	ectx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := w.client.Flush(ectx); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	if err := w.scribe.failed(); err != nil {
		return err
	}
	err := w.client.EndTransaction(ectx, kgo.TryCommit)
	w.scribe.ledger.Settle(err == nil)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	w.at = next
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
