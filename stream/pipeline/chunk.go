package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// What waits for processors to finish it: enough records that their values are
// hashed side by side, few enough that they still lie in the cache.
const (
	waitingRecords = 64
	waitingBytes   = 256 << 10
)

// waiting is a masked record that its processor has not finished yet.
type waiting struct {
	raw    *kgo.Record
	to     *routed
	time   int64 // the source's, ms; 0 if unknown
	masked stream.Masked
}

// process masks the decrypted record; what cannot be masked goes to quarantine.
func (l *lane) process(s *share, r *kgo.Record, c *tally, to *routed) error {
	m := l.slot()
	from := len(l.arena)
	m.masked.Key = nil
	if l.rec.Key != nil {
		m.masked.Key = l.room(2*len(l.rec.Key) + 128)
	}
	room := l.room(len(l.rec.Value) + len(l.rec.Value)/4 + 256)
	m.masked.Value = room
	err := l.attempt(to, r, &m.masked)
	var no *stream.Rejection
	switch {
	case errors.As(err, &no):
		l.arena = l.arena[:from]
		l.quarantine(s, r, no)
		return nil
	case err != nil:
		return fmt.Errorf("stream %s: %w", l.rec.Stream, err)
	}
	if !to.open {
		to.open, l.open = true, append(l.open, to)
	}
	if unused := cap(room) - len(m.masked.Value); unused >= 0 {
		l.arena = l.arena[:len(l.arena)-unused]
	}
	size := len(m.masked.Key) + len(m.masked.Value)
	if size+4096 > l.w.Cluster.Largest() {
		// Names and values that were replaced may be longer than what they were.
		l.quarantine(s, r, &stream.Rejection{Reason: stream.ReasonTooLarge})
		return nil
	}
	c.Delivered++
	m.raw, m.to, m.time = r, to, l.rec.Time
	l.waiting, l.size = l.waiting[:len(l.waiting)+1], l.size+size
	if len(l.waiting) == waitingRecords || l.size >= waitingBytes {
		l.settle(s)
	}
	return nil
}

// slot is the place of the next record that waits; it is not taken yet.
func (l *lane) slot() *waiting {
	if l.waiting == nil {
		l.waiting = make([]waiting, 0, waitingRecords)
	}
	return &l.waiting[:len(l.waiting)+1][len(l.waiting)]
}

// room gives an empty slice of the transaction's arena with room for n bytes.
func (l *lane) room(n int) []byte {
	from := len(l.arena)
	if cap(l.arena)-from < n {
		// What lies in the old one stays there until it is acknowledged.
		l.arena, from = make([]byte, 0, max(2*cap(l.arena), n, slabBytes)), 0
	}
	l.arena = l.arena[:from+n]
	return l.arena[from:from:len(l.arena)]
}

// settle finishes what waits, and produces it in its order.
func (l *lane) settle(s *share) {
	l.finish()
	for i := range l.waiting {
		l.deliver(s, &l.waiting[i])
	}
	l.forget()
}

// finish lets the processors complete what they delivered.
func (l *lane) finish() {
	for _, to := range l.open {
		to.processor.Finish()
		to.open = false
	}
	l.open = l.open[:0]
}

// forget makes room for other records to wait.
func (l *lane) forget() {
	for i := range l.waiting {
		m := &l.waiting[i]
		*m = waiting{masked: stream.Masked{Unchanged: m.masked.Unchanged[:0]}}
	}
	l.waiting, l.size = l.waiting[:0], 0
}

// deliver produces a masked record to its stream's topic, same partition, and a
// tombstone after a delete.
func (l *lane) deliver(s *share, w *waiting) {
	topic, key, value := w.to.Topic, w.masked.Key, w.masked.Value
	out := s.outputs.to(topic, l.partition)
	seq := kgo.RecordHeader{Key: stream.HeaderSeq, Value: header(w.raw, stream.HeaderSeq)}
	policy := kgo.RecordHeader{Key: stream.HeaderPolicy, Value: l.short}
	salt := kgo.RecordHeader{Key: stream.HeaderSalt, Value: l.salt()}
	k := l.slab.record(topic, l.partition)
	k.Key, k.Value, k.Headers = key, value, l.slab.head(seq, salt, policy)
	if w.time > 0 {
		// Masked records carry the source's commit time, so that the sink can tell
		// its lag; brokers refuse times that are far ahead of theirs.
		k.Timestamp = time.UnixMilli(min(w.time, l.began))
	}
	var unchanged []byte
	if len(w.masked.Unchanged) > 0 {
		unchanged, _ = json.Marshal(w.masked.Unchanged)
		k.Headers = append(k.Headers, kgo.RecordHeader{Key: stream.HeaderUnchanged, Value: unchanged})
	}
	l.leaves.Add(&out.leaves, salt.Value, key, value, seq.Value, unchanged)
	l.produce(k, out.promise)
	if !w.masked.Delete || key == nil {
		return
	}
	salt.Value = l.salt()
	l.leaves.Add(&out.leaves, salt.Value, key, nil, seq.Value, nil)
	out.tombstones++
	k = l.slab.record(topic, l.partition)
	k.Key, k.Headers = key, l.slab.head(seq, salt, policy)
	l.produce(k, out.promise)
}

func (l *lane) produce(r *kgo.Record, done func(*kgo.Record, error)) {
	l.w.session.Produce(context.Background(), r, done)
}
