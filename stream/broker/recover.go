package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// recovery brings the files that a life left behind to where kfake may load
// them with nothing lost and nothing twice (L2). Every step may be killed and repeated: each leaves files that the next
// attempt reads to the same end.
type recovery struct {
	layout
	disk
	ledger    *ledger
	intent    *intent // nil unless it is about an unfinished end
	producers *producers
	groups    *groups

	mu         sync.Mutex
	windows    []sequenceWindow
	idempotent map[int64]int16
	report     Recovered
}

// Recovered says what Start found and did.
type Recovered struct {
	Partitions int
	Committed  int // markers written for transactions that were being committed
	Aborted    int // markers written for transactions that were not
	Offsets    int // group offsets of the transaction being committed
}

// recoverDir runs offline, before kfake is started.
func recoverDir(ctx context.Context, l layout, d disk) (Recovered, error) {
	r := &recovery{layout: l, disk: d, idempotent: make(map[int64]int16)}
	if _, err := os.Stat(l.meta()); errors.Is(err, fs.ErrNotExist) {
		return r.report, nil // nothing was ever acknowledged here
	}
	if err := finishSwaps(l, d); err != nil {
		return r.report, err
	}
	topics, err := r.load()
	if err != nil {
		return r.report, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for _, t := range topics {
		for n := range t.Partitions {
			g.Go(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return r.partition(t, n)
			})
		}
	}
	if err := g.Wait(); err != nil {
		return r.report, err
	}
	return r.report, r.commit()
}

// load reads the small files, drops topics whose deletion was asked for, and
// removes what kfake must not believe (trap 7).
func (r *recovery) load() ([]topicEntry, error) {
	if err := r.remove(r.session(), r.sequences()); err != nil {
		return nil, err
	}
	var err error
	if r.ledger, err = openLedger(r.layout.ledger()); err != nil {
		return nil, err
	}
	raw, err := readOptional(r.layout.producers())
	if err != nil {
		return nil, err
	}
	if r.producers, err = foldProducers(raw); err != nil {
		return nil, damaged(r.layout.producers(), err)
	}
	if raw, err = readOptional(r.layout.groups()); err != nil {
		return nil, err
	}
	if r.groups, err = foldGroups(raw); err != nil {
		return nil, damaged(r.layout.groups(), err)
	}
	it, err := readIntent(r.layout.intent())
	if err != nil {
		return nil, err
	}
	if r.producers.awaits(it) && it.Commit {
		r.intent = it
	}
	return r.loadTopics()
}

// loadTopics returns the topics that live on.
func (r *recovery) loadTopics() ([]topicEntry, error) {
	var file, kept topicsFile
	if err := readOptionalJSON(r.topics(), &file); err != nil {
		return nil, damaged(r.topics(), err)
	}
	kept.Version = file.Version
	var topics []topicEntry
	living := make(map[string]bool)
	for _, raw := range file.Topics {
		var t topicEntry
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, damaged(r.topics(), errDamaged)
		}
		if r.ledger.Dropped[t.ID] {
			if err := r.drop(t); err != nil {
				return nil, err
			}
			continue
		}
		kept.Topics = append(kept.Topics, raw)
		topics = append(topics, t)
		living[t.ID] = true
	}
	if len(kept.Topics) < len(file.Topics) {
		// The offsets go before the name: a killed attempt is repeated.
		if err := r.replace(r.layout.groups(), r.groups.bytes()); err != nil {
			return nil, err
		}
		if err := r.replaceJSON(r.topics(), kept); err != nil {
			return nil, err
		}
	}
	return topics, r.ledger.prune(living)
}

func (r *recovery) drop(t topicEntry) error {
	for n := range t.Partitions {
		if err := os.RemoveAll(r.layout.partition(t.Name, n)); err != nil {
			return err
		}
	}
	r.groups.drop(t.Name)
	return nil
}

func (r *recovery) partition(t topicEntry, n int32) error {
	p := &partition{topic: t.Name, number: n, dir: r.layout.partition(t.Name, n)}
	if err := p.read(r.disk); err != nil {
		return fmt.Errorf("recover %s: %w", filepath.Base(p.dir), err)
	}
	var committed int
	open := len(p.open)
	err := p.finish(r.disk, func(pid int64, epoch int16) bool {
		yes := r.intent != nil && r.intent.PID == pid && r.intent.Epoch == epoch
		if yes {
			committed++
		}
		return yes
	})
	if err != nil {
		return fmt.Errorf("end transactions of %s: %w", filepath.Base(p.dir), err)
	}
	if p, err = r.shrink(t, p); err != nil {
		return fmt.Errorf("compact %s: %w", partitionName(t.Name, n), err)
	}
	start, err := p.trim(r.disk, r.ledger.start(t.ID, n))
	if err != nil {
		return err
	}
	if err := p.settle(r.disk, start); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Partitions++
	r.report.Committed += committed
	r.report.Aborted += open - committed
	for pid, w := range p.windows {
		if r.producers.transactional(pid) {
			continue
		}
		r.windows = append(r.windows, *w)
		r.idempotent[pid] = max(w.Epoch, r.idempotent[pid])
	}
	return nil
}

// shrink compacts p if its topic says so, and returns it as it is then.
func (r *recovery) shrink(t topicEntry, p *partition) (*partition, error) {
	if !strings.Contains(t.Configs["cleanup.policy"], "compact") {
		return p, nil
	}
	changed, err := p.compact(r.layout, r.disk)
	if err != nil || !changed {
		return p, err
	}
	again := &partition{topic: p.topic, number: p.number, dir: p.dir}
	err = again.read(r.disk)
	again.windows = p.windows // what was compacted away may still be sent again
	return again, err
}

// commit writes what is not per partition, after all markers stand. Offsets
// come before epochs: once pids.log is replaced the intent is stale. Torn tails
// go with the old files (trap 6).
func (r *recovery) commit() error {
	d := disk{sync: true} // two small files that everything hangs on
	if r.intent != nil {
		if err := r.groups.commit(r.intent.Offsets); err != nil {
			return err
		}
		r.report.Offsets = len(r.intent.Offsets)
	}
	if err := d.replace(r.layout.groups(), r.groups.bytes()); err != nil {
		return err
	}
	next, err := r.producers.next(r.idempotent)
	if err != nil {
		return err
	}
	if err := d.replace(r.layout.producers(), next); err != nil {
		return err
	}
	return r.replaceJSON(r.sequences(), sequencesFile{Version: frameVersion, Windows: r.windows})
}
