package broker

import (
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// partition is what one pass over the segments of a partition tells.
type partition struct {
	topic    string
	number   int32
	dir      string
	segments []*segment
	open     map[int64]openTxn // by producer id, as kfake keeps them
	aborted  []abortedSpan
	windows  map[int64]*sequenceWindow // of idempotent producers
	maxTime  int64
	created  int64
}

// openTxn is a transaction without a marker on this partition.
type openTxn struct {
	epoch int16
	first int64
}

// read passes over all batches and mends each segment's files.
func (p *partition) read(d disk) error {
	all, err := listSegments(p.dir, d)
	if err != nil {
		return err
	}
	p.open = make(map[int64]openTxn)
	p.windows = make(map[int64]*sequenceWindow)
	p.maxTime = math.MinInt64
	var next int64
	for i, s := range all {
		torn, err := s.scan(p.dir, func(b *batch) error {
			if b.first < next {
				return errDamaged
			}
			next = b.end()
			p.take(s, b)
			return nil
		})
		if torn && i < len(all)-1 {
			err = errDamaged // only what was written last can be torn
		}
		if err != nil {
			return damaged(s.data(p.dir), err)
		}
		if s.size == 0 {
			// Rolled to and not yet written, or its first batch was torn.
			if err := d.remove(s.data(p.dir), s.idx(p.dir)); err != nil {
				return err
			}
			continue
		}
		if err := s.mend(p.dir, d); err != nil {
			return err
		}
		p.segments = append(p.segments, s)
	}
	return nil
}

func (p *partition) take(s *segment, b *batch) {
	if len(p.segments) == 0 && s.size == 0 {
		p.created = b.firstTime
	}
	p.maxTime = max(p.maxTime, b.maxTime)
	s.add(b, p.maxTime)
	switch {
	case b.control():
		if t, ok := p.open[b.pid]; ok && !commits(b) {
			p.aborted = append(p.aborted, abortedSpan{Producer: b.pid, First: t.first, Last: b.first})
		}
		delete(p.open, b.pid)
	case b.transactional():
		if _, ok := p.open[b.pid]; !ok {
			p.open[b.pid] = openTxn{epoch: b.epoch, first: b.first}
		}
	case b.pid >= 0:
		p.remember(b)
	}
}

// remember keeps the last five batches of an idempotent producer, so that one
// sent again after the crash is known (trap 4).
func (p *partition) remember(b *batch) {
	w := p.windows[b.pid]
	if w == nil || w.Epoch != b.epoch {
		w = &sequenceWindow{PID: b.pid, Topic: p.topic, Part: p.number, Epoch: b.epoch, Seen: true}
		p.windows[b.pid] = w
	}
	w.Next = int32((int64(b.sequence) + int64(b.records)) % math.MaxInt32)
	w.Entries[w.At] = sequenceEntry{First: b.sequence, Next: w.Next, Offset: b.first}
	w.At = (w.At + 1) % 5
	w.Count = min(w.Count+1, 5)
}

// commits reads the marker in a control batch; what cannot be read aborts.
func commits(b *batch) bool {
	var rec kmsg.Record
	if err := rec.ReadFrom(b.raw[batchHead:]); err != nil || len(rec.Key) < 4 {
		return false
	}
	return binary.BigEndian.Uint16(rec.Key[2:]) == uint16(kmsg.ControlRecordKeyTypeCommit)
}

// finish writes the markers that are missing: COMMIT where commit says so,
// else ABORT (traps 1 and 2).
func (p *partition) finish(d disk, commit func(pid int64, epoch int16) bool) error {
	for pid, t := range p.open {
		last := p.segments[len(p.segments)-1]
		outcome := kmsg.ControlRecordKeyTypeAbort
		if commit(pid, t.epoch) {
			outcome = kmsg.ControlRecordKeyTypeCommit
		}
		raw := marker(outcome, last.end, last.epochs[1], pid, t.epoch, p.maxTime)
		b := parseBatch(raw)
		at := len(last.index)
		p.take(last, &b)
		if err := d.grow(last.data(p.dir), raw); err != nil {
			return err
		}
		if err := d.grow(last.idx(p.dir), last.index[at:]); err != nil {
			return err
		}
	}
	return nil
}

// trim removes the segments that end at or before start, never the last one,
// so that offsets go on where they were (trap 3). It returns the log start,
// which is below the first record where compaction took that away.
func (p *partition) trim(d disk, start int64) (int64, error) {
	if len(p.segments) == 0 {
		return 0, nil
	}
	high := p.segments[len(p.segments)-1].end
	start = min(start, high-1)
	for len(p.segments) > 1 && p.segments[0].end <= start {
		s := p.segments[0]
		if err := d.remove(s.data(p.dir), s.idx(p.dir)); err != nil {
			return 0, err
		}
		p.segments = p.segments[1:]
	}
	return start, nil
}

// settle writes the snapshot that kfake loads: with it, kfake neither guesses
// (traps 1, 3, 7) nor holds all records in memory while it loads.
func (p *partition) settle(d disk, start int64) error {
	if len(p.segments) == 0 {
		return nil
	}
	last := p.segments[len(p.segments)-1]
	snap := snapshot{
		Version: frameVersion, High: last.end, Stable: last.end, Start: start,
		Epoch: last.epochs[1], MaxTime: p.maxTime,
		CreatedAt: time.UnixMilli(p.created).UTC().Format(time.RFC3339Nano),
	}
	for _, a := range p.aborted {
		if a.Last >= start {
			snap.Aborted = append(snap.Aborted, a)
		}
	}
	for _, s := range p.segments {
		snap.Segments = append(snap.Segments, segmentSize{
			Base: s.base, Size: s.size, MinEpoch: s.epochs[0], MaxEpoch: s.epochs[1],
		})
	}
	if err := d.replaceJSON(filepath.Join(p.dir, "snapshot.json"), snap); err != nil {
		return fmt.Errorf("snapshot of %s: %w", filepath.Base(p.dir), err)
	}
	return nil
}
