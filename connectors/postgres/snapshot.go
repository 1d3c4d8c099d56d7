package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pglogrepl"

	"lethe/stream"
)

// watermarkPrefix marks our messages in the log.
const watermarkPrefix = "lethe"

// snapshot is the reading of the rows that are there, beside the stream. A
// reader on a connection of its own makes chunks; the feed gives them when it
// meets their low watermarks.
type snapshot struct {
	mark    string // what this run's watermarks begin with
	chunks  chan *chunk
	used    chan []byte // memory of chunks that were given
	failed  chan error
	cancel  context.CancelFunc
	ended   chan struct{}
	whole   map[uint32]bool // tables without a key that are still to be read
	left    int             // tables that are still to be read
	decoded []uint32        // transactions decoded since the last chunk
	again   int             // chunks refused in a row
}

// chunk is a part of a table's rows, encoded, read after its low watermark.
type chunk struct {
	number uint64 // of its low watermark
	table  *table
	shape  *shape // nil if the table is gone
	shows  visibility
	upto   pglogrepl.LSN // the log's end after its snapshot was taken
	rows   []chunkRow
	buf    []byte
	final  bool // the watermark's last part
	last   bool // the table's last part
}

// chunkRow says where a row's parts end in the chunk's buffer: the record's
// key, the row, and the key's values as the server wrote them.
type chunkRow struct{ key, row, last int }

// startSnapshot begins or goes on with the tables that are not done.
func (f *feed) startSnapshot(ctx context.Context) {
	s := &snapshot{mark: f.ses.set.slot + " " + rand.Text() + " ", chunks: make(chan *chunk, 1), failed: make(chan error, 1), used: make(chan []byte, 2),
		ended: make(chan struct{}), whole: map[uint32]bool{}}
	if f.snap != nil {
		s.again = f.snap.again
	}
	f.snap = nil
	var tables []*table
	for _, t := range f.ses.tables {
		switch progress := &f.pos.Snapshot; {
		case progress.done(t.oid):
		case f.ses.set.snapshot:
			tables = append(tables, t)
			s.whole[t.oid] = !t.hasKey()
		case slices.Contains(progress.Wipe, t.oid):
			tables = append(tables, t)
		}
	}
	if s.left = len(tables); s.left == 0 {
		return
	}
	f.snap = s
	ctx, s.cancel = context.WithCancel(ctx)
	r := &chunkReader{source: f.ses.source, mark: s.mark, out: s.chunks, used: s.used, progress: f.pos.Snapshot.clone()}
	if s.again > 0 {
		r.pause = min(20*time.Millisecond<<min(s.again, 6), time.Second)
	}
	go func() {
		defer close(s.ended)
		if err := r.run(ctx, tables); err != nil {
			s.failed <- fmt.Errorf("snapshot: %w", err)
		}
	}()
}

func (s *snapshot) stop() {
	s.cancel()
	<-s.ended
}

