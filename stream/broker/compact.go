package broker

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// tombstoneTime is for how long a deleted key's tombstone stays readable, in
// milliseconds of the partition's own time (Kafka's delete.retention.ms).
const tombstoneTime = 24 * 60 * 60 * 1000

// compaction rewrites a partition of a topic with cleanup.policy=compact so
// that it holds the last committed record of each key. kfake's own removes the
// old files before it writes the new ones and counts open transactions as
// committed (trap 9); this one runs when nothing is open, beside the old files.
type compaction struct {
	p      *partition
	gone   map[int64][]abortedSpan // aborted transactions by producer, in order
	last   map[string]int64        // offset by key
	keep   int                     // records that stay
	all    int
	result []*segment
	data   []byte // of the segment being built
}

// compact rewrites p if that gives enough back, and tells whether it did.
func (p *partition) compact(l layout, d disk) (bool, error) {
	if len(p.segments) == 0 {
		return false, nil
	}
	c := &compaction{p: p, last: make(map[string]int64), gone: make(map[int64][]abortedSpan)}
	for _, a := range p.aborted {
		c.gone[a.Producer] = append(c.gone[a.Producer], a)
	}
	if err := c.each(c.note); err != nil {
		return false, err
	}
	if err := c.each(c.count); err != nil {
		return false, err
	}
	dead := c.all - c.keep
	small := len(p.segments) == 1 && p.segments[0].size <= segmentBytes
	if dead == 0 || dead*2 < c.all && !small {
		return false, nil // min.cleanable.dirty.ratio, as in Kafka
	}
	fresh := filepath.Join(l.rewritten(), filepath.Base(p.dir))
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		return false, err
	}
	if err := c.rewrite(fresh, d); err != nil {
		return false, err
	}
	return true, swapDirs(p.dir, fresh, d)
}

// each calls fn with the records of every batch; none for a batch that holds
// nothing that a read-committed reader sees.
func (c *compaction) each(fn func(*batch, []kmsg.Record) error) error {
	for _, s := range c.p.segments {
		_, err := s.scan(c.p.dir, func(b *batch) error {
			if b.control() || c.aborted(b) {
				return fn(b, nil)
			}
			var rb kmsg.RecordBatch
			if err := rb.ReadFrom(b.raw); err != nil {
				return errDamaged
			}
			records, err := kfake.BatchRecords(rb)
			if err != nil {
				return errDamaged
			}
			return fn(b, records)
		})
		if err != nil {
			return damaged(s.data(c.p.dir), err)
		}
	}
	return nil
}

func (c *compaction) aborted(b *batch) bool {
	spans := c.gone[b.pid]
	i, _ := slices.BinarySearchFunc(spans, b.first, func(a abortedSpan, at int64) int { return cmp.Compare(a.Last, at) })
	return i < len(spans) && spans[i].First <= b.first
}

func (c *compaction) note(b *batch, records []kmsg.Record) error {
	for _, r := range records {
		if r.Key != nil {
			c.last[string(r.Key)] = b.first + int64(r.OffsetDelta)
		}
	}
	return nil
}

func (c *compaction) count(b *batch, records []kmsg.Record) error {
	c.all += int(b.records)
	if c.isEnd(b) {
		c.keep += int(b.records)
		return nil
	}
	c.keep += len(c.living(b, records))
	return nil
}

// isEnd tells the last batch, which stays as it is: offsets go on after it.
func (c *compaction) isEnd(b *batch) bool {
	return b.end() == c.p.segments[len(c.p.segments)-1].end
}

func (c *compaction) living(b *batch, records []kmsg.Record) []kmsg.Record {
	var live []kmsg.Record
	for _, r := range records {
		switch {
		case r.Key == nil:
		case c.last[string(r.Key)] != b.first+int64(r.OffsetDelta):
			continue
		case r.Value == nil && b.firstTime+r.TimestampDelta64 < c.p.maxTime-tombstoneTime:
			continue
		}
		live = append(live, r)
	}
	return live
}

// rewrite writes what stays into dir.
func (c *compaction) rewrite(dir string, d disk) error {
	err := c.each(func(b *batch, records []kmsg.Record) error {
		raw := b.raw
		if !c.isEnd(b) {
			live := c.living(b, records)
			if len(live) == 0 {
				return nil
			}
			raw = plainBatch(b, live)
		}
		return c.add(dir, d, raw)
	})
	if err != nil {
		return err
	}
	return c.flush(dir, d)
}

// plainBatch holds records of a committed batch at their offsets. It belongs
// to no transaction and no producer any more: the marker goes with the rest.
func plainBatch(b *batch, records []kmsg.Record) []byte {
	rb := kmsg.RecordBatch{
		FirstOffset: b.first, PartitionLeaderEpoch: b.leader, Magic: 2,
		LastOffsetDelta: b.lastDelta, FirstTimestamp: b.firstTime, MaxTimestamp: b.maxTime,
		ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: int32(len(records)),
	}
	for _, r := range records {
		rb.Records = r.AppendTo(rb.Records)
	}
	return sealBatch(rb)
}

func (c *compaction) add(dir string, d disk, raw []byte) error {
	b := parseBatch(raw)
	if len(c.data) >= segmentBytes {
		if err := c.flush(dir, d); err != nil {
			return err
		}
	}
	if len(c.data) == 0 {
		c.result = append(c.result, &segment{base: b.first})
	}
	c.result[len(c.result)-1].add(&b, b.maxTime)
	c.data = append(c.data, raw...)
	return nil
}

func (c *compaction) flush(dir string, d disk) error {
	s := c.result[len(c.result)-1]
	err := d.replace(s.data(dir), c.data)
	c.data = c.data[:0]
	return errors.Join(err, d.replace(s.idx(dir), s.index))
}

// swapDirs puts fresh in the place of dir. A kill between the two renames is
// finished by finishSwaps; before them, fresh is thrown away.
func swapDirs(dir, fresh string, d disk) error {
	old := fresh + ".old"
	if err := d.syncDir(fresh); err != nil {
		return err
	}
	if err := os.Rename(dir, old); err != nil {
		return err
	}
	if err := os.Rename(fresh, dir); err != nil {
		return err
	}
	if err := errors.Join(d.syncDir(filepath.Dir(fresh)), d.syncDir(filepath.Dir(dir))); err != nil {
		return err
	}
	return os.RemoveAll(old)
}

// finishSwaps ends what a killed compaction began.
func finishSwaps(l layout, d disk) error {
	entries, err := os.ReadDir(l.rewritten())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".old")
		if !ok {
			continue
		}
		dir := filepath.Join(l.data(), "partitions", name)
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			if err := os.Rename(filepath.Join(l.rewritten(), name), dir); err != nil {
				return fmt.Errorf("compacted partition: %w", err)
			}
		}
	}
	if err := d.syncDir(filepath.Join(l.data(), "partitions")); err != nil {
		return err
	}
	return os.RemoveAll(l.rewritten())
}