// chunk gives the rows of the chunk whose low watermark was just read.
func (f *feed) chunk(ctx context.Context, number uint64) error {
	for first := true; ; first = false {
		var c *chunk
		select {
		case c = <-f.snap.chunks:
		case err := <-f.snap.failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
		if c.number != number {
			return fmt.Errorf("snapshot: chunk %d came at watermark %d", c.number, number)
		}
		if first && !f.complete(c) {
			return f.readAgain(ctx)
		}
		used := f.snap.used
		if err := f.chunkRows(c); err != nil {
			return err
		}
		select {
		case used <- c.buf[:0]:
		default:
		}
		if c.final {
			return nil
		}
	}
}

// complete reports whether the chunk's snapshot shows every transaction that
// was decoded before its low watermark. One that is in the log but not yet
// shown would be overwritten by the older row in the chunk (L2).
func (f *feed) complete(c *chunk) bool {
	for _, xid := range f.snap.decoded {
		if !c.shows.shows(xid) {
			return false
		}
	}
	// What this snapshot shows, all later ones show.
	f.snap.decoded = f.snap.decoded[:0]
	f.snap.again = 0
	return true
}

// readAgain starts the reader again at the last row given, under new
// watermarks.
func (f *feed) readAgain(ctx context.Context) error {
	f.snap.stop()
	decoded := f.snap.decoded
	f.snap.again++
	f.startSnapshot(ctx)
	f.snap.decoded = decoded
	return nil
}

// chunkRows gives the rows of one part.
func (f *feed) chunkRows(c *chunk) error {
	snap := &f.pos.Snapshot
	id := ""
	if !c.table.hasKey() {
		id = stream.NewSeq(f.pos.Incarnation, uint64(f.commit), 0).String()[:24]
	}
	if p := snap.part(c.table.oid); p != nil && p.ID != "" && p.ID != id {
		f.void = append(f.void, stream.Void{Stream: f.ses.set.stream(c.table), Snapshot: p.ID})
		snap.forget(c.table.oid)
		snap.wipe(c.table.oid)
	}
	if c.shape == nil {
		f.finishPart(c)
		return nil
	}
	if err := f.tell(&c.shape.schema); err != nil {
		return err
	}
	o := origin{ms: f.ms, xid: f.xid, lsn: uint64(f.commit), snapshot: true}
	if i := slices.Index(snap.Wipe, c.table.oid); i >= 0 {
		snap.Wipe = slices.Delete(snap.Wipe, i, i+1)
		f.empty(c.shape, &o)
		f.pos.Ordinal = f.ordinal
	}
	start := 0
	for i, r := range c.rows {
		f.snapshotRecord(c, start, r, &o)
		start = r.last
		if len(f.records) < batchRecords && len(f.arena) < batchBytes && i < len(c.rows)-1 {
			continue
		}
		f.pos.Ordinal = f.ordinal
		snap.advance(partial{Table: c.table.oid, Key: c.table.keyShape(), Last: splitLast(c.buf[r.row:r.last]), Stream: c.shape.stream, ID: id})
		f.progress = nil
		if i < len(c.rows)-1 {
			if err := f.give(false); err != nil {
				return err
			}
		}
	}
	f.finishPart(c)
	return f.full()
}

// finishPart notes that a part was taken whole.
func (f *feed) finishPart(c *chunk) {
	snap := &f.pos.Snapshot
	f.moved, f.progress = true, nil
	if c.final {
		snap.Chunks++
	}
	if !c.last {
		return
	}
	snap.finish(c.table.oid)
	if f.snap.whole[c.table.oid] || !c.table.hasKey() {
		snap.Seen = append(snap.Seen, seenTable{Table: c.table.oid, Shows: c.shows, Upto: c.upto})
		delete(f.snap.whole, c.table.oid)
	}
	f.ses.log.Info("snapshot of a table is complete", "stream", f.ses.set.stream(c.table), "left", f.snap.left-1)
	if f.snap.left--; f.snap.left == 0 {
		f.snap.stop()
		f.snap, f.beatNow = nil, true
	}
}

func (f *feed) snapshotRecord(c *chunk, start int, r chunkRow, o *origin) {
	at := len(f.arena)
	dst := append(f.arena, c.buf[start:r.key]...)
	value := len(dst)
	dst = append(dst, `{"before":null,"after":`...)
	dst = append(dst, c.buf[r.key:r.row]...)
	dst = c.shape.appendTail(dst, 'r', o)
	rec := stream.Record{Stream: c.shape.stream, Time: o.ms, Value: dst[value:len(dst):len(dst)],
		Seq: stream.NewSeq(f.pos.Incarnation, uint64(f.commit), f.ordinal)}
	if value > at {
		rec.Key = dst[at:value:value]
	}
	f.arena = dst
	f.records = append(f.records, rec)
	f.ordinal++
	f.changes++
}
